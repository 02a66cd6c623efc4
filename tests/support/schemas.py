"""Stores on the PostgreSQL that tests share: under a name of their own, and gone after the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from engines import address_of, fresh_namespace
from sqlalchemy import URL

from services.kit.database import store_of
from services.kit.settings import Settings


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
