"""PostgreSQL: concurrent transactions, and faults of the server."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from engines import address_of, private
from harness import eventually
from schemas import namespace_on_postgres, store_at
from sqlalchemy import URL, Column, Integer, MetaData, String, Table, insert, select

from devtools.engines.postgres import Postgres
from services.kit.bus import Event
from services.kit.bus_embedded import EmbeddedLog
from services.kit.clock import system_clock
from services.kit.database import Database, open_database, postgres, upsert
from services.kit.errors import Conflict, RetryLater
from services.kit.ids import random_id
from services.kit.outbox import OUTBOX, Units
from services.kit.relay import Relay

METADATA = MetaData()
THINGS = Table("things", METADATA, Column("id", String, primary_key=True), Column("version", Integer, default=0))
TOPIC = "vivier.test.v1"


@pytest.fixture
def where() -> Iterator[URL]:
    with namespace_on_postgres() as (address, namespace):
        yield store_at(address, namespace)


@pytest.fixture
def store(where: URL) -> Iterator[Database]:
    yield from opened(where)


@pytest.fixture
def other(where: URL, store: Database) -> Iterator[Database]:
    """Another process's."""
    yield from opened(where)


def opened(where: URL) -> Iterator[Database]:
    database = open_database(where, METADATA)
    database.migrate()
    yield database
    database.close()


def make(database: Database, identifier: str) -> None:
    with database.transaction() as connection:
        connection.execute(insert(THINGS), {"id": identifier})


def ids(database: Database) -> list[str]:
    with database.reading() as connection:
        return sorted(connection.scalars(select(THINGS.c.id)))


def cut_connections(where: URL) -> None:
    """Of all that use the store, as an administrator would."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
    with psycopg.connect(address_of("postgres")) as connection:
        assert connection.execute(query, [f"vivier {where.query['schema']}"]).fetchall()


def free(database: Database) -> bool:
    with database.only_one("post") as alone:
        return alone()


def patiently(check: Callable[[], bool]) -> bool:
    """A passing fault means "not yet"."""
    with suppress(RetryLater):
        return check()
    return False


# -- side by side


def test_a_writer_sees_one_snapshot(store: Database) -> None:
    with store.transaction() as connection:
        assert connection.execute(select(THINGS)).all() == []
        make(store, "a")
        assert connection.execute(select(THINGS)).all() == []


def test_a_batch_that_meets_another_write_fails_with_conflict(store: Database, other: Database) -> None:
    batch = [{"id": f"{n}", "version": 1} for n in range(200)]
    with pytest.raises(Conflict, match="concurrent update"), store.transaction() as connection:  # noqa: PT012 — the block is the transaction
        connection.execute(select(THINGS)).all()
        with other.transaction() as quicker:
            upsert(quicker, THINGS, batch[100:101], ["id"])
        upsert(connection, THINGS, batch, ["id"])
    assert ids(store) == ["100"]


def test_the_relay_also_sends_a_row_that_is_committed_late(store: Database, tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path / "log.db")
    log.ensure_topic(TOPIC, 4)
    units = Units(store, {str: lambda key: Event(TOPIC, key, "t", b"", "", system_clock())}, system_clock, random_id)
    relay = Relay(units, log)
    row = {"topic": TOPIC, "key": "slow", "type": "t", "payload": b"", "id": "1", "headers": {}, "time": system_clock()}
    with store.transaction() as slow:
        slow.execute(insert(OUTBOX), row)
        with units() as unit:
            unit.publish("quick")
        assert relay.sweep() == 1
    assert relay.sweep() == 1
    assert sorted(record.event.key for record in log.replay(TOPIC)) == ["quick", "slow"]
    with store.reading() as connection:
        assert connection.execute(select(OUTBOX)).all() == []
    log.close()


def test_services_and_installations_on_one_server_are_isolated(where: URL, store: Database) -> None:
    make(store, "a")
    with namespace_on_postgres() as (address, namespace):
        for neighbour in opened(store_at(address, namespace)):
            assert ids(neighbour) == []
            with store.only_one("post") as mine, neighbour.only_one("post") as theirs:
                assert mine()
                assert theirs()


# -- faults


def test_an_invalid_address_is_reported() -> None:
    nowhere = ["", "localhost", "postgresql:/user:very-secret@host/db", "mysql://user:very-secret@host/db"]
    for wrong in [*nowhere, *(f"postgresql://user:very-secret@{at}" for at in ("host", "host:port/db", "a:1,b:2/db"))]:
        with pytest.raises(OSError, match=r"VIVIER_POSTGRES must look like postgresql://") as caught:
            store_at(wrong, "x")
        assert "very-secret" not in str(caught.value)


def test_an_option_unknown_to_the_driver_is_reported() -> None:
    with pytest.raises(OSError, match='VIVIER_POSTGRES: invalid connection option "ssl_mode"') as caught:
        store_at("postgresql://user:very-secret@host/db?ssl_mode=require", "x")
    assert "very-secret" not in str(caught.value)


def test_a_server_that_is_away_is_named_and_asked_only_when_needed() -> None:
    database = open_database(store_at("postgresql://user:very-secret@127.0.0.1:1/db", "x"), METADATA)
    with pytest.raises(RetryLater, match=r"127\.0\.0\.1:1 \(VIVIER_POSTGRES\).*refused") as caught:
        database.migrate()
    assert "very-secret" not in str(caught.value)
    assert "very-secret" not in database.name
    for use in (database.transaction, database.reading):
        with pytest.raises(RetryLater, match="not opened yet"), use():
            pass
    with pytest.raises(RetryLater, match="VIVIER_POSTGRES"), database.only_one("post"):
        pass
    database.close()


def test_a_connection_that_is_cut_is_a_passing_fault(where: URL, store: Database) -> None:
    with pytest.raises(RetryLater), store.transaction() as connection:  # noqa: PT012 — the block is the transaction
        connection.execute(insert(THINGS), {"id": "a"})
        cut_connections(where)
        connection.execute(insert(THINGS), {"id": "b"})
    assert ids(store) == []
    make(store, "a")
    assert ids(store) == ["a"]


def test_a_lock_holder_notices_a_lost_connection(where: URL, store: Database, other: Database) -> None:
    with store.only_one("post") as mine:
        assert mine()
        cut_connections(where)
        assert not mine()
        eventually(lambda: patiently(lambda: free(other)))
        with other.only_one("post") as theirs:
            assert theirs()
            assert not mine(), "nor does it become the only one again by itself"
    assert free(store)


def test_a_frozen_lock_holder_loses_the_lock(store: Database, other: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "IDLE_SECONDS", 2)
    with store.only_one("post") as mine:
        for _ in range(8):
            time.sleep(0.3)
            assert mine(), "as long as it asks"
        eventually(lambda: free(other))
        assert not mine()
    with store.only_one("post") as mine:
        assert mine()
    make(store, "a")
    time.sleep(2.5)
    assert ids(store) == ["a"], "those of the pool may be idle"


def test_a_relay_that_lost_its_lock_tries_to_get_it_again(
    where: URL, store: Database, other: Database, tmp_path: Path
) -> None:
    log = EmbeddedLog(tmp_path / "log.db")
    log.ensure_topic(TOPIC, 4)
    publishes = {str: lambda key: Event(TOPIC, key, "t", b"", "", system_clock())}
    relays = []
    for database in (store, other):
        relays.append(Relay(Units(database, publishes, system_clock, random_id), log, every=0.05))
        relays[-1].start()
    units = Units(store, publishes, system_clock, random_id)

    def publish(key: str) -> bool:
        with units() as unit:
            unit.publish(key)
        return True

    for n in range(5):
        eventually(lambda n=n: patiently(lambda: publish(f"thing/{n}")))
        cut_connections(where)
    eventually(lambda: patiently(lambda: relays[0].lag().rows == 0))
    for relay in relays:
        relay.stop()
    assert {record.event.key for record in log.replay(TOPIC)} == {f"thing/{n}" for n in range(5)}
    log.close()


def test_what_takes_too_long_is_a_passing_fault(where: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(postgres._SESSION, "statement_timeout", "300ms")
    monkeypatch.setitem(postgres._SESSION, "lock_timeout", "100ms")
    for store in opened(where):
        make(store, "a")
        with pytest.raises(RetryLater, match="statement timeout"), store.reading() as connection:
            connection.exec_driver_sql("SELECT pg_sleep(10)")
        with store.transaction() as connection:
            connection.execute(THINGS.update().values(version=1))
            with pytest.raises(RetryLater, match="lock timeout"), store.transaction() as late:
                late.execute(THINGS.update().values(version=2))


def test_waiting_for_a_free_connection_has_a_limit(where: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "LOCK_SECONDS", 0.1)
    monkeypatch.setattr(postgres, "CONNECTIONS", 1)
    monkeypatch.setattr(postgres, "MORE_CONNECTIONS", 0)
    for store in opened(where):
        with store.reading(), pytest.raises(RetryLater, match="all connections are in use"), store.reading():
            pass
        make(store, "a")


def test_a_server_that_is_paused_killed_and_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres._Impatient, "patience", 1.0)
    with private(Postgres) as server:
        for store in opened(store_at(server.address, "x")):
            make(store, "a")
            server.pause()
            started = time.monotonic()
            with pytest.raises(RetryLater, match="does not answer"), store.reading() as connection:
                connection.execute(select(THINGS))
            assert time.monotonic() - started < 30, "not until the end of days"
            server.resume()
            eventually(lambda store=store: patiently(lambda: ids(store) == ["a"]))
            server.kill()
            with pytest.raises(RetryLater):
                ids(store)
            with pytest.raises(RetryLater, match="refused"):
                store.migrate()
            server.start()
            store.migrate()
            make(store, "b")
            assert ids(store) == ["a", "b"]
