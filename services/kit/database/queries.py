"""Statements that SQLite and PostgreSQL write differently."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    Insert,
    String,
    Table,
    TypeDecorator,
    bindparam,
    cast,
    column,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of the same columns, none of bytes. PostgreSQL gets all of them in one parameter, which is faster."""
    if not rows:
        return
    if len(rows) == 1 or _has_one_writer(connection):
        connection.execute(insert(table), rows)
    else:
        statement, kept = _of_json(table, tuple(rows[0]))
        plain = [{name: kept[name](value, connection.dialect) for name, value in row.items()} for row in rows]
        connection.execute(statement, {"rows": orjson.dumps(plain).decode()})


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
    given = (
        [rows] if isinstance(rows, Mapping) else sorted(rows, key=itemgetter(*key))
    )  # one order of locks: no deadlock
    if not given:
        return 0
    statement = _insert(connection, table).execution_options(preserve_rowcount=True)
    changes = {name: statement.excluded[name] for name in given[0] if name not in key}
    if not changes:
        return connection.execute(statement.on_conflict_do_nothing(index_elements=key), given).rowcount
    where = None if newer_by is None else table.c[newer_by] < statement.excluded[newer_by]
    return connection.execute(
        statement.on_conflict_do_update(index_elements=key, set_=changes, where=where), given
    ).rowcount


def insert_new(
    connection: Connection, table: Table, rows: Collection[Mapping[str, Any]], key: Sequence[str]
) -> set[Any]:
    """Insert the rows whose `key` does not exist yet; returns the last key column of those that were inserted."""
    statement = _insert(connection, table).on_conflict_do_nothing(index_elements=key).returning(table.c[key[-1]])
    return set(connection.scalars(statement, sorted(rows, key=itemgetter(*key)))) if rows else set()


def claim_rows(connection: Connection, table: Table, ids: Collection[str]) -> None:
    """Update these rows without changing them: of two transactions that claim the same row the later gets `Conflict`.

    For a decision that depends on rows which others may insert meanwhile (write skew). A lock would not help: whoever
    has waited for it continues with an old snapshot. Where writers run one after the other nothing needs to be done.
    """
    if not _has_one_writer(connection):
        connection.execute(update(table).where(table.c.id.in_(ids)).values(id=table.c.id))


def _insert(connection: Connection, table: Table) -> Any:
    if _has_one_writer(connection):
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # slow to import, and of no use without a server

    return postgresql.insert(table)


@cache
def _of_json(table: Table, names: Sequence[str]) -> tuple[Insert, Mapping[str, Callable[[Any, Dialect], Any]]]:
    """The statement, and how a value of each column is kept."""
    types = {name: table.c[name].type for name in names}
    given = func.json_to_recordset(cast(bindparam("rows", type_=String), JSON))
    columns = [column(name, kind) for name, kind in types.items()]
    statement = insert(table).from_select(names, select(given.table_valued(*columns).render_derived(with_types=True)))
    kept = {
        name: kind.process_bind_param if isinstance(kind, TypeDecorator) else (lambda value, _: value)
        for name, kind in types.items()
    }
    return statement, kept


def _has_one_writer(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def in_values(column: ColumnElement[Any], values: Collection[str] | Collection[int]) -> ColumnElement[bool]:
    """`column IN (values)` for texts or numbers, with all values in one parameter: the statement stays the same."""
    return _InValues(column, bindparam(None, orjson.dumps(list(values)).decode(), String))


class _InValues(FunctionElement[bool]):
    name = "in_values"
    type = Boolean()
    inherit_cache = True


@compiles(_InValues)
def _for_sqlite(element: _InValues, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 — names and a parameter


@compiles(_InValues, "postgresql")
def _for_postgres(element: _InValues, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    kind = compiler.dialect.type_compiler_instance.process(next(iter(element.clauses)).type)
    each = f"CAST(json_array_elements_text(CAST({values} AS JSON)) AS {kind})"
    return f"{column} = ANY (ARRAY(SELECT {each}))"
