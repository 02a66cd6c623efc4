"""How a connection to a file of SQLite is set up, be it a store or the log."""

import sqlite3
import time
from collections.abc import Iterable


def set_pragmas(connection: sqlite3.Connection, pragmas: Iterable[str], seconds: float) -> None:
    """Each is tried for so long: whoever turns on the write-ahead log of a new file while another writes to it is told
    at once that it is locked, whatever time limit the connection has.
    """
    for pragma in pragmas:
        _execute_when_free(connection, f"PRAGMA {pragma}", time.monotonic() + seconds)


def _execute_when_free(connection: sqlite3.Connection, statement: str, until: float) -> None:
    while True:
        try:
            connection.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > until:
                raise
        time.sleep(0.01)
