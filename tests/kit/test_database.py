"""The store on SQLite: one writer, snapshots, datetimes, upserts, passing faults."""

import sqlite3
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select, text
from sqlalchemy.exc import OperationalError

from services.kit.database import Json, Moment, open_database, sqlite, upsert
from services.kit.errors import RetryLater

METADATA = MetaData()
THINGS = Table(
    "things",
    METADATA,
    Column("key", String, primary_key=True),
    Column("version", Integer),
    Column("at", Moment),
    Column("facts", Json),
)


@pytest.fixture
def store(tmp_path):
    store = open_database(tmp_path / "deep" / "store.db", METADATA)
    yield store
    store.close()


def row(key="a", version=1, **more):
    return {"key": key, "version": version, "at": None, "facts": None} | more


def rows(store):
    with store.reading() as connection:
        return [tuple(each) for each in connection.execute(select(THINGS.c.key, THINGS.c.version).order_by("key"))]


def test_it_opens_by_path_and_by_url_and_keeps_what_it_has(tmp_path):
    first = open_database(f"sqlite:///{tmp_path}/store.db", METADATA)
    with first.transaction() as connection:
        connection.execute(insert(THINGS), row())
    first.close()
    assert rows(open_database(tmp_path / "store.db", METADATA)) == [("a", 1)]


def test_the_promised_settings_hold(store):
    with store.transaction() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


def test_moments_come_back_exactly_and_json_too(store):
    at = datetime(2026, 3, 29, 1, 59, 59, 999999, UTC)
    with store.transaction() as connection:
        connection.execute(insert(THINGS), row(at=at, facts={"é": [1, None, "\0"]}))
    with store.reading() as connection:
        found = connection.execute(select(THINGS)).one()
    assert (found.at, found.facts) == (at, {"é": [1, None, "\0"]})


def test_an_error_rolls_back(store):
    with pytest.raises(ZeroDivisionError), store.transaction() as connection:  # noqa: PT012 — the block is the transaction
        connection.execute(insert(THINGS), row())
        raise ZeroDivisionError
    assert rows(store) == []


def test_reading_sees_one_snapshot_and_cannot_write(store):
    with store.reading() as reader:
        assert reader.execute(select(THINGS)).all() == []
        with store.transaction() as writer:
            writer.execute(insert(THINGS), row())
        assert reader.execute(select(THINGS)).all() == []
        with pytest.raises(OperationalError):
            reader.execute(insert(THINGS), row("b"))
    assert rows(store) == [("a", 1)]


def test_threads_write_one_after_the_other(store):
    def add() -> None:
        for _ in range(20):
            with store.transaction() as connection:
                seen = connection.execute(select(THINGS.c.version)).scalar_one()
                connection.execute(THINGS.update().values(version=seen + 1))

    with store.transaction() as connection:
        connection.execute(insert(THINGS), row(version=0))
    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(store) == [("a", 80)]


def test_upsert_replaces_and_a_lower_version_does_not(store):
    with store.transaction() as connection:
        assert upsert(connection, THINGS, row(version=2), ["key"]) == 1
        assert upsert(connection, THINGS, row(version=1), ["key"], newer_by="version") == 0
        assert upsert(connection, THINGS, row(version=2), ["key"], newer_by="version") == 0
        assert upsert(connection, THINGS, row(version=3), ["key"], newer_by="version") == 1
        upsert(connection, THINGS, [row(version=1), row("b")], ["key"])
        assert upsert(connection, THINGS, [], ["key"]) == 0
    assert rows(store) == [("a", 1), ("b", 1)]


def test_a_full_disk_and_a_lock_are_passing_faults(store, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    impatient = open_database(store.path, METADATA)
    with pytest.raises(RetryLater, match="full"), store.transaction() as connection:  # noqa: PT012 — the block is the transaction
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count={pages}"))
        connection.execute(insert(THINGS), [row(str(n), facts="x" * 1000) for n in range(100)])
    assert rows(store) == []
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RetryLater, match="locked"), impatient.transaction():
        pass
    other.close()
    with impatient.transaction(), pytest.raises(RetryLater, match="busy"), impatient.transaction():
        pass
    impatient.close()


def test_a_wrong_statement_stays_a_bug(store):
    with pytest.raises(OperationalError), store.transaction() as connection:
        connection.execute(text("SELECT * FROM nothing"))


def test_erased_bytes_leave_the_disk(store):
    canary = "canary-7c1f" * 3
    with store.transaction() as connection:
        connection.execute(insert(THINGS), [row(str(n), facts=canary * 50) for n in range(50)])
    with store.transaction() as connection:
        connection.execute(THINGS.delete())
    assert store.checkpoint_truncate()
    files = [path for path in store.path.parent.iterdir() if path.is_file()]
    assert files
    assert not any(canary.encode() in path.read_bytes() for path in files)


def test_a_reader_in_the_way_of_a_checkpoint_is_told(store):
    with store.transaction() as connection:
        connection.execute(insert(THINGS), row())
    with store.reading() as reader:
        reader.execute(select(THINGS)).all()
        with store.transaction() as connection:
            connection.execute(insert(THINGS), row("b"))
        assert not store.checkpoint_truncate()
    assert store.checkpoint_truncate()


def test_a_file_that_is_no_database_is_named(tmp_path):
    path = tmp_path / "store.db"
    path.write_bytes(b"this is a letter, not a database " * 100)
    with pytest.raises(OSError, match=f"{path} is not a database"):
        open_database(path, MetaData())
