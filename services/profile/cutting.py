"""After an erasure the write-ahead log is cut, so that no old byte stays on the disk."""

import logging
import threading

from services.kit.database import Database
from services.kit.errors import RetryLater

logger = logging.getLogger(__name__)


class Cutter:
    """Keeps trying, from a ticker, until the cut asked for is made. One is due at start: a crash may have lost it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._asked = 1
        self._made = 0

    def cut(self) -> None:
        """Now if no reader stands in the way, else soon."""
        self._asked += 1
        self.retry()

    def retry(self) -> None:
        with self._lock:
            asked = self._asked
            if asked == self._made:
                return
            try:
                if self._database.checkpoint_truncate():
                    self._made = asked
            except RetryLater as error:
                logger.warning("the write-ahead log could not be cut yet: %s", error)
