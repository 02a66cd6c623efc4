"""A store in a file of its own. Writers take turns (`BEGIN IMMEDIATE`), also those of other processes."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError

from services.kit.database.tables import Tables
from services.kit.errors import RetryLater
from services.kit.sqlite import is_passing, set_pragmas

BUSY_SECONDS = 5.0


class SqliteDatabase:
    def __init__(self, path: Path, tables: Tables) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)  # a new one is its owner's alone, and so are the files that SQLite makes beside it
        self.path = path
        self.name = str(path)
        self._tables = tables
        self._turn = threading.Lock()
        self._writer = _engine(path, "BEGIN IMMEDIATE")
        self._reader = _engine(path, "BEGIN", "query_only=ON")

    def migrate(self) -> None:
        try:
            with self.reading() as connection:
                if self._tables.are_current(connection):
                    return
            with self.transaction() as connection:
                self._tables.bring_up_to_date(connection, self.name)
        except DatabaseError as error:
            if getattr(error.orig, "sqlite_errorname", "") == "SQLITE_NOTADB":
                raise OSError(f"{self.path} is not a database: move it away, or bring back a copy that is") from error
            raise

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise RetryLater("the store is busy: another write takes too long")
        try:
            with _passing_faults(), self._writer.begin() as connection:
                yield connection
        finally:
            self._turn.release()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with _passing_faults(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def only_one(self, name: str) -> Iterator[Callable[[], bool]]:
        holder = sqlite3.connect(f"{self.path}-{name}.lock", isolation_level=None, timeout=0, check_same_thread=False)
        try:
            alone = _take_lock(holder)
            yield lambda: alone
        finally:
            holder.close()

    def checkpoint_truncate(self) -> bool:
        with _passing_faults(), self._turn, self._writer.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA busy_timeout=100")
            busy: int = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            driver.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
        return busy == 0

    def close(self) -> None:
        self._reader.dispose()
        self._writer.dispose()


def _engine(path: Path, begin: str, *more_pragmas: str) -> Engine:
    engine = create_engine(
        f"sqlite+pysqlite:///{path}",
        connect_args={"isolation_level": None, "timeout": BUSY_SECONDS},
        hide_parameters=True,  # they may be about people, and errors go into logs
        pool_size=8,
        max_overflow=24,
    )
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", *more_pragmas)

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: object) -> None:
        set_pragmas(connection, pragmas, BUSY_SECONDS)

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _take_lock(holder: sqlite3.Connection) -> bool:
    try:
        holder.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return False
    return True


@contextmanager
def _passing_faults() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if is_passing(error.orig):
            raise RetryLater(f"the store cannot take or give rows now: {error.orig}") from error
        raise
