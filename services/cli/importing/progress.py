"""Progress of an import: a bar on a terminal, plain lines elsewhere. Standard output holds the report only."""

import sys
import time
from typing import Self

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from services.cli.importing.importer import RowResult

SECONDS_BETWEEN = 5.0
_CONTROL = dict.fromkeys((*range(32), *range(127, 160)), " ")


class Progress:
    """`line` reports a row. Also a context manager."""

    def __init__(self, what: str, total: int, verbose: bool) -> None:
        self._what = what
        self._total = total
        self._verbose = verbose
        self._done = 0
        self._told = time.monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task(what, total=total)
        self._live = sys.stderr.isatty()

    def __enter__(self) -> Self:
        if self._live:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._bar.stop()

    def line(self, line: RowResult) -> None:
        self._done += 1
        self._bar.update(self._task, completed=self._done)
        if self._verbose or line.outcome == "refused":
            words = " ".join(filter(None, (f"row {line.row.number}", line.row.id, line.outcome, line.detail)))
            self._say(words.translate(_CONTROL))
        if not self._live and time.monotonic() - self._told > SECONDS_BETWEEN:
            self._told = time.monotonic()
            typer.echo(f"{self._what}: {self._done} of {self._total}", err=True)

    def _say(self, words: str) -> None:
        if self._live and sys.stdout.isatty():
            self._bar.console.print(words, markup=False, highlight=False, soft_wrap=True)
        else:
            typer.echo(words)
