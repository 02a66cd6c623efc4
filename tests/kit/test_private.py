"""Personal data at rest: encrypted under a key per subject, erased with the key, and truncated off the disk."""

import base64
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from schemas import namespace_on_postgres, store_at
from sqlalchemy import Column, LargeBinary, MetaData, String, Table, insert, select

from services.kit.bus import Event, Record
from services.kit.database import Database, open_database
from services.kit.ids import random_id
from services.kit.outbox import Units
from services.kit.private.erased import Erased
from services.kit.private.master_key import MasterKey, MasterKeyRefused, PrivateSettings, StoreVault, master_table
from services.kit.private.vault import SubjectKeys, Vault, keys_table
from services.kit.private.wal_truncation import WalTruncation

CANARY = b"Zenobie, 12 rue des Lilas"
NOW = datetime(2026, 11, 30, tzinfo=UTC)
METADATA = MetaData()
MASTER = master_table(METADATA)
KEYS = keys_table(METADATA, Column("subject", String, primary_key=True))
ERASED = Erased(METADATA)
NOTES = Table("notes", METADATA, Column("subject", String, primary_key=True), Column("body", LargeBinary))


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        database = open_database(tmp_path / "store.db", METADATA)
        yield database
        database.close()
        return
    with namespace_on_postgres() as (address, namespace):
        database = open_database(store_at(address, namespace), METADATA)
        database.migrate()
        yield database
        database.close()


def settings(home: Path, key: bytes | None = None) -> PrivateSettings:
    given = None if key is None else base64.b64encode(key).decode()
    return PrivateSettings(home=home, secret="s", master_key=given)


def vault_of(database: Database, home: Path, service: str = "diary") -> Vault:
    vault = StoreVault(database, MASTER, service, MasterKey(settings(home)))
    vault.open()
    return vault()


def test_sealed_data_opens_only_for_its_subject_and_row(store: Database, tmp_path: Path) -> None:
    vault = vault_of(store, tmp_path)
    with store.transaction() as connection:
        keys = SubjectKeys(connection, KEYS, vault)
        assert keys.make(["1", "2"]) == ["1", "2"]
        keys.keep(["1", "2"])
        sealed = keys.seal("1", CANARY, "note/1")
        assert sealed != keys.seal("1", CANARY, "note/1")
        assert CANARY not in sealed
    with store.reading() as connection:
        keys = SubjectKeys(connection, KEYS, vault)
        wrapped = dict(connection.execute(select(KEYS.c.subject, KEYS.c.wrapped)).all())
        with pytest.raises(InvalidTag):
            keys.read("2", wrapped["1"])
        keys.read("1", wrapped["1"])
        keys.read("2", wrapped["2"])
        assert keys.make(["1", "2"]) == []
        assert keys.unseal("1", sealed, "note/1") == CANARY
        for subject, where in (("1", "note/2"), ("2", "note/1")):
            with pytest.raises(InvalidTag):
                keys.unseal(subject, sealed, where)


def test_a_destroyed_key_is_gone(store: Database, tmp_path: Path) -> None:
    vault = vault_of(store, tmp_path)
    with store.transaction() as connection:
        keys = SubjectKeys(connection, KEYS, vault)
        keys.keep(keys.make(["1", "2"]))
        keys.destroy("1")
    with store.reading() as connection:
        assert list(connection.scalars(select(KEYS.c.subject))) == ["2"]


def test_each_service_has_keys_of_its_own_under_one_master_key() -> None:
    one, two = (Vault(bytes(32), service) for service in ("diary", "letters"))
    assert one.lookup("a", "b|c") != one.lookup("a|b", "c")
    assert one.lookup("a", "b") != two.lookup("a", "b")
    assert one.fingerprint != two.fingerprint
    with pytest.raises(InvalidTag):
        two.unwrap(one.wrap(bytes(32), "1"), "1")


def test_services_that_start_together_agree_on_one_master_key(tmp_path: Path) -> None:
    names = [f"service{number}" for number in range(8)]
    stores = [open_database(tmp_path / f"{name}.db", METADATA) for name in names]
    start = threading.Barrier(len(names))

    def opened(database: Database, name: str) -> Vault:
        key = MasterKey(settings(tmp_path))
        vault = StoreVault(database, MASTER, name, key)
        start.wait()
        vault.open()
        return vault()

    with ThreadPoolExecutor(len(names)) as pool:
        vaults = list(pool.map(opened, stores, names))
    (kept,) = tmp_path.glob("*master.key*")
    master = base64.b64decode(kept.read_bytes())
    assert [v.fingerprint for v in vaults] == [Vault(master, name).fingerprint for name in names]
    for database in stores:
        database.close()


def test_a_store_refuses_a_key_that_is_not_its_own(store: Database, tmp_path: Path) -> None:
    vault_of(store, tmp_path)
    other = StoreVault(store, MASTER, "diary", MasterKey(settings(tmp_path, bytes(32))))
    with pytest.raises(MasterKeyRefused, match="written under another master key"):
        other.open()


def test_a_tombstone_erases_and_is_remembered(store: Database) -> None:
    units = Units(store, {}, lambda: NOW, random_id)
    tombstone = Record(Event("t", "person/1", "", None, "e1", NOW), 0, 0)
    with units() as unit:
        unit.connection.execute(insert(NOTES), [{"subject": f"person/{n}", "body": CANARY} for n in (1, 2)])
    handle = ERASED.handler(lambda connection, key: connection.execute(NOTES.delete().where(NOTES.c.subject == key)))
    for each in (tombstone, replace(tombstone, offset=1)):
        with units() as unit:
            handle(unit, each)
    with store.reading() as connection:
        assert list(connection.scalars(select(NOTES.c.subject))) == ["person/2"]
        assert ERASED.among(connection, ["person/1", "person/2"]) == {"person/1"}


def test_bytes_that_a_reader_keeps_are_truncated_when_it_has_gone(tmp_path: Path) -> None:
    database = open_database(tmp_path / "store.db", METADATA)
    truncation = WalTruncation(database)
    with database.transaction() as connection:
        connection.execute(insert(NOTES), {"subject": "1", "body": CANARY})

    def on_disk() -> bool:
        return any(CANARY in path.read_bytes() for path in tmp_path.iterdir())

    truncation.retry()
    with database.reading() as reader:
        reader.execute(select(NOTES)).all()
        with database.transaction() as connection:
            connection.execute(NOTES.delete())
        truncation.request()
        assert on_disk()
    truncation.retry()
    assert not on_disk()
    database.close()


def test_a_truncation_is_due_at_start(tmp_path: Path) -> None:
    """The process before may have been killed between an erasure and its truncation."""
    database = open_database(tmp_path / "store.db", METADATA)
    with database.transaction() as connection:
        connection.execute(insert(NOTES), {"subject": "1", "body": CANARY})
    with database.transaction() as connection:
        connection.execute(NOTES.delete())
    wal = tmp_path / "store.db-wal"
    assert CANARY in wal.read_bytes()
    WalTruncation(database).retry()
    assert wal.stat().st_size == 0
    database.close()
