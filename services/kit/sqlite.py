"""SQLite files, be they a store or the log: setting up a connection, and which faults pass."""

import sqlite3
import time
from collections.abc import Sequence

PASSING = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_NOMEM")


def is_passing(error: BaseException | None) -> bool:
    """May the same statement succeed later? So it is where the file is locked, full or cannot be read now."""
    return str(getattr(error, "sqlite_errorname", "")).startswith(PASSING)


def set_pragmas(connection: sqlite3.Connection, pragmas: Sequence[str], seconds: float) -> None:
    """Retried for `seconds` while the file is locked: `journal_mode=WAL` on a new file that another writes to fails at
    once, whatever time limit the connection has.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            for pragma in pragmas:  # those that were set already are set again, which is harmless
                connection.execute(f"PRAGMA {pragma}")
            return
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > until:
                raise
        time.sleep(0.01)
