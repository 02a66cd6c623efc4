"""What every client of the brokers has in common: its settings, how long it waits, and what a fault is called."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from kafka import KafkaAdminClient
from kafka.errors import KafkaError, KafkaTimeoutError

from services.kit.bus import LogUnavailable
from services.kit.errors import Unusable

ANSWER_SECONDS = 5.0
_PAUSE = 0.1
_ADDRESS = re.compile(r"[^\s/@]+:\d{1,5}")
_REPEAT_FAILURE_SECONDS = 1.0  # who asks so soon after a failure gets the same one, so that many do not queue
_FAULTS = (KafkaError, RuntimeError, OSError)  # RuntimeError: the client's way to say that it was closed meanwhile
_Answer = TypeVar("_Answer")


def options(brokers: str, answer: float = ANSWER_SECONDS) -> dict[str, Any]:
    """For every client; `answer` is how long it waits for one, in seconds."""
    milliseconds = int(answer * 1000)
    return {
        "bootstrap_servers": brokers.split(","),
        "client_id": "vivier",
        "bootstrap_timeout_ms": milliseconds,
        "request_timeout_ms": milliseconds,
        "reconnect_backoff_max_ms": 1000,  # the default is 30 seconds, long after the brokers are back
        "metadata_max_age_ms": 10_000,  # how long a new topic or a moved leader may stay unseen
    }


def unavailable(brokers: str, error: object) -> LogUnavailable:
    why = "nothing came in time" if isinstance(error, KafkaTimeoutError) else error
    return LogUnavailable(f"the log does not answer at {brokers} (VIVIER_KAFKA): {why}")


@contextmanager
def passing_faults(brokers: str) -> Iterator[None]:
    """What the client raises comes out as `LogUnavailable`."""
    try:
        yield
    except _FAULTS as error:
        raise unavailable(brokers, error) from error


class AdminConnection:
    """One connection for what is asked about topics, offsets and groups, one request at a time."""

    def __init__(self, brokers: str) -> None:
        if not all(map(_ADDRESS.fullmatch, brokers.split(","))):
            raise Unusable("VIVIER_KAFKA must look like host:port,host:port")
        self._brokers = brokers
        self._turn = threading.Lock()
        self._client: KafkaAdminClient | None = None
        self._failed_at = -_REPEAT_FAILURE_SECONDS
        self._failure: object = ""

    def ask(self, request: Callable[[KafkaAdminClient], _Answer]) -> _Answer:
        """Tries again for a while: what moves from broker to broker is found at its new place."""
        if not self._turn.acquire(timeout=2 * ANSWER_SECONDS):
            raise unavailable(self._brokers, "others have been waiting for an answer for long")
        try:
            if time.monotonic() - self._failed_at < _REPEAT_FAILURE_SECONDS:
                raise unavailable(self._brokers, self._failure)
            return self._ask(request)
        finally:
            self._turn.release()

    def _ask(self, request: Callable[[KafkaAdminClient], _Answer]) -> _Answer:
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                return request(self._connected())
            except _FAULTS as error:
                self._disconnect()
                if time.monotonic() > deadline:
                    self._failed_at, self._failure = time.monotonic(), error
                    raise unavailable(self._brokers, error) from error
            time.sleep(_PAUSE)

    def close(self) -> None:
        with self._turn:
            self._disconnect()

    def _connected(self) -> KafkaAdminClient:
        if self._client is None:
            self._client = KafkaAdminClient(**options(self._brokers))
        return self._client

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(*_FAULTS):
                client.close()
