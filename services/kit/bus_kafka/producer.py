"""Appending to Kafka: one producer per process, shared by its threads.

The producer is idempotent: brokers know it by a number and count its records, so a retry neither doubles nor reorders
them. An append that times out raises, but its records cannot be taken back: the same producer goes on delivering them,
and nothing new is sent before each of them has arrived or failed. Only after `GIVE_UP_SECONDS` of that, or when the
producer itself has failed, is it replaced: the brokers do not know the new one, so a late record of the old one could
land behind newer ones of its key.
"""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from services.kit.bus_kafka.client import ANSWER_SECONDS, options, passing_faults, unavailable
from services.kit.bus_kafka.records import LARGEST_EVENT, Row

APPEND_SECONDS = 10.0
GIVE_UP_SECONDS = 120.0
DELIVERY_SECONDS = 2 * GIVE_UP_SECONDS  # the client's own limit, never reached: a producer that reaches it hangs
BATCH_BYTES = 256 * 1024
LARGEST_REQUEST = LARGEST_EVENT + 1024 * 1024  # with room for what Kafka adds
_RESOLVE_SECONDS = 0.5  # how long an append waits for what earlier ones left behind

Placed = tuple[str, int, Row]
"""A topic's name on the brokers, a partition, and what is to go there."""


class Appender:
    """Thread-safe. Connects at the first append."""

    def __init__(self, brokers: str) -> None:
        self._brokers = brokers
        self._turn = threading.Lock()
        self._producer: KafkaProducer | None = None
        self._unconfirmed: list[Any] = []  # futures of records of which no append knows what became
        self._since = 0.0

    def append(self, rows: Sequence[Placed]) -> None:
        """Raises `LogUnavailable` within some `APPEND_SECONDS`."""
        deadline = time.monotonic() + APPEND_SECONDS
        with passing_faults(self._brokers):
            producer = self._ready()
        sent: list[Any] = []
        failure: object = "not acknowledged in time"
        try:
            for row in rows:
                sent.append(_send(producer, *row))
            producer.flush(max(deadline - time.monotonic(), 0.0))
        except KafkaTimeoutError:
            pass
        except KafkaError as error:
            failure = error
        missing = [future for future in sent if not _arrived(future)]
        if missing or len(sent) < len(rows):
            self._keep_unconfirmed(producer, missing)
            raise unavailable(self._brokers, next((each.exception for each in missing if each.is_done), failure))

    def close(self) -> None:
        with self._turn:
            self._discard(0.0 if self._unconfirmed else ANSWER_SECONDS)

    def _ready(self) -> KafkaProducer:
        """The producer, once nothing is in doubt any more."""
        if not self._turn.acquire(timeout=APPEND_SECONDS):
            raise unavailable(self._brokers, "another append waits for the connection")
        try:
            self._resolve_unconfirmed()
            if self._producer is None:
                self._producer = _producer(self._brokers)
            return self._producer
        finally:
            self._turn.release()

    def _resolve_unconfirmed(self) -> None:
        until = time.monotonic() + _RESOLVE_SECONDS
        while any(not each.is_done for each in self._unconfirmed) and time.monotonic() < until:
            time.sleep(0.01)
        waiting = [each for each in self._unconfirmed if not each.is_done]
        if waiting and time.monotonic() - self._since < GIVE_UP_SECONDS:
            raise unavailable(self._brokers, f"{len(waiting)} records of earlier appends are still on their way")
        if waiting:
            self._discard(0.0)
        elif any(not each.succeeded() for each in self._unconfirmed):
            self._discard(ANSWER_SECONDS)
        self._unconfirmed.clear()

    def _keep_unconfirmed(self, producer: KafkaProducer, futures: Sequence[Any]) -> None:
        with self._turn:
            if producer is self._producer:
                self._since = self._since if self._unconfirmed else time.monotonic()
                self._unconfirmed += futures

    def _discard(self, seconds: float) -> None:
        """What other threads have in it may arrive for so long. `close` alone would leave a producer that hangs at
        work, to deliver who knows when.
        """
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError):
                producer.close(seconds)
            producer._sender.force_close()
            producer._sender.join(APPEND_SECONDS)


def _send(producer: KafkaProducer, topic: str, partition: int, row: Row) -> Any:
    return producer.send(topic, row.value, row.key, row.headers, partition, row.milliseconds)


def _arrived(future: Any) -> bool:
    """After a flush, whose end may be a moment ahead of the futures."""
    if not future.is_done:
        with suppress(KafkaError):
            future.get(0.01)
    return bool(future.succeeded())


def _producer(brokers: str) -> KafkaProducer:
    return KafkaProducer(
        **options(brokers),
        acks="all",
        enable_idempotence=True,
        compression_type="lz4",
        batch_size=BATCH_BYTES,
        linger_ms=10,  # an append flushes: this only keeps the first records of it from leaving alone
        max_request_size=LARGEST_REQUEST,
        max_block_ms=int(ANSWER_SECONDS * 1000),
        delivery_timeout_ms=int(DELIVERY_SECONDS * 1000),
        allow_auto_create_topics=False,
        metrics_enabled=False,
    )
