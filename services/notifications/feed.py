"""Wakes the streams of this process when something was written, and ends them when the service stops."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from services.kit.errors import Kind, Refused

STREAMS = 4
"""Each holds one of the server's threads for as long as it lasts."""


class Feed:
    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._condition = threading.Condition()
        self._announced = 0
        self._slots = threading.BoundedSemaphore(STREAMS)

    @property
    def announced(self) -> int:
        return self._announced

    def announce(self) -> None:
        with self._condition:
            self._announced += 1
            self._condition.notify_all()

    def wait(self, seen: int, seconds: float) -> None:
        """Until something was announced after `seen`, the service stops, or the time is over."""
        with self._condition:
            self._condition.wait_for(lambda: self._announced != seen or self.stopping.is_set(), seconds)

    def stop(self) -> None:
        self.stopping.set()
        self.announce()

    @contextmanager
    def slot(self) -> Iterator[None]:
        if not self._slots.acquire(blocking=False):
            raise Refused(Kind.EXHAUSTED, "TOO_MANY_STREAMS", "at most {most} streams at a time", most=str(STREAMS))
        try:
            yield
        finally:
            self._slots.release()
