"""A service's own store, in SQLite or PostgreSQL.

`Database` is the port of both. They differ most in concurrency:

- A transaction is atomic and sees one snapshot, taken when it began.
- SQLite runs writers one after the other. PostgreSQL runs them concurrently: one that changes a row which another has
  changed meanwhile, or inserts a key which another has inserted, fails with `Conflict`; a retry may succeed at once.
- Write skew (two transactions that change *different* rows, each because of what it read of the other's) is not
  detected. They must change a row in common (`claim_rows`), or lock the row that the other changes (`with_for_update`).
- A store of `one_writer` runs writers one after the other in PostgreSQL too, where that is simpler and fast enough.
- Passing faults (locked, full, unreachable, stopped) are raised as `RetryLater`; a wrong statement is a programming
  error and is raised as it is.

Text with U+0000 or lone surrogates is refused at the edge, before it comes here.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection, MetaData, make_url
from sqlalchemy.exc import ArgumentError

from services.kit.database.columns import KIT, Json, Moment
from services.kit.database.queries import claim_rows, in_values, insert_many, insert_new, upsert
from services.kit.database.sqlite import SqliteDatabase
from services.kit.database.tables import Tables
from services.kit.settings import Settings

__all__ = [
    "KIT",
    "Database",
    "Json",
    "Moment",
    "claim_rows",
    "in_values",
    "insert_many",
    "insert_new",
    "open_database",
    "store_of",
    "upsert",
]
_SCHEMA = "schema"


class Database(Protocol):
    """One store, shared by the threads of a process. Build it with `open_database`."""

    name: str
    """What a person calls it; it holds no secret."""

    def migrate(self) -> None:
        """Bring the tables up to date; nothing can be read or written before. Harmless when there is nothing to do.

        Of several processes at once one does it. Raises `RetryLater` where the store cannot be reached, and OSError
        where it is of a newer release or no store at all.
        """

    def transaction(self) -> AbstractContextManager[Connection]:
        """Write: commits when the block ends, rolls back when it raises. Do not nest: the second might wait in vain."""

    def reading(self) -> AbstractContextManager[Connection]:
        """Read: one snapshot, however many statements. It cannot write."""

    def only_one(self, name: str) -> AbstractContextManager[Callable[[], bool]]:
        """Whether this process alone may do `name`, for as long as the block lasts; a killed holder lets go at once.

        Ask again before each piece of work: a lock on a server goes when the connection to it is lost, and when it was
        not asked for within a minute, since the process may be frozen.
        """

    def checkpoint_truncate(self) -> bool:
        """Move SQLite's write-ahead log into the store and cut it, so that erased bytes leave the disk.

        False when a reader stood in the way: the bytes are still there, so call again. PostgreSQL keeps old bytes as it
        sees fit (dead rows, its own log, backups), so there it is always true, and erasing rests on destroyed keys.
        """

    def close(self) -> None:
        """Release files and connections."""


def store_of(settings: Settings, service: str) -> URL:
    """Where a service's store is: a file in `home`, or a schema of its own on the server of VIVIER_POSTGRES."""
    if settings.postgres is None:
        return URL.create("sqlite", database=str(settings.home / f"{service}.db"))
    schema = f"{settings.namespace}_{service}" if settings.namespace else service
    return _server(settings.postgres.get_secret_value()).update_query_dict({_SCHEMA: schema})


def open_database(
    where: str | Path | URL, metadata: MetaData, migrations: Path | None = None, one_writer: bool = False
) -> Database:
    """The store at a path or an address. A file is brought up to date at once, a server is first asked by `migrate`.

    Without a folder of `migrations` the tables that are missing are made as `metadata` has them now.
    """
    tables = Tables(metadata, migrations)
    if isinstance(where, Path) or "://" not in str(where):
        where = URL.create("sqlite", database=str(where))
    url = make_url(where)
    if url.get_backend_name() == "postgresql":
        from services.kit.database.postgres import PostgresDatabase  # a driver that few starts need

        schema = str(url.query[_SCHEMA])
        return PostgresDatabase(url.difference_update_query([_SCHEMA]), schema, tables, one_writer)
    database = SqliteDatabase(Path(url.database or ""), tables)
    try:
        database.migrate()
    except BaseException:
        database.close()
        raise
    return database


def _server(given: str) -> URL:
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):  # the second for a port that is no number
        url = URL.create("unreadable")
    if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg") or not url.database:
        raise OSError("VIVIER_POSTGRES must look like postgresql://user:password@host:port/database")
    from psycopg import ProgrammingError, conninfo  # a driver that few starts need

    try:
        conninfo.make_conninfo(**dict.fromkeys(url.query, ""))
    except ProgrammingError as error:
        raise OSError(f"VIVIER_POSTGRES: {' '.join(str(error).split())}") from None
    return url.set(drivername="postgresql+psycopg")
