"""Periodic jobs (sweeps, digests), each in a thread of its own."""

import logging
import threading
from collections.abc import Callable

from services.kit.errors import RetryLater

logger = logging.getLogger(__name__)
RETRY_SECONDS = 10.0


class Ticker:
    """Calls `work` at start and then every `seconds`. A failure is logged and does not end it.

    After a passing fault (`RetryLater`) it is called again within `RETRY_SECONDS`.
    """

    def __init__(self, name: str, seconds: float, work: Callable[[], object]) -> None:
        self._name = name
        self._seconds = seconds
        self._work = work
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"ticker {name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(self._round())

    def _round(self) -> float:
        """Seconds until the next."""
        try:
            self._work()
        except RetryLater as error:
            logger.info("%s is put off: %s", self._name, error)
            return min(self._seconds, RETRY_SECONDS)
        except Exception:
            logger.exception("%s failed; it comes round again in %g s", self._name, self._seconds)
        return self._seconds
