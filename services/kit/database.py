"""A service's own store: the one place that knows how databases differ.

A write takes the database's single turn from its start (`BEGIN IMMEDIATE`), so that it never fails half-way for want of
a lock. A read sees one snapshot and cannot write. Faults that pass (locked, full, I/O) come out as `RetryLater`;
a statement that is wrong stays the programming error that it is.

Text with U+0000 or lone surrogates is refused at the edge, before it comes here.
"""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    Dialect,
    Engine,
    MetaData,
    Table,
    TypeDecorator,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DatabaseError, OperationalError

from services.kit.errors import RetryLater

KIT = MetaData()
"""The tables that the kit itself keeps in every service's store (outbox, inbox, dead letters)."""

Json = JSON(none_as_null=True)
BUSY_SECONDS = 5.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PASSING = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_NOMEM")


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as microseconds since 1970: exact, sortable and alike in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Database:
    """One store, shared by the threads of a process. Build it with `open_database`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = threading.Lock()
        self._writer = _engine(path, "BEGIN IMMEDIATE")
        self._reader = _engine(path, "BEGIN", "PRAGMA query_only=ON")

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Write: commits when the block ends, rolls back when it raises. Do not nest: the second would wait in vain."""
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise RetryLater("the store is busy: another write takes too long")
        try:
            with _passing_faults(), self._writer.begin() as connection:
                yield connection
        finally:
            self._turn.release()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read: one snapshot, however many statements."""
        with _passing_faults(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def only_one(self, name: str) -> Iterator[bool]:
        """Whether this process alone may do `name` for as long as the block lasts; a killed holder lets go at once."""
        holder = sqlite3.connect(f"{self.path}-{name}.lock", isolation_level=None, timeout=0, check_same_thread=False)
        try:
            yield _take_lock(holder)
        finally:
            holder.close()

    def checkpoint_truncate(self) -> bool:
        """Move the write-ahead log into the store and cut it, so that erased bytes leave the disk.

        False when a reader stood in the way: the bytes are still there, so call again.
        """
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


def open_database(url_or_path: str | Path, metadata: MetaData) -> Database:
    """Open the store, creating what is missing of the service's tables and of the kit's own."""
    text = str(url_or_path)
    path = Path(make_url(text).database or "") if "://" in text else Path(text)
    path.parent.mkdir(parents=True, exist_ok=True)
    database = Database(path)
    try:
        with database.transaction() as connection:
            KIT.create_all(connection)
            metadata.create_all(connection)
    except DatabaseError as error:
        database.close()
        if getattr(error.orig, "sqlite_errorname", "") == "SQLITE_NOTADB":
            raise OSError(f"{path} is not a database: move it away, or bring back a copy that is") from error
        raise
    return database


def upsert(
    connection: Connection,
    table: Table,
    rows: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    key: Sequence[str],
    newer_by: str | None = None,
) -> int:
    """Insert, or replace the row of the same `key`; how many rows changed (-1 where the driver cannot tell).

    With `newer_by` (a version column) an existing row gives way only to a higher version.
    """
    given = [rows] if isinstance(rows, Mapping) else list(rows)
    if not given:
        return 0
    statement = sqlite.insert(table)
    changes = {name: statement.excluded[name] for name in given[0] if name not in key}
    if not changes:
        return connection.execute(statement.on_conflict_do_nothing(index_elements=key), given).rowcount
    where = None if newer_by is None else table.c[newer_by] < statement.excluded[newer_by]
    return connection.execute(
        statement.on_conflict_do_update(index_elements=key, set_=changes, where=where), given
    ).rowcount


def _engine(path: Path, begin: str, *extra: str) -> Engine:
    engine = create_engine(
        f"sqlite+pysqlite:///{path}",
        connect_args={"isolation_level": None, "timeout": BUSY_SECONDS},
        pool_size=8,
        max_overflow=24,
    )
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: object) -> None:
        for statement in (*(f"PRAGMA {pragma}" for pragma in pragmas), *extra):
            connection.execute(statement)

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
        if str(getattr(error.orig, "sqlite_errorname", "")).startswith(_PASSING):
            raise RetryLater(f"the store cannot take or give rows now: {error.orig}") from error
        raise
