"""Stores of every release are migrated to the newest tables; those of the first release are kept here as fixtures."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from harness import SECRET
from in_process_services import PARTNER, InProcessServices
from schemas import namespace_on_postgres, store_at
from sqlalchemy import URL, MetaData, inspect
from vivier.notifications.v1 import notifications_pb2
from vivier.offers.v1 import offers_pb2
from vivier.profile.v1 import profile_pb2

from services.kit.auth import Caller, Role
from services.kit.database import KIT, Database, open_database
from services.registry import SERVICES as ENTRIES

ROOT = Path(__file__).parents[2]
FIRST = Path(__file__).with_name("first_release")
STORES = {entry.name: import_module(f"services.{entry.name}.store") for entry in ENTRIES if entry.has_store}
OWN: Mapping[str, MetaData] = {name: store.METADATA for name, store in STORES.items()}
SERVICES = sorted(OWN)
OF_FIRST_RELEASE = [name for name in SERVICES if (FIRST / f"{name}.sql").exists()]
"""Whose store it is still. What its gateway kept is carried over: see tests/identity."""
MASTER_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
"""Under which the profiles of the first release's store were sealed."""

Places = Callable[[str], Path | URL]


def migrations(service: str) -> Path:
    found: Path = STORES[service].MIGRATIONS
    return found


def tables_of(service: str) -> list[MetaData]:
    """All that a store of the service holds."""
    return [KIT, OWN[service]]


def open_store(service: str, where: Path | URL) -> Database:
    database = open_database(where, OWN[service], migrations(service))
    database.migrate()
    return database


def first_release(service: str, path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((FIRST / f"{service}.sql").read_text(encoding="utf-8"))
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    """Where stores can be made, by name."""
    if request.param == "sqlite":
        yield lambda name: tmp_path / f"{name}.db"
    else:
        with namespace_on_postgres() as (address, namespace):
            yield lambda name: store_at(address, namespace, name)


def shape(database: Database) -> dict[str, Any]:
    """Columns, keys and indexes, as the database itself knows them."""
    with database.reading() as connection:
        known = inspect(connection)
        names = sorted(set(known.get_table_names()) - {"alembic_version"})
        return {name: _shape(known, name) for name in names}


def _shape(known: Any, name: str) -> dict[str, Any]:
    columns = {c["name"]: (str(c["type"]), c["nullable"]) for c in known.get_columns(name)}
    indexes = {i["name"]: (i["column_names"], i["unique"], _condition(i)) for i in known.get_indexes(name)}
    unique = sorted(tuple(u["column_names"]) for u in known.get_unique_constraints(name))
    foreign = sorted((tuple(f["constrained_columns"]), f["referred_table"]) for f in known.get_foreign_keys(name))
    return {
        "columns": columns,
        "key": known.get_pk_constraint(name)["constrained_columns"],
        "indexes": indexes,
        "unique": unique,
        "foreign": foreign,
    }


def _condition(index: Any) -> list[str]:
    return [str(value) for name, value in index["dialect_options"].items() if name.endswith("_where")]


@pytest.mark.parametrize("service", SERVICES)
def test_the_last_step_leads_to_the_tables_of_the_code(service: str, places: Places) -> None:
    migrated = open_store(service, places("migrated"))
    everything = MetaData()
    for metadata in tables_of(service):
        for table in metadata.tables.values():
            table.to_metadata(everything)
    with migrated.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, everything) == []
    made = open_database(places("made"), OWN[service])
    made.migrate()
    found, expected = shape(migrated), shape(made)
    assert found == {name: expected[name] for name in found}
    assert set(found) == set(everything.tables)
    for database in (migrated, made):
        database.close()


@pytest.mark.parametrize("service", OF_FIRST_RELEASE)
def test_the_first_step_makes_what_the_first_release_made(service: str, tmp_path: Path) -> None:
    only = tmp_path / "migrations"
    only.mkdir()
    shutil.copy(migrations(service) / "0001_first_release.py", only)
    open_database(tmp_path / "stepped.db", OWN[service], only).close()
    first_release(service, tmp_path / "first.db")
    assert _statements(tmp_path / "stepped.db") == _statements(tmp_path / "first.db")


def _statements(path: Path) -> set[tuple[Any, ...]]:
    query = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE tbl_name <> 'alembic_version'"
    with closing(sqlite3.connect(path)) as connection:
        return {tuple(row) for row in connection.execute(query)}


@pytest.mark.parametrize("service", OF_FIRST_RELEASE)
def test_a_store_of_the_first_release_keeps_all_its_rows(service: str, tmp_path: Path) -> None:
    path = first_release(service, tmp_path / "store.db")
    before = _rows(path)
    upgraded, fresh = open_store(service, path), open_store(service, tmp_path / "fresh.db")
    assert shape(upgraded) == shape(fresh)
    upgraded.close()
    after = _rows(path)
    assert {name: after[name] for name in before} == before
    assert any(before.values())


def _rows(path: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr) for name in names}


def test_the_services_go_on_with_the_first_releases_stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIVIER_MASTER_KEY", MASTER_KEY)
    for service in OF_FIRST_RELEASE:
        first_release(service, tmp_path / f"{service}.db")
    services = InProcessServices(tmp_path)
    try:
        services.start()
        services.quiet()
        people = services.ask["profile"]("ListPeople", profile_pb2.ListPeopleRequest(), PARTNER).people
        names = sorted(person.identity.given_name for person in people)
        assert names == ["P1", "P2", "P4"]
        jo = Caller(Role.MENTOR, "jo", "test")
        (mentorship,) = services.ask["profile"]("ListMentorships", profile_pb2.ListMentorshipsRequest(), jo).mentorships
        assert mentorship.message == "Bonjour"
        mine = Caller(Role.RECRUITER, "cycles", "test")
        offers = services.ask["offers"]("ListOffers", offers_pb2.ListOffersRequest(), mine).offers
        assert sorted(offer.external_id for offer in offers) == ["offer-1", "offer-2", "offer-4"]
        request = notifications_pb2.ListNotificationsRequest()
        me = Caller(Role.PERSON, mentorship.person_id, "test")
        assert services.ask["notifications"]("ListNotifications", request, me).notifications
        assert services.status("matching").counts["matches"] == 9
        told = [record.event.type for record in services.log.replay("vivier.offers.v1")]
        assert "vivier.offers.v1.OrganisationChanged" in told, "it was committed, and not yet told"
    finally:
        services.close()


def test_doing_it_again_changes_nothing(places: Places) -> None:
    first = open_store("offers", places("store"))
    before = shape(first)
    first.migrate()
    second = open_store("offers", places("store"))
    assert shape(second) == before
    first.close()
    second.close()


def test_of_many_at_once_one_does_it(places: Places) -> None:
    with ThreadPoolExecutor(6) as pool:
        opened = list(pool.map(lambda _: open_store("notifications", places("store")), range(6)))
    assert len({repr(shape(database)) for database in opened}) == 1
    for database in opened:
        database.close()


def test_a_step_that_fails_leaves_nothing(tmp_path: Path, places: Places) -> None:
    steps = tmp_path / "migrations"
    shutil.copytree(migrations("offers"), steps)
    half = "def upgrade(op):\n    op.drop_table('retellings')\n    raise ZeroDivisionError\n"
    (steps / "0002_half.py").write_text(half, encoding="utf-8")
    before = open_store("offers", places("store"))
    expected = shape(before)
    with pytest.raises(ZeroDivisionError):
        open_database(places("store"), OWN["offers"], steps).migrate()
    assert shape(before) == expected
    before.close()


def test_a_store_of_a_newer_release_is_refused_in_one_sentence(places: Places) -> None:
    database = open_store("offers", places("store"))
    with database.transaction() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")
    with pytest.raises(OSError, match=r"is of a newer release \(0999\) than this program \(0001\)"):
        open_store("offers", places("store"))
    database.close()


def test_opening_what_is_up_to_date_needs_no_migration_tool(tmp_path: Path) -> None:
    open_store("offers", tmp_path / "offers.db").close()
    code = f"""
import sys
from pathlib import Path
from services.offers.app import OffersSettings, build
from services.kit.bus_embedded import EmbeddedLog
home = Path({str(tmp_path)!r})
build(OffersSettings(home=home, secret={SECRET!r}), EmbeddedLog(home / "log.db"))
print("alembic" in sys.modules, "psycopg" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "False False\n"
