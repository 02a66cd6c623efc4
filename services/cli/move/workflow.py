"""The steps of a move: check, pause, copy, compare, and only then write where the data is from now on."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from services.cli.api import Api, ApiError
from services.cli.engine_settings import ELASTICSEARCH, ENGINES, KAFKA, NAMESPACE, POSTGRES, saved_engines
from services.cli.folder_lock import FolderInUse, FolderLock
from services.cli.move.index import Indices
from services.cli.move.journal import JOURNAL, Journal
from services.cli.move.log import Topics
from services.cli.move.report import CannotMove, Comparison, Say
from services.cli.move.stores import Stores
from services.kit.bus import LogUnavailable
from services.kit.errors import RetryLater, Unusable
from services.kit.files import write_private
from services.kit.settings import Settings

READY_SECONDS = 120.0
OPTIONS = {KAFKA: "--kafka", POSTGRES: "--postgres", ELASTICSEARCH: "--elasticsearch"}


class Part(Protocol):
    """What goes to one engine."""

    @property
    def files(self) -> Sequence[str]:
        """Of the folder, which the engine replaces."""

    def check(self) -> None:
        """Raises CannotMove where the engine is away, not empty, or not for us; changes nothing."""

    def copy(self, say: Say) -> Iterator[Comparison]:
        """Make it there, and compare."""

    def remove(self) -> None:
        """Undo `copy`, however far it came."""

    def commit(self) -> None:
        """All is equal: do what was put off until now."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was compared, where the old files are, and how many seconds it took."""

    lines: Sequence[Comparison]
    folder: Path
    copying: float
    down: float | None
    """From the pause until all was ready again; None where it was not up."""


def move(home: Path, addresses: Mapping[str, str], say: Say) -> Moved:
    """`addresses` are the variables that name engines. CannotMove, and nothing has changed, where it cannot be done."""
    variables = _variables(home, addresses)
    folder = FolderLock(home)
    try:
        _recover(home, folder, say)
        with _as_cannot_move():
            _check(home, _parts(home, Journal(variables), addresses))
        started = time.monotonic()
        with folder.borrowed() as was_up, _as_cannot_move():
            say("the system is down while its data is copied" if was_up else "the system is not up: its data is copied")
            paused = time.monotonic()
            lines, aside = _move(home, Journal(variables), addresses, say)
            copying = time.monotonic() - paused
    except FolderInUse as obstacle:
        raise CannotMove(str(obstacle)) from None
    if was_up:
        _wait_ready(home, say)
    return Moved(lines, aside, copying, time.monotonic() - started if was_up else None)


def _move(home: Path, journal: Journal, addresses: Mapping[str, str], say: Say) -> tuple[Sequence[Comparison], Path]:
    parts = _parts(home, journal, addresses)
    journal.save(home)
    try:
        lines = [line for part in parts for line in part.copy(say)]
        if different := [line.what for line in lines if not line.equal]:
            raise CannotMove(f"{', '.join(different)} came out different there: nothing was moved, tell us")
        for part in parts:
            part.commit()
    except BaseException:
        _undo(home, journal, parts, say)
        raise
    write_private(home / ENGINES, json.dumps(journal.variables, indent=2))
    os.sync()
    return lines, _finish(home, journal, parts)


def _finish(home: Path, journal: Journal, parts: Sequence[Part]) -> Path:
    """Move the replaced files aside, so that nobody writes to them again by mistake."""
    aside = home / f"embedded-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    aside.mkdir(mode=0o700)
    for name in (name for part in parts for name in part.files):
        for path in home.glob(f"{name}*"):
            path.rename(aside / path.name)
    journal.delete(home)
    return aside


def _undo(home: Path, journal: Journal, parts: Sequence[Part], say: Say) -> None:
    obstacles = _remove(parts)
    if not obstacles:
        journal.delete(home)
    for obstacle in obstacles:
        say(f"what was copied so far is still there, and the next `vivier move` removes it: {obstacle}")


def _remove(parts: Sequence[Part]) -> Sequence[CannotMove]:
    """Remove as much as possible; the errors of the rest."""
    obstacles = []
    for part in parts:
        try:
            with _as_cannot_move():
                part.remove()
        except CannotMove as obstacle:
            obstacles.append(obstacle)
    return obstacles


def _recover(home: Path, folder: FolderLock, say: Say) -> None:
    """After a move that was killed: finish it, if it was that far, or else remove what it left on the engines."""
    if Journal.read(home) is None:
        return
    with folder.borrowed(), _as_cannot_move():
        journal = Journal.read(home)
        if journal is None:
            return
        kept = saved_engines(home)
        if journal.variables == kept:
            aside = _finish(home, journal, _parts(home, journal, kept))
            raise CannotMove(f"the last move was done; the files that it left are in {aside} now")
        say("the last move was cut off: what it left on the engines is removed")
        parts = _parts(home, journal, {name: at for name, at in journal.variables.items() if name not in kept})
        if obstacles := _remove(parts):
            raise CannotMove(
                f"what it left cannot be removed: {obstacles[0]}; remove it, then delete {JOURNAL} in {home}"
            )
        journal.delete(home)


def _variables(home: Path, addresses: Mapping[str, str]) -> Mapping[str, str]:
    """What `engines.json` will say."""
    if given := [name for name in OPTIONS if os.environ.get(name)]:
        raise CannotMove(f"{given[0]} is set: `vivier move` goes by what is in the folder alone, so unset it first")
    if not home.is_dir():
        raise CannotMove(f"{home} is not there: name the folder of `vivier up` with --home")
    kept = saved_engines(home)
    engines = [name for name in OPTIONS if name in addresses]
    if not engines:
        raise CannotMove("say where to: --kafka, --postgres, --elasticsearch, or several of them")
    if moved := [name for name in engines if name in kept]:
        raise CannotMove(f"{OPTIONS[moved[0]]}: that part has moved already, see {home / ENGINES}")
    if kept and addresses.get(NAMESPACE, kept.get(NAMESPACE)) != kept.get(NAMESPACE):
        raise CannotMove(f"--namespace: the parts that moved before are in {kept.get(NAMESPACE) or 'none'}")
    return {**kept, **addresses}


def _parts(home: Path, journal: Journal, addresses: Mapping[str, str]) -> Sequence[Part]:
    there = _settings(home, journal.variables)
    here = _settings(home, saved_engines(home))
    kinds: Mapping[str, Callable[[], Part]] = {
        POSTGRES: lambda: Stores(here, there, journal.mark),
        KAFKA: lambda: Topics(here, there, journal.topics, lambda: journal.save(home)),
        ELASTICSEARCH: lambda: Indices(here, there),
    }
    return [make() for name, make in kinds.items() if name in addresses]


def _settings(home: Path, variables: Mapping[str, str]) -> Settings:
    names = {name.removeprefix("VIVIER_").lower(): value for name, value in variables.items()}
    try:
        return Settings.model_validate({"home": home, "secret": "not asked for", "namespace": "", **names})
    except ValidationError as error:
        wrong = error.errors()[0]
        raise CannotMove(f"--{wrong['loc'][0]}: {wrong['msg'].lower()}") from None


def _check(home: Path, parts: Sequence[Part]) -> None:
    for part in parts:
        if missing := [name for name in part.files if not (home / name).exists()]:
            raise CannotMove(f"{home} holds no {missing[0]}: name the folder of `vivier up` with --home")
        part.check()


@contextmanager
def _as_cannot_move() -> Iterator[None]:
    """What engines and files raise becomes CannotMove."""
    try:
        yield
    except SQLAlchemyError as error:  # its text may quote a row
        raise CannotMove(type(error).__name__) from error
    except (RetryLater, Unusable, LogUnavailable, OSError, ValueError) as error:
        said = str(error)
        for variable, option in OPTIONS.items():
            said = said.replace(variable, option)
        raise CannotMove(said) from error


def _wait_ready(home: Path, say: Say) -> None:
    """Wait until the gateway says that all is ready, at most READY_SECONDS."""
    say("all is equal; the system starts again, with the engines")
    until = time.monotonic() + READY_SECONDS
    with Api.of_home(home) as api:
        while not _is_ready(api):
            if time.monotonic() > until:
                say("it is not ready yet: see `vivier doctor`")
                return
            time.sleep(0.05)


def _is_ready(api: Api) -> bool:
    try:
        return api.get("/readyz")[0] == 200
    except ApiError:
        return False
