"""Appending to Kafka: one producer per process, shared by its threads.

The brokers know a producer by a number and count its records, so that what it sends again after a fault is neither
doubled nor out of order. Hence the rules here. An append that has waited in vain says so, but its records are not taken
back: the same producer goes on delivering them, and nothing new is sent before it is known what became of them. Only
when that has lasted `GIVE_UP` seconds, or the producer itself has failed, is it thrown away: a new one is a stranger to
the brokers, and a belated record of the old one could land behind newer ones of its key.
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
GIVE_UP = 120.0
DELIVERY_SECONDS = 2 * GIVE_UP  # the client's own limit, never to be met: a producer that meets it hangs for good
BATCH_BYTES = 256 * 1024
LARGEST_REQUEST = LARGEST_EVENT + 1024 * 1024  # with room for what Kafka adds
_FIRST_LOOK = 0.5  # how long an append waits for what earlier ones left behind

Placed = tuple[str, int, Row]
"""A topic's name on the brokers, a partition, and what is to go there."""


class Appender:
    """Thread-safe. Connects at the first append."""

    def __init__(self, brokers: str) -> None:
        self._brokers = brokers
        self._turn = threading.Lock()
        self._producer: KafkaProducer | None = None
        self._doubtful: list[Any] = []  # futures of records of which no append knows what became
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
            self._doubt(producer, missing)
            raise unavailable(self._brokers, next((each.exception for each in missing if each.is_done), failure))

    def close(self) -> None:
        with self._turn:
            self._throw_away(0.0 if self._doubtful else ANSWER_SECONDS)

    def _ready(self) -> KafkaProducer:
        """The producer, once nothing is in doubt any more."""
        if not self._turn.acquire(timeout=APPEND_SECONDS):
            raise unavailable(self._brokers, "another append waits for the connection")
        try:
            self._settle()
            if self._producer is None:
                self._producer = _producer(self._brokers)
            return self._producer
        finally:
            self._turn.release()

    def _settle(self) -> None:
        until = time.monotonic() + _FIRST_LOOK
        while any(not each.is_done for each in self._doubtful) and time.monotonic() < until:
            time.sleep(0.01)
        waiting = [each for each in self._doubtful if not each.is_done]
        if waiting and time.monotonic() - self._since < GIVE_UP:
            raise unavailable(self._brokers, f"{len(waiting)} records of earlier appends are still on their way")
        if waiting:
            self._throw_away(0.0)
        elif any(not each.succeeded() for each in self._doubtful):
            self._throw_away(ANSWER_SECONDS)
        self._doubtful.clear()

    def _doubt(self, producer: KafkaProducer, futures: Sequence[Any]) -> None:
        with self._turn:
            if producer is self._producer:
                self._since = self._since if self._doubtful else time.monotonic()
                self._doubtful += futures

    def _throw_away(self, seconds: float) -> None:
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
