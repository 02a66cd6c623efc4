"""`vivier backup`: a folder that holds all of an installation as it was at one moment, taken while it runs.

Stores and log are copied as of the same instant: for some milliseconds nobody may write, each is given a snapshot, and
the copies are made from the snapshots while writing goes on. So a copy is what a power cut at that instant would have
left, and starting on it is what every start after a power cut is: outboxes go on to the log, and what a group has not
committed is handled again.

Copied one after another, in no order would they fit. A log newer than a store holds versions that the store will give
away again, and consumers, who keep the highest, ignore what then comes; and its groups have done with records whose
effects their stores lack. A store newer than the log has told, and forgotten that it told, what the log never heard.

Keys are copied after the snapshots: a store may lack what a key is for, but never the key.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from services.cli.common import DEFAULT_HOME, UNUSABLE, Home, fail, services_here
from services.cli.engine_settings import ENGINES, KAFKA, POSTGRES, saved_engines
from services.kit.settings import SNAPSHOT
from services.registry import SERVICES, Entry


def _stores_of(entries: Iterable[Entry]) -> Sequence[str]:
    return ["log.db", *(f"{entry.name}.db" for entry in entries if entry.has_store)]


STORES = _stores_of(SERVICES)
MASTER_KEY = "master.key"
FILES = (MASTER_KEY, "secret", "operator.json", ENGINES, SNAPSHOT)
"""What is copied besides the stores, where it is there. The rest of a folder are locks, and journals of the stores."""
BUSY_SECONDS = 0.5
"""How long one store may be waited for while the others stand still; their writers have more patience than all that."""
TRIES = 20


class CannotBackUp(Exception):
    """Its text says why and what to do."""


def backup(
    folder: Annotated[Path, typer.Argument(help="Made by this, and not there yet.", show_default=False)],
    home: Home = DEFAULT_HOME,
) -> None:
    """Copy all of this folder's installation as it is at this moment; it may be running."""
    try:
        _demand(folder, home)
        at, copied = back_up(home, folder)
    except (CannotBackUp, OSError) as obstacle:
        raise fail(str(obstacle), UNUSABLE) from None
    for path in copied:
        typer.echo(f"{path.name:<22} {path.stat().st_size:>13,} bytes")
    typer.echo(f"{folder} is {home} as it was at {at:%Y-%m-%d %H:%M:%S} UTC")
    key = "with its master key: whoever reads it reads everybody's name" if (folder / MASTER_KEY).exists() else ""
    typer.echo(key or "without a master key: keep VIVIER_MASTER_KEY elsewhere, people cannot be read without it")


def back_up(home: Path, folder: Path) -> tuple[datetime, Sequence[Path]]:
    """The moment, and the files. The folder appears under its name when it is complete and was checked."""
    stores = [home / name for name in STORES if (home / name).exists()]
    draft = folder.with_name(f".{folder.name}.draft")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        with _of_one_moment(stores) as (at, snapshots):
            for name in FILES:
                if (home / name).exists():
                    shutil.copy2(home / name, draft / name)
            for store, snapshot in zip(stores, snapshots, strict=True):
                _copy(snapshot, draft / store.name)
        os.sync()
        draft.replace(folder)
    except (OSError, sqlite3.Error) as error:
        raise CannotBackUp(f"{home} cannot be copied to {folder}: {error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return at, sorted(folder.iterdir())


def _demand(folder: Path, home: Path) -> None:
    given = {**saved_engines(home), **os.environ}
    if elsewhere := [name for name in (KAFKA, POSTGRES) if given.get(name)]:
        raise CannotBackUp(f"{home} does not hold everything, see {elsewhere[0]}: docs/operations.md says what to do")
    if missing := [name for name in _stores_of(services_here()) if not (home / name).exists()]:
        raise CannotBackUp(f"{home} has no {missing[0]}: name the folder of `vivier up` with --home")
    if folder.exists():
        raise CannotBackUp(f"{folder} is there already: name another")


@contextmanager
def _of_one_moment(stores: Sequence[Path]) -> Iterator[tuple[datetime, Sequence[sqlite3.Connection]]]:
    """A snapshot of each store, all of the same instant, for as long as the block lasts."""
    with ExitStack() as opened:
        snapshots = [opened.enter_context(closing(_open(store))) for store in stores]
        with _nobody_writes(stores):
            at = datetime.now(UTC)
            for snapshot in snapshots:
                snapshot.execute("BEGIN")
                snapshot.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # it begins with what it first reads
        yield at, snapshots


def _nobody_writes(stores: Sequence[Path]) -> ExitStack:
    """Holds the turn to write of every store, until it is closed; where one is busy all are let go meanwhile."""
    busy = ""
    for _ in range(TRIES):
        turns = ExitStack()
        try:
            for store in stores:
                busy = store.name
                turns.enter_context(closing(_open(store))).execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            turns.close()
            if not error.sqlite_errorname.startswith("SQLITE_BUSY"):
                raise
        else:
            return turns
    raise CannotBackUp(f"{busy} is being written to all the time: try again later")


def _open(store: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{store}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def _copy(snapshot: sqlite3.Connection, target: Path) -> None:
    """A file for its owner alone, read through once it is written."""
    target.touch(0o600)
    with closing(sqlite3.connect(target)) as copy:
        snapshot.backup(copy)
        (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise CannotBackUp(f"{target.name} is damaged: {verdict}")
