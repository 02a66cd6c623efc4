"""The snapshot of this folder: made from official files, and used by services from their next start."""

import os
from pathlib import Path

import typer

from services.kit.settings import SNAPSHOT, snapshot_of

LOCK = "up.lock"
"""Held, and touched at each start, by the `vivier up` that owns the folder."""


class Unbuildable(Exception):
    """Its text says what is missing."""


def snapshot_for(home: Path) -> Path | None:
    """The file that services of this folder read when they start; None: the small sample."""
    given = os.environ.get("VIVIER_REFERENTIAL")
    return Path(given) if given else snapshot_of(home)


def is_newer_than_start(snapshot: Path, home: Path) -> bool:
    """Was it written after the last start of `vivier up`, which so does not know it yet?"""
    lock = home / LOCK
    return lock.exists() and snapshot.stat().st_mtime > lock.stat().st_mtime


def build_into(folder: Path, home: Path) -> None:
    """Write the snapshot and say what is in it."""
    from services.referential.build import MissingSource, build

    target = home / SNAPSHOT
    if not folder.is_dir():
        raise Unbuildable(f"{folder} is not a folder")
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        report = build(folder, target, lambda step, done, steps: typer.echo(f"{done}/{steps} {step}", err=True))
    except MissingSource as missing:
        raise Unbuildable(f"{missing}; the folder must hold rome, esco, geo and qpv") from None
    for name, count in report.counts.items():
        typer.echo(f"{name.replace('_', ' '):<14} {count:>7}")
    for reason, count in report.refused.items():
        typer.echo(f"refused: {reason} {count}")
    typer.echo(f"{report.version} is in {target}")
    typer.echo("running services use it from their next start; then import your feeds again, so that they look it up")
