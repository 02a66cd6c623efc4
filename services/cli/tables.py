"""Tables: framed on a terminal, columns separated by tabs elsewhere."""

import sys
from collections.abc import Iterable, Sequence

import typer

_CONTROL = dict.fromkeys((*range(32), *range(127, 160)), " ")


def show(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Cells are text of others: shown without marks that a terminal would obey."""
    lines = [[str(cell if cell is not None else "").translate(_CONTROL) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for line in (headers, *lines):
            typer.echo("\t".join(line))
        return
    from rich.console import Console  # noqa: PLC0415 — not for scripts
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(*headers)
    for line in lines:
        table.add_row(*map(Text, line))
    Console().print(table)
