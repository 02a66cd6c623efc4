"""The stores: each table of each service is copied and compared through the types of its columns.

A service's rows go in one transaction. The schemas carry this move's mark, so that nobody else's are ever removed.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import URL, Connection, MetaData, Table, func, inspect, select, text

from services.cli.engine_settings import without_password
from services.cli.move.report import CannotMove, Checksum, Comparison, Progress, Say
from services.kit.database import KIT, Database, open_database, store_of
from services.kit.settings import Settings
from services.registry import SERVICES

BATCH = 2000
CONNECT_SECONDS = 5
_MIGRATION_TABLES = frozenset({"alembic_version"})  # made by `migrate` on either side


@dataclass(frozen=True, slots=True)
class _Store:
    name: str
    metadata: MetaData
    migrations: Path

    def open(self, settings: Settings) -> Database:
        return open_database(store_of(settings, self.name), self.metadata, self.migrations)

    def tables(self, here: Connection) -> list[Table]:
        """Those that it has, in the order in which they can be filled; CannotMove where it has others."""
        known = [*KIT.sorted_tables, *self.metadata.sorted_tables]
        held = set(inspect(here).get_table_names()) - _MIGRATION_TABLES
        if unknown := sorted(held - {table.name for table in known}):
            raise CannotMove(f"the store of {self.name} holds what no release made: {', '.join(unknown)}")
        return [table for table in known if table.name in held]


class Stores:
    """From the files of `here` to the server of `there`."""

    def __init__(self, here: Settings, there: Settings, mark: str) -> None:
        self._here, self._there, self._mark = here, there, mark
        self._urls = {entry.name: store_of(there, entry.name) for entry in SERVICES if entry.has_store}
        self._schemas = [str(url.query["schema"]) for url in self._urls.values()]
        self._server = without_password(there.postgres.get_secret_value() if there.postgres else "")

    @property
    def files(self) -> Sequence[str]:
        return [f"{name}.db" for name in self._urls]

    def check(self) -> None:
        """Raises CannotMove where the server is away, holds something by these names, or may not be written to."""
        with self._connected() as connection:
            query = "SELECT has_database_privilege(current_database(), 'CREATE')"
            if not connection.execute(query).fetchone()[0]:  # type: ignore[index]
                raise CannotMove(f"--postgres: the user of {self._server} may not create schemas: GRANT CREATE to it")
            query = "SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s) ORDER BY 1"
            if found := [name for (name,) in connection.execute(query, [self._schemas])]:
                raise CannotMove(
                    f"--postgres: {self._server} is not empty, the schema {found[0]} exists: give another --namespace"
                )

    def copy(self, say: Say) -> Iterator[Comparison]:
        with self._connected() as connection:
            for schema in self._schemas:
                name = sql.Identifier(schema)
                connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
                connection.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(name, sql.Literal(self._mark)))
        for store in map(_store, self._urls):
            with (
                self._as_cannot_move(),
                closing(store.open(self._here)) as here,
                closing(store.open(self._there)) as there,
            ):
                there.migrate()
                lines = _copy_store(store, here, there, say)
            yield from lines

    def remove(self) -> None:
        """What this move made, and nothing else."""
        query = "SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s) AND obj_description(oid, 'pg_namespace') = %s"
        with self._connected() as connection:
            for (schema,) in connection.execute(query, [self._schemas, self._mark]).fetchall():
                connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))

    def commit(self) -> None:
        """Nothing is left to do."""

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        url: URL = next(iter(self._urls.values())).set(drivername="postgresql").difference_update_query(["schema"])
        whole = url.render_as_string(hide_password=False)
        with self._as_cannot_move(), psycopg.connect(whole, connect_timeout=CONNECT_SECONDS) as connection:
            yield connection

    @contextmanager
    def _as_cannot_move(self) -> Iterator[None]:
        """What the driver raises becomes CannotMove; its details may quote a row and are left out."""
        try:
            yield
        except psycopg.Error as error:
            said = error.diag.message_primary or str(error).strip().partition("\n")[0]
            raise CannotMove(f"--postgres: {self._server}: {said}") from None


def _store(name: str) -> _Store:
    module = import_module(f"services.{name}.store")
    return _Store(name, module.METADATA, module.MIGRATIONS)


def _copy_store(store: _Store, here: Database, there: Database, say: Say) -> list[Comparison]:
    with here.reading() as source:
        tables = store.tables(source)
        with there.transaction() as target:
            target.execute(text("SET LOCAL statement_timeout = 0"))
            given = [_copy_table(source, target, table, f"{store.name}.{table.name}", say) for table in tables]
        with there.reading() as target:
            taken = [_checksum(target, table) for table in tables]
    return [
        Comparison(f"{store.name}.{table.name}", a.count, b.count, a == b)
        for table, a, b in zip(tables, given, taken, strict=True)
    ]


def _copy_table(source: Connection, target: Connection, table: Table, name: str, say: Say) -> Checksum:
    checksum = Checksum()
    progress = Progress(say, name, source.execute(select(func.count()).select_from(table)).scalar_one())
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
    kept = [column.type.dialect_impl(target.dialect).bind_processor(target.dialect) for column in table.columns]
    server: Any = target.connection.driver_connection
    with server.cursor() as cursor, cursor.copy(into) as copy:
        for rows in source.execute(_all_of(table)).partitions():
            for row in rows:
                checksum.add_unordered(tuple(row))
                copy.write_row([value if how is None else how(value) for how, value in zip(kept, row, strict=True)])
            progress.more(len(rows))
    _continue_sequence(source, target, table)
    progress.end()
    return checksum


def _continue_sequence(source: Connection, target: Connection, table: Table) -> None:
    """A number is never given twice: also not one that SQLite gave to a row which is gone."""
    column = table.autoincrement_column
    if column is None:
        return
    last = source.execute(select(func.max(column))).scalar_one() or 0
    if table.dialect_options["sqlite"]["autoincrement"]:
        given = text("SELECT max(seq) FROM sqlite_sequence WHERE name = :table")
        last = max(last, source.execute(given, {"table": table.name}).scalar_one() or 0)
    if last:
        target.execute(select(func.setval(func.pg_get_serial_sequence(table.name, column.name), last)))


def _checksum(connection: Connection, table: Table) -> Checksum:
    checksum = Checksum()
    for row in connection.execute(_all_of(table)):
        checksum.add_unordered(tuple(row))
    return checksum


def _all_of(table: Table) -> Any:
    return select(table).execution_options(yield_per=BATCH)
