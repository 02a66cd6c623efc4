"""Truncating the write-ahead log after an erasure, so that no old byte stays on the disk."""

import logging
import threading

from services.kit.database import Database
from services.kit.errors import RetryLater

logger = logging.getLogger(__name__)


class WalTruncation:
    """Of one store; thread-safe. Whoever erased calls `request` once that is committed.

    `retry`, called every few seconds, makes up for what a reader stood in the way of. One is due at start: a crash may
    have come between an erasure and its truncation.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._requested = 1
        self._done = 0

    def request(self) -> None:
        """Now if no reader stands in the way, else soon."""
        self._requested += 1
        self.retry()

    def retry(self) -> None:
        """Truncate if that is due. Never raises for a store that is away."""
        with self._lock:
            requested = self._requested
            if requested == self._done:
                return
            try:
                if self._database.checkpoint_truncate():
                    self._done = requested
            except RetryLater as error:
                logger.warning("%s: the write-ahead log could not be truncated yet: %s", self._database.name, error)
