"""How a waiting consumer of the embedded log is woken: at once by its own process, within some 20 ms by another."""

import sqlite3
import threading
import time
from collections.abc import Callable

LOOK_SECONDS = 0.02  # how often another process's appends are looked for
QUIET_LOOK_SECONDS = 0.1  # after a second in which nothing came: an idle system costs little
QUIET_LOOKS = 50


class Wakeup:
    """Tells waiting consumers of this process that the file may hold something new."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._changed = threading.Condition()
        self._closed = False
        self._watcher: threading.Thread | None = None
        self.count = 0

    def notify(self) -> None:
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def wait(self, seen: int, timeout: float) -> None:
        """Until `count` is no longer `seen`; take that number before reading, so that nothing is missed between."""
        with self._changed:
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="log watcher", daemon=True)
                self._watcher.start()
            self._changed.wait_for(lambda: self.count != seen, timeout)

    def close(self) -> None:
        self._closed = True
        self.notify()
        if self._watcher is not None:
            self._watcher.join()

    def _watch(self) -> None:
        connection = self._connect()
        last, quiet = 0, 0
        while not self._closed:
            time.sleep(LOOK_SECONDS if quiet < QUIET_LOOKS else QUIET_LOOK_SECONDS)  # half the cost of Event.wait
            version = _version(connection)
            quiet += 1
            if version != last:
                last, quiet = version, 0
                self.notify()
        connection.close()


def _version(connection: sqlite3.Connection) -> int:
    """Changes whenever any other connection has committed. A fault counts as a change: the reader will meet it."""
    try:
        return int(connection.execute("PRAGMA data_version").fetchone()[0])
    except sqlite3.OperationalError:
        return -1
