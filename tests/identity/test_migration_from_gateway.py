"""Clients and keys move from the first release's gateway store to identity's: all of them at once, or none."""

import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from harness import FakeClock
from identity_service import NewClient, identity_at
from schemas import namespace_on_postgres, store_at
from sqlalchemy import URL

from services.identity.store import METADATA, MIGRATIONS
from services.identity.tokens import new_private_pem
from services.kit.database import Database, open_database

ROOT = Path(__file__).parents[2]
FIXTURE = (ROOT / "tests/kit/first_release/gateway.sql").read_text(encoding="utf-8")
SECRET = "a secret of the first release"
OLD = NewClient("0028073f2ecb416cb3f6e2d31c5533ee", SECRET, "asso")
TABLES = ("clients", "signing_keys")


class Places:
    """Where a store of the first release lies, and where this release's will be beside it."""

    def __init__(self, identity: Path | URL, settings: dict[str, Any], home: Path) -> None:
        self.identity = identity
        self.settings = settings
        self.home = home

    def run(self, *statements: str) -> None:
        """In the old store."""
        raise NotImplementedError

    def held(self) -> dict[str, list[Any]]:
        """Of the old store."""
        raise NotImplementedError

    def open(self) -> Database:
        database = open_database(self.identity, METADATA, MIGRATIONS, one_writer=True)
        database.migrate()
        return database

    def carried(self) -> dict[str, list[Any]]:
        database = self.open()
        with database.reading() as connection:
            found = {
                name: sorted(tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name}"))
                for name in TABLES
            }
        database.close()
        return found


class Files(Places):
    @property
    def old(self) -> Path:
        return self.home / "gateway.db"

    def run(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.old)) as connection:
            for statement in statements:
                connection.executescript(statement)

    def held(self) -> dict[str, list[Any]]:
        with closing(sqlite3.connect(self.old)) as connection:
            return {name: sorted(connection.execute(f"SELECT * FROM {name}")) for name in TABLES}


class Schemas(Places):
    @property
    def schema(self) -> str:
        return f"{self.settings['namespace']}_gateway"

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.settings["postgres"], autocommit=True) as server:
            server.execute(f'CREATE SCHEMA IF NOT EXISTS "{self.schema}"')
            server.execute(f'SET search_path TO "{self.schema}"')
            for statement in statements:
                server.execute(statement.replace("BLOB", "BYTEA").replace("X'", "'\\x").encode())

    def held(self) -> dict[str, list[Any]]:
        with psycopg.connect(self.settings["postgres"]) as server:
            return {n: sorted(server.execute(f'SELECT * FROM "{self.schema}".{n}').fetchall()) for n in TABLES}


@pytest.fixture(params=["sqlite", "postgres"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    if request.param == "sqlite":
        yield Files(tmp_path / "identity.db", {"postgres": None}, tmp_path)
        return
    with namespace_on_postgres() as (address, namespace):
        where = {"postgres": address, "namespace": namespace}
        yield Schemas(store_at(address, namespace, "identity"), where, tmp_path)


@pytest.fixture
def old(places: Places) -> Places:
    """With what the first release left there; a secret is known, and its keys are real ones."""
    keys = [f"UPDATE signing_keys SET private_pem = '{new_private_pem()}' WHERE kid = '{kid}'" for kid in _kids()]
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    secret = f"UPDATE clients SET secret_hash = X'{digest}' WHERE id = '{OLD.client_id}'"
    places.run(FIXTURE, *keys, secret)
    return places


def _kids() -> list[str]:
    lines = [line for line in FIXTURE.splitlines() if 'INTO "signing_keys"' in line]
    return [line.split("'")[1] for line in lines]


def test_every_row_is_carried_over_and_the_old_store_is_left_as_it_was(old: Places) -> None:
    before = old.held()
    assert old.carried() == before
    assert all(before.values())
    assert old.held() == before


def test_secrets_still_get_tokens_and_tokens_still_verify(old: Places, clock: FakeClock) -> None:
    private = dict(row[:2] for row in old.held()["signing_keys"])
    with identity_at(old.home, clock=clock, **old.settings) as identity:
        public = {key.kid: load_pem_public_key(key.pem.encode()) for key in identity.keys().keys}
        assert public.keys() == private.keys(), "and no new one was made"
        for kid, pem in private.items():
            token = jwt.encode({"sub": "asso"}, pem, "ES256", headers={"kid": kid})
            key: Any = public[kid]
            assert jwt.decode(token, key, ["ES256"])
        new: Any = public[jwt.get_unverified_header(token := identity.token(OLD))["kid"]]
        options: Any = {"verify_exp": False, "verify_iat": False}
        assert jwt.decode(token, new, ["ES256"], options=options, audience="vivier")["sub"] == "asso"


def test_the_old_store_is_read_once(old: Places) -> None:
    carried = old.carried()
    old.run("UPDATE clients SET name = 'changed since'", "DELETE FROM signing_keys")
    assert old.carried() == carried


def test_without_an_old_store_there_is_nothing_to_carry(places: Places) -> None:
    assert places.carried() == {name: [] for name in TABLES}
    places.run(FIXTURE)
    assert places.carried() == {name: [] for name in TABLES}, "it had begun without"


def test_two_that_do_it_at_once_end_right(old: Places) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: old.carried(), range(6)))
    assert found == [old.held()] * 6


KILLED = """
import os, signal, sys
from services.kit.database import open_database, tables
from services.identity.store import METADATA, MIGRATIONS
tables._set_version = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
open_database(sys.argv[1], METADATA, MIGRATIONS, one_writer=True).migrate()
"""


def test_killed_in_the_middle_it_is_done_again_at_the_next_start(old: Places) -> None:
    where = old.identity
    told = where.render_as_string(hide_password=False) if isinstance(where, URL) else str(where)
    killed = subprocess.run([sys.executable, "-c", KILLED, told], cwd=ROOT, env=os.environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert old.carried() == old.held()


def test_rows_that_arrive_otherwise_stop_it_and_leave_nothing(old: Places) -> None:
    """A trigger plays the fault that changes what was written."""
    steps = old.home / "steps"
    shutil.copytree(MIGRATIONS, steps)
    code = (steps / "0002_from_the_gateway.py").read_text(encoding="utf-8")
    lost = "connection.exec_driver_sql(\"DELETE FROM clients WHERE role = 'operator'\")"
    broken = code.replace("        taken = [", f"        {lost}\n        taken = [")
    assert broken != code
    (steps / "0002_from_the_gateway.py").write_text(broken, encoding="utf-8")
    with pytest.raises(OSError, match="clients of the gateway's store were not copied rightly: 1 of 2 rows"):
        open_database(old.identity, METADATA, steps, one_writer=True).migrate()
    assert old.carried() == old.held()


def test_what_is_no_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "gateway.db").write_bytes(b"no database at all, and long enough to be looked at" * 40)
    with pytest.raises(OSError, match=r"the clients in .*gateway.db cannot be read"):
        open_database(tmp_path / "identity.db", METADATA, MIGRATIONS)


def test_what_the_old_journal_holds_is_carried_too(tmp_path: Path) -> None:
    """A killed gateway leaves its last writes in the write-ahead log."""
    made = tmp_path / "made.db"
    with closing(sqlite3.connect(made)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(FIXTURE)
        for suffix in ("", "-wal"):
            shutil.copy(f"{made}{suffix}", tmp_path / f"gateway.db{suffix}")
    places = Files(tmp_path / "identity.db", {}, tmp_path)
    carried = places.carried()
    assert [len(carried[name]) for name in TABLES] == [2, 2]
