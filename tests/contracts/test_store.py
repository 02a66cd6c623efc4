"""What `services.kit.database` guarantees, tried on every adapter."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from harness import eventually
from schemas import namespace_on_postgres, store_at
from sqlalchemy import URL, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, func, insert, select
from sqlalchemy.exc import DBAPIError

from services.kit.bus import Event
from services.kit.bus_embedded import EmbeddedLog
from services.kit.clock import system_clock
from services.kit.database import (
    Database,
    Json,
    Moment,
    claim_rows,
    in_values,
    insert_many,
    insert_new,
    open_database,
    upsert,
)
from services.kit.errors import Conflict
from services.kit.ids import random_id
from services.kit.outbox import Units
from services.kit.relay import Relay

METADATA = MetaData()
THINGS = Table(
    "things",
    METADATA,
    Column("id", String, primary_key=True),
    Column("version", Integer, nullable=False, default=0),
    Column("at", Moment),
    Column("facts", Json),
    Column("bytes", LargeBinary),
    Column("good", Boolean, nullable=False, default=False),
)
Index("things_good", THINGS.c.id, sqlite_where=THINGS.c.good, postgresql_where=THINGS.c.good)
PARTS = Table(
    "parts",
    METADATA,
    Column("id", String, primary_key=True),
    Column("thing", String, nullable=False),
    Column("name", String, nullable=False, unique=True),
)
TOPIC = "vivier.test.v1"
T = TypeVar("T")


class Adapter:
    """One store, opened as often as processes would."""

    def __init__(self, name: str, where: Path | URL) -> None:
        self.name = name
        self.where = where
        self.opened: list[Database] = []

    def open(self, **options: Any) -> Database:
        database = open_database(self.where, METADATA, **options)
        database.migrate()
        self.opened.append(database)
        return database


@pytest.fixture(params=["sqlite", "postgres"])
def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Adapter]:
    if request.param == "sqlite":
        yield from _closing(Adapter("sqlite", tmp_path / "store.db"))
    else:
        with namespace_on_postgres() as (address, namespace):
            yield from _closing(Adapter("postgres", store_at(address, namespace)))


def _closing(adapter: Adapter) -> Iterator[Adapter]:
    yield adapter
    for database in adapter.opened:
        database.close()


@pytest.fixture
def store(adapter: Adapter) -> Database:
    return adapter.open()


def again(step: Callable[[], T]) -> T:
    """As the server of calls and the consumer do it, with more patience."""
    for _ in range(200):
        try:
            return step()
        except Conflict:
            time.sleep(random.uniform(0, 0.02))
    raise AssertionError("in conflict for ever")


def together(*steps: Callable[[], T]) -> list[T]:
    """At the same time, as near as can be."""
    start = threading.Barrier(len(steps))

    def run(step: Callable[[], T]) -> T:
        start.wait()
        return step()

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))


def make(store: Database, *ids: str, **values: Any) -> None:
    with store.transaction() as connection:
        connection.execute(insert(THINGS), [{"id": each, **values} for each in ids])


def versions(store: Database) -> dict[str, int]:
    with store.reading() as connection:
        return {row.id: row.version for row in connection.execute(select(THINGS.c.id, THINGS.c.version))}


# -- one at a time


def test_values_come_back_as_they_were(store: Database) -> None:
    at = datetime(2026, 3, 29, 1, 59, 59, 999999, UTC)
    facts = {"é": [1, None, "\0", 0.1], "𝄞": {"'": '"'}}
    make(store, "a", at=at, facts=facts, bytes=bytes(range(256)), good=True)
    make(store, "b", at=datetime(1, 1, 1, tzinfo=UTC), facts=None, bytes=b"")
    with store.reading() as connection:
        a, b = connection.execute(select(THINGS).order_by(THINGS.c.id))
        early = connection.scalars(select(THINGS.c.id).where(THINGS.c.at < at, THINGS.c.facts.is_(None))).all()
    assert (a.at, a.facts, a.bytes, a.good) == (at, facts, bytes(range(256)), True)
    assert (b.at, b.facts, b.bytes, b.good) == (datetime(1, 1, 1, tzinfo=UTC), None, b"", False)
    assert early == ["b"]


ODD = [
    "",
    "plain",
    'l\'été "à" Saint-Denis',
    "back\\slash",
    "line\nbreak\ttab",
    "{a,b}",
    "null",
    "NULL",
    "🚲",
    "%s :id",
]


@pytest.mark.parametrize("count", [1, len(ODD)])
def test_rows_added_together_are_as_those_added_singly(store: Database, count: int) -> None:
    now = system_clock()
    rows = [
        {
            "id": name,
            "version": n - 3,
            "at": now if n % 2 else None,
            "facts": {"é": [n, 0.1, None, name]},
            "good": n > 1,
        }
        for n, name in enumerate(ODD[:count])
    ]
    with store.transaction() as connection:
        insert_many(connection, THINGS, rows)
        insert_many(connection, THINGS, [])
    with store.reading() as connection:
        found = {row.id: row for row in connection.execute(select(THINGS))}
    assert len(found) == count
    for row in rows:
        assert {name: getattr(found[str(row["id"])], name) for name in row} == row


def test_many_texts_are_found_by_one_statement(store: Database) -> None:
    with store.transaction() as connection:
        insert_many(connection, THINGS, [{"id": name} for name in ODD])
    with store.reading() as connection:

        def found(*values: str) -> set[str]:
            return set(
                connection.scalars(select(THINGS.c.id).where(in_values(THINGS.c.id, values), THINGS.c.version == 0))
            )

        assert found() == set()
        assert found("another", "null") == {"null"}
        assert found(*ODD, *ODD) == set(ODD)
        assert found(*map(str, range(50_000)), "🚲") == {"🚲"}


def test_many_numbers_are_found_by_one_statement(store: Database) -> None:
    with store.transaction() as connection:
        insert_many(connection, THINGS, [{"id": str(version), "version": version} for version in (-1, 0, 2**30)])
    with store.reading() as connection:

        def found(condition: Any) -> set[int]:
            return set(connection.scalars(select(THINGS.c.version).where(condition)))

        assert found(in_values(THINGS.c.version, [2**30, 0, 7])) == {0, 2**30}
        assert found(~in_values(THINGS.c.version, [2**30, 0, 7])) == {-1}


def test_an_error_undoes_everything(store: Database) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction() as connection:  # noqa: PT012 — the block is the transaction
        connection.execute(insert(THINGS), {"id": "a"})
        raise ZeroDivisionError
    assert versions(store) == {}


def test_upsert_gives_way_only_to_what_is_newer(store: Database) -> None:
    with store.transaction() as connection:
        assert upsert(connection, THINGS, {"id": "a", "version": 2}, ["id"]) == 1
        assert upsert(connection, THINGS, {"id": "a", "version": 1}, ["id"], newer_by="version") == 0
        assert upsert(connection, THINGS, {"id": "a", "version": 3}, ["id"], newer_by="version") == 1
        upsert(connection, THINGS, [{"id": "b", "version": 5}, {"id": "a", "version": 1}], ["id"], newer_by="version")
        upsert(connection, THINGS, [{"id": "b", "version": 6}, {"id": "b", "version": 4}], ["id"])
        assert upsert(connection, THINGS, [], ["id"]) == 0
        assert upsert(connection, Table("single", MetaData(), Column("id")), [], ["id"]) == 0
    assert versions(store) == {"a": 3, "b": 4}


def test_a_statement_that_is_wrong_is_a_bug(store: Database) -> None:
    with pytest.raises(DBAPIError), store.transaction() as connection:
        connection.exec_driver_sql("SELECT * FROM nothing")
    with pytest.raises(DBAPIError) as caught, store.transaction() as connection:
        connection.execute(insert(PARTS), [{"id": "p", "thing": None, "name": "a person's"}] * 2)
    assert "a person's" not in str(caught.value), "errors go into logs"
    make(store, "a")
    assert versions(store) == {"a": 0}


def test_migrating_is_harmless_when_there_is_nothing_to_do(adapter: Adapter) -> None:
    first = adapter.open()
    make(first, "a")
    first.migrate()
    assert versions(adapter.open()) == {"a": 0}


def test_erased_bytes_can_be_truncated(store: Database) -> None:
    make(store, "a")
    assert store.checkpoint_truncate()


# -- side by side


def test_a_reader_sees_one_snapshot_and_nothing_uncommitted(store: Database) -> None:
    with store.reading() as reader:
        assert reader.execute(select(THINGS)).all() == []
        with store.transaction() as writer:
            writer.execute(insert(THINGS), {"id": "a"})
            assert versions(store) == {}
        assert reader.execute(select(THINGS)).all() == []
    assert versions(store) == {"a": 0}


def test_a_reader_cannot_write(store: Database) -> None:
    with pytest.raises(DBAPIError), store.reading() as connection:
        connection.execute(insert(THINGS), {"id": "a"})


def test_no_update_is_lost(adapter: Adapter) -> None:
    stores = [adapter.open() for _ in range(2)]
    make(stores[0], "a", version=0)

    def count(store: Database) -> None:
        with store.transaction() as connection:
            seen = connection.execute(select(THINGS.c.version)).scalar_one()
            upsert(connection, THINGS, {"id": "a", "version": seen + 1}, ["id"])

    def twenty(store: Database) -> None:
        for _ in range(20):
            again(lambda: count(store))

    together(*(lambda s=store: twenty(s) for store in stores * 2))
    assert versions(stores[0]) == {"a": 80}


def test_a_key_is_taken_once_and_the_other_finds_it(adapter: Adapter) -> None:
    stores = [adapter.open() for _ in range(2)]

    def choose(store: Database, name: str, mine: str) -> str:
        with store.transaction() as connection:
            known = connection.scalar(select(PARTS.c.id).where(PARTS.c.name == name))
            if known is None:
                connection.execute(insert(PARTS), {"id": mine, "thing": "t", "name": name})
            return known or mine

    for n in range(30):
        one, other = together(*(lambda s=s, n=n: again(lambda: choose(s, f"n{n}", random_id())) for s in stores))
        assert one == other


def test_rows_are_taken_by_one_of_those_who_try_at_once(adapter: Adapter) -> None:
    stores = [adapter.open() for _ in range(2)]
    names = [f"n{number}" for number in range(20)]

    def have(store: Database, wanted: list[str]) -> set[str]:
        with store.transaction() as connection:
            return insert_new(connection, THINGS, [{"id": name, "version": 1} for name in wanted], ["id"])

    for n in range(30):
        wanted = [[f"{n} {name}" for name in some] for some in (names[:15], names[:4:-1])]
        one, other = together(
            *(lambda s=s, w=w: again(lambda: have(s, w)) for s, w in zip(stores, wanted, strict=True))
        )
        assert not one & other
        assert one | other == {f"{n} {name}" for name in names}


def test_a_key_that_is_taken_is_our_mistake_and_says_so(adapter: Adapter) -> None:
    store = adapter.open()
    with store.transaction() as connection:
        connection.execute(insert(PARTS), {"id": "1", "thing": "t", "name": "n"})
    with pytest.raises(Exception) as caught, store.transaction() as connection:  # noqa: PT011 — see below
        connection.execute(insert(PARTS), {"id": "2", "thing": "t", "name": "n"})
    if adapter.name == "sqlite":  # with one writer at a time it can be nothing else
        assert isinstance(caught.value, DBAPIError)
    else:
        assert isinstance(caught.value, Conflict)
        assert caught.value.by_constraint
        assert "n" not in str(caught.value).split(), "no value of a row stands in an error"


def rooms(store: Database, mine: str, held: bool) -> bool:
    """Three fit into the thing; one more?"""
    with store.transaction() as connection:
        if held:
            claim_rows(connection, THINGS, ["t"])
        taken = connection.execute(select(func.count()).where(PARTS.c.thing == "t")).scalar_one()
        if taken < 3:
            connection.execute(insert(PARTS), {"id": mine, "thing": "t", "name": mine})
        return taken < 3


@pytest.mark.parametrize("one_writer", [False, True])
def test_claimed_rows_prevent_write_skew(adapter: Adapter, one_writer: bool) -> None:
    """Either by changing a row in common, or in a store whose writers take turns."""
    stores = [adapter.open(one_writer=one_writer) for _ in range(2)]
    make(stores[0], "t")
    tries = [lambda s=s: again(lambda: rooms(s, random_id(), held=not one_writer)) for s in stores * 4]
    assert sorted(together(*tries)) == [False] * 5 + [True] * 3


def test_with_one_writer_there_are_no_conflicts(adapter: Adapter) -> None:
    stores = [adapter.open(one_writer=True) for _ in range(2)]
    make(stores[0], "a", version=0)

    def count(store: Database) -> None:
        for _ in range(20):
            with store.transaction() as connection:
                seen = connection.execute(select(THINGS.c.version)).scalar_one()
                connection.execute(THINGS.update().values(version=seen + 1))

    together(*(lambda s=store: count(s) for store in stores * 2))
    assert versions(stores[0]) == {"a": 80}


# -- alone


def test_only_one_holds_the_lock_and_the_next_gets_it_afterwards(adapter: Adapter) -> None:
    one, other = adapter.open(), adapter.open()
    with one.only_one("post") as mine:
        assert mine()
        with other.only_one("post") as theirs, other.only_one("relay") as unrelated:
            assert (theirs(), unrelated(), mine()) == (False, True, True)
    with other.only_one("post") as theirs:
        assert theirs()


def test_the_lock_of_a_killed_holder_is_free(adapter: Adapter) -> None:
    store = adapter.open()
    where = adapter.where.render_as_string(hide_password=False) if isinstance(adapter.where, URL) else adapter.where
    code = f"""
import sys
from sqlalchemy import MetaData
from services.kit.database import open_database
store = open_database({str(where)!r}, MetaData())
with store.only_one("post") as alone:
    print(alone(), flush=True)
    sys.stdin.read()
"""
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        with store.only_one("post") as alone:
            assert not alone()
    finally:
        holder.kill()
        holder.wait()

    def free() -> bool:
        with store.only_one("post") as alone:
            return alone()

    eventually(free)


# -- the outbox


class Told:
    """Said of one thing, whose versions are in order."""

    def __init__(self, thing: str, version: int) -> None:
        self.thing = thing
        self.version = version


def units_of(database: Database) -> Units:
    def told(event: Told) -> Event:
        return Event(TOPIC, event.thing, "vivier.test.v1.Told", b"%d" % event.version, "", datetime.min)

    return Units(database, {Told: told}, system_clock, random_id)


def test_two_relays_and_slow_transactions_lose_and_reorder_nothing(adapter: Adapter, tmp_path: Path) -> None:
    """A transaction may commit a place of the outbox that is lower than what was carried long before."""
    log = EmbeddedLog(tmp_path / "log.db")
    log.ensure_topic(TOPIC, 4)
    processes = [units_of(adapter.open()) for _ in range(2)]
    things = [f"thing/{n}" for n in range(6)]
    make(processes[0].database, *things, version=0)
    relays = [Relay(units, log, every=0.02) for units in processes]
    for relay in relays:
        relay.start()

    def change(units: Units, thing: str, pause: float) -> None:
        with units() as unit:
            of_it = THINGS.c.id == thing
            seen = unit.connection.execute(select(THINGS.c.version).where(of_it)).scalar_one()
            unit.connection.execute(THINGS.update().where(of_it).values(version=seen + 1))
            unit.publish(Told(thing, seen + 1))
            time.sleep(pause)

    def work(units: Units, seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(15):
            thing, pause = dice.choice(things), dice.choice((0, 0, 0, 0.05))
            again(lambda thing=thing, pause=pause: change(units, thing, pause))

    together(*(lambda u=processes[n % 2], n=n: work(u, n) for n in range(6)))
    eventually(lambda: relays[0].lag().rows == 0)
    for relay in relays:
        relay.stop()
    said: dict[str, list[int]] = {thing: [] for thing in things}
    for record in log.replay(TOPIC):
        said[record.event.key].append(int(record.event.payload or b""))
    log.close()
    done = versions(processes[0].database)
    assert sum(done.values()) == 6 * 15
    assert said == {thing: list(range(1, last + 1)) for thing, last in done.items()}
