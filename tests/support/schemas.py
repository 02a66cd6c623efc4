"""Stores on the PostgreSQL that tests share: under a name of their own, and gone after the test."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from engines import address_of, fresh_namespace
from sqlalchemy import URL

from services.kit.database import store_of
from services.kit.settings import Settings

ON_POSTGRES = os.environ.get("VIVIER_TEST_STORE") == "postgres"
files_only = pytest.mark.skipif(ON_POSTGRES, reason="it looks into the files of SQLite")


@contextmanager
def namespace_on_postgres() -> Iterator[tuple[str, str]]:
    """The server's address, and a namespace whose schemas are dropped in the end."""
    address, namespace = address_of("postgres"), fresh_namespace()
    try:
        yield address, namespace
    finally:
        drop_schemas(address, namespace)


def drop_schemas(address: str, namespace: str) -> None:
    known = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)"
    with psycopg.connect(address, autocommit=True) as connection:
        for (schema,) in connection.execute(known, [f"{namespace}_"]).fetchall():
            connection.execute(f'DROP SCHEMA "{schema}" CASCADE')


def store_at(address: str, namespace: str, service: str = "store") -> URL:
    return store_of(Settings(home=Path(), secret="x", postgres=address, namespace=namespace), service)


def rows_of(home: Path, service: str, query: str) -> list[tuple[Any, ...]]:
    """What a statement returns of a service's store, wherever the settings of this test put it; it is committed."""
    url = store_of(Settings(home=home, secret="x"), service)
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(url.database))) as connection, connection:
            return connection.execute(query).fetchall()
    path = f"-c search_path={url.query['schema']}"
    with psycopg.connect(os.environ["VIVIER_POSTGRES"], options=path) as server:
        return server.execute(query.encode()).fetchall()
