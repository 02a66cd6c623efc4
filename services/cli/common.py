"""What all commands share."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.registry import CHOICE, Entry, chosen

if TYPE_CHECKING:
    from services.cli.api import Api

Home = Annotated[Path, typer.Option(envvar="VIVIER_HOME", help="The folder of this installation's data.")]
DEFAULT_HOME = Path(".vivier")
SOME_REFUSED, UNUSABLE = 1, 2


def group(name: str, help: str) -> typer.Typer:
    """A command with commands of its own."""
    return typer.Typer(name=name, help=help, no_args_is_help=True)


def fail(sentence: str, code: int = 1) -> typer.Exit:
    """Say what is wrong and what to do, and end: `raise fail("…")`."""
    typer.echo(sentence, err=True)
    return typer.Exit(code)


def services_here() -> Sequence[Entry]:
    """Those of this installation. SystemExit where VIVIER_SERVICES does not make sense."""
    return chosen(os.environ.get(CHOICE, ""))


@contextmanager
def operator(home: Path) -> Iterator["Api"]:
    """The API as the operator of this folder; what goes wrong with it ends the command with one sentence."""
    from services.cli.api import Api, ApiError

    try:
        with Api.of_home(home) as api:
            yield api
    except ApiError as error:
        raise fail(str(error), UNUSABLE) from None
