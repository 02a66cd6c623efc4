"""Clients and signing keys that the release before kept in the gateway's store: the file, or schema, beside this one.

They are copied and compared in the transaction of this step, so that all of it is done, or nothing, or by another
process. The gateway's store is only read; nobody reads it again afterwards.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic.operations import Operations
from sqlalchemy import Connection, column, func, insert, inspect, select, table

Rows = Sequence[tuple[Any, ...]]
COLUMNS = {
    "clients": ("id", "name", "role", "subject", "secret_hash", "created_at", "revoked_at"),
    "signing_keys": ("kid", "private_pem", "created_at", "verifies_until"),
}


def upgrade(op: Operations) -> None:
    connection = op.get_bind()
    given = _of_file(connection) if connection.dialect.name == "sqlite" else _of_schema(connection)
    for name, rows in given.items():
        own = table(name, *map(column, COLUMNS[name]))
        if rows:
            connection.execute(insert(own), [dict(zip(COLUMNS[name], row, strict=True)) for row in rows])
        taken = [tuple(row) for row in connection.execute(select(own))]
        if _sorted(taken) != _sorted(rows):
            raise OSError(f"{name} of the gateway's store were not copied rightly: {len(taken)} of {len(rows)} rows")


def _of_file(connection: Connection) -> Mapping[str, Rows]:
    own = Path(connection.engine.url.database or "")
    old = own.with_name(own.name.replace("identity", "gateway"))
    if old == own or not old.exists():
        return {}
    try:
        with closing(sqlite3.connect(f"{old.resolve().as_uri()}?mode=ro", uri=True)) as file:
            file.execute("BEGIN")
            select_all = {name: f"SELECT {', '.join(COLUMNS[name])} FROM {name}" for name in COLUMNS}  # noqa: S608
            return {name: file.execute(query).fetchall() for name, query in select_all.items()}
    except sqlite3.Error as error:
        raise OSError(f"the clients in {old} cannot be read: {error}") from error


def _of_schema(connection: Connection) -> Mapping[str, Rows]:
    own = str(connection.scalar(select(func.current_schema())))
    old = own.removesuffix("identity") + "gateway"
    if not own.endswith("identity") or not inspect(connection).has_table("clients", schema=old):
        return {}
    tables = {name: table(name, *map(column, columns), schema=old) for name, columns in COLUMNS.items()}
    return {name: [tuple(row) for row in connection.execute(select(each))] for name, each in tables.items()}


def _sorted(rows: Rows) -> Rows:
    return sorted(rows, key=lambda row: str(row[0]))
