"""Official files become the snapshot of this folder."""

from pathlib import Path

import typer

from services.cli.up import SNAPSHOT
from services.referential.build import MissingSource, build


class Unbuildable(Exception):
    """Its text says what is missing."""


def build_into(folder: Path, home: Path) -> None:
    """Write the snapshot and say what is in it."""
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
    typer.echo(f"{report.version} is in {target}; `vivier up` uses it from its next start")
