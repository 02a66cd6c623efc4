"""Tables: in columns on a terminal, separated by tabs elsewhere."""

import sys
from collections.abc import Iterable, Sequence

import typer

_CONTROL = dict.fromkeys((*range(32), *range(127, 160)), " ")
_GAP = "  "


def show(headers: Sequence[str], rows: Iterable[Sequence[object]], fold: bool = False) -> None:
    """Cells are text of others: shown without marks that a terminal would obey.

    Each is shown whole, so that an id can be copied; with `fold`, long words go on below within their column.
    """
    lines = [[str(cell if cell is not None else "").translate(_CONTROL) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for line in (headers, *lines):
            typer.echo("\t".join(line))
    elif fold:
        _folded(headers, lines)
    else:
        _whole([headers, *lines])


def _whole(lines: Sequence[Sequence[str]]) -> None:
    from rich.cells import cell_len  # not for scripts

    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True))
        typer.echo(_GAP.join(padded).rstrip())


def _folded(headers: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*headers, box=None, pad_edge=False)
    for line in lines:
        table.add_row(*map(Text, line))
    Console().print(table)
