"""`vivier doctor`: what is configured, what answers, what lags."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from services.cli.common import DEFAULT_HOME, Home, services_here
from services.registry import CHOICE, SERVICES

if TYPE_CHECKING:
    from services.cli.api import Api

STATUS = """{ status { service ready reasons outboxRows outboxAgeSeconds deadLetters counts { name count }
    workers { group state lag reason } } }"""
OLD_SECONDS = 60.0
"""An event that waits longer to reach the log shows that something holds it up."""
IDLE = ("halted", "stuck")
"""States of a worker in which nothing is handled, through no fault of what it waits for."""
_MARKS = {True: "✓", False: "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the answer; any that is not fine makes the whole not ready."""

    fine: bool
    what: str
    says: str


def doctor(home: Home = DEFAULT_HOME) -> None:
    """What is configured, what answers and what lags. Ends with 0 only when everything is ready."""
    fine = True
    for finding in _findings(home):
        typer.echo(f"{_MARKS[finding.fine]} {finding.what:<16} {finding.says}")
        fine &= finding.fine
    typer.echo("everything is ready" if fine else "not ready: see the lines marked ✗")
    if not fine:
        raise typer.Exit(1)


def _findings(home: Path) -> Iterator[Finding]:
    from services.cli.api import Api, ApiError

    yield Finding(home.is_dir(), "folder", str(home) if home.is_dir() else f"{home} is missing: run `vivier up`")
    yield _referential(home)
    yield from _settings()
    yield from _engines(home)
    try:
        with Api.of_home(home) as api:
            yield _credential(home / "operator.json")
            yield _page(api, "/healthz", "alive")
            yield _page(api, "/readyz", "ready")
            for status in api.ask(STATUS)["status"]:
                yield from of_service(status)
    except ApiError as error:
        yield Finding(False, "gateway", str(error))


def _settings() -> Iterator[Finding]:
    from services.cli.settings import refuse_unknown_settings, shown

    try:
        refuse_unknown_settings()
    except SystemExit as refusal:
        yield Finding(False, "setting", str(refusal))
    else:
        yield from (Finding(True, "setting", line) for line in shown())
        left_out = [entry.name for entry in SERVICES if entry not in services_here()]
        yield from (Finding(True, name, f"left out by {CHOICE}") for name in left_out)


def _engines(home: Path) -> Iterator[Finding]:
    """Of what left the folder."""
    from services.cli.engine_settings import ENGINES, saved_engines, without_password

    try:
        for name, value in saved_engines(home).items():
            where = "the environment says otherwise" if os.environ.get(name, value) != value else home / ENGINES
            yield Finding(True, "engine", f"{name}={without_password(value)} ({where})")
    except OSError as error:
        yield Finding(False, "engine", str(error))


def _referential(home: Path) -> Finding:
    from services.cli.snapshot import is_newer_than_start, snapshot_for
    from services.referential import SnapshotRefused, open_snapshot

    path = snapshot_for(home)
    try:
        version = open_snapshot(path).version
    except (OSError, SnapshotRefused) as error:
        return Finding(False, "referential", str(error))
    if path is None:
        return Finding(True, "referential", f"{version}, the small sample; see `vivier import referential --help`")
    when = ", from the next start of `vivier up`" if is_newer_than_start(path, home) else ""
    return Finding(True, "referential", f"{version} in {path}{when}")


def _credential(path: Path) -> Finding:
    private = not path.stat().st_mode & 0o077
    return Finding(private, "credential", f"{path}" if private else f"others can read {path}: run chmod 600 {path}")


def _page(api: "Api", path: str, word: str) -> Finding:
    status, body = api.get(path)
    reasons = "; ".join(f"{name} {reason}" for name, reason in (body.get("reasons") or {}).items())
    return Finding(status == 200, path, f"{api.url} is {word}" if status == 200 else reasons or f"answered {status}")


def of_service(status: dict[str, Any]) -> Iterator[Finding]:
    """One service, its workers, and what it could not handle."""
    counts = ", ".join(f"{one['name']} {one['count']}" for one in status["counts"])
    waiting, age = status["outboxRows"], status["outboxAgeSeconds"]
    says = [counts] if status["ready"] else ["; ".join(status["reasons"]) or "not ready"]
    says += [f"{waiting} events wait for the log, the oldest {age:.0f} s"] if waiting else []
    late = age > OLD_SECONDS
    yield Finding(status["ready"] and not late, status["service"], "; ".join(filter(None, says)) or "ready")
    for worker in status["workers"]:
        reason = f": {worker['reason']}" if worker["reason"] else ""
        says_worker = f"{worker['group']} {worker['state']}, {worker['lag']} behind{reason}"
        yield Finding(worker["state"] not in IDLE, "  worker", says_worker)
    if letters := status["deadLetters"]:
        yield Finding(True, "  dead letters", f"{letters}: see `vivier dead-letters list {status['service']}`")
