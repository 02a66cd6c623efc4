"""`vivier backup`: one moment of all stores, taken while they are written to, whole or not at all."""

import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from commands import Said
from typer.testing import CliRunner

from services.cli import backup as backing_up
from services.cli.backup import STORES
from services.cli.main import app


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with stores that count."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in STORES:
        with closing(sqlite3.connect(folder / name)) as store:
            store.execute("PRAGMA journal_mode=WAL")
            store.execute("CREATE TABLE counted (n INTEGER)")
            store.execute("INSERT INTO counted VALUES (0)")
            store.commit()
    (folder / "master.key").write_text("a key")
    (folder / "master.key").chmod(0o600)
    return folder


def vivier_backup(home: Path, folder: Path) -> Said:
    result = CliRunner().invoke(app, ["backup", str(folder), "--home", str(home)])
    return Said(result.exit_code, result.stdout, result.stderr)


def counted(folder: Path) -> list[int]:
    found = []
    for name in STORES:
        with closing(sqlite3.connect(folder / name)) as store:
            found.append(store.execute("SELECT n FROM counted").fetchone()[0])
    return found


@contextmanager
def counting(home: Path) -> Iterator[None]:
    """One store counts after the other, the last copied first: none may be ahead of what counts before it."""
    begun, stopping = threading.Event(), threading.Event()

    def count() -> None:
        stores = [sqlite3.connect(home / name, isolation_level=None) for name in reversed(STORES)]
        while not stopping.is_set():
            for store in stores:
                store.execute("UPDATE counted SET n = n + 1")
            begun.set()
        for store in stores:
            store.close()

    counter = threading.Thread(target=count)
    counter.start()
    try:
        assert begun.wait(timeout=30), "nothing was counted"
        yield
    finally:
        stopping.set()
        counter.join()


def test_all_stores_are_copied_as_of_one_moment(home: Path, tmp_path: Path) -> None:
    with counting(home):
        for turn in range(10):
            folder = tmp_path / f"backup {turn}"
            assert vivier_backup(home, folder).code == 0
            found = counted(folder)
            assert found == sorted(found), "a later moment of one, an earlier one of another"
            assert 0 < found[-1] <= found[0] + 1


def test_only_its_owner_reads_a_backup(home: Path, tmp_path: Path) -> None:
    said = vivier_backup(home, tmp_path / "copy")
    assert "whoever reads it reads everybody's name" in said.out
    assert {path.name for path in (tmp_path / "copy").iterdir()} == {*STORES, "master.key"}
    for path in (tmp_path / "copy", *(tmp_path / "copy").iterdir()):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


def test_without_a_key_the_setting_is_pointed_to(home: Path, tmp_path: Path) -> None:
    (home / "master.key").unlink()
    assert "keep VIVIER_MASTER_KEY elsewhere" in vivier_backup(home, tmp_path / "copy").out


def test_a_store_that_stays_busy_ends_it_and_nothing_is_left(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backing_up, "BUSY_SECONDS", 0.01)
    with closing(sqlite3.connect(home / "log.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        said = vivier_backup(home, tmp_path / "copy")
    assert (said.code, said.err) == (2, "log.db is being written to all the time: try again later\n")
    assert list(tmp_path.iterdir()) == [home]


def test_a_damaged_store_is_no_backup(home: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(home / "offers.db")) as store:
        store.executemany("INSERT INTO counted VALUES (?)", [(n,) for n in range(5000)])
        store.commit()
    damaged = bytearray((home / "offers.db").read_bytes())
    damaged[8192:8300] = b"x" * 108
    (home / "offers.db").write_bytes(damaged)
    said = vivier_backup(home, tmp_path / "copy")
    assert said.code == 2
    assert "offers.db is damaged" in said.err
    assert list(tmp_path.iterdir()) == [home]


def test_what_cannot_be_backed_up_is_said(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"{tmp_path} has no log.db" in vivier_backup(tmp_path, tmp_path / "copy").err
    assert "is there already" in vivier_backup(home, home).err
    assert "cannot be copied to" in vivier_backup(home, home / "master.key" / "copy").err
    (home / "engines.json").write_text('{"VIVIER_KAFKA": "somewhere:9092"}')
    assert "does not hold everything, see VIVIER_KAFKA" in vivier_backup(home, tmp_path / "copy").err
    (home / "engines.json").unlink()
    monkeypatch.setenv("VIVIER_POSTGRES", "postgresql://somewhere")
    assert "does not hold everything, see VIVIER_POSTGRES" in vivier_backup(home, tmp_path / "copy").err
