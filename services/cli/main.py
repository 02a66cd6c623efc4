"""The commands. Each imports what it needs when it is called, so that `vivier --help` is quick."""

import os
import sys
from contextlib import suppress
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli import clients, dead_letters
from services.cli.backup import backup
from services.cli.common import DEFAULT_HOME, UNUSABLE, Home, fail, services_here
from services.cli.doctor import doctor
from services.cli.exporting import command as exporting
from services.cli.health import health
from services.cli.importing import command as importing
from services.cli.move.command import move
from services.cli.why import why
from services.registry import SERVICES
from services.words import Language

if TYPE_CHECKING:
    from services.cli.supervisor import Supervisor

_LOOKED_AT = sys.stdout.isatty()
app = typer.Typer(
    name="vivier",
    no_args_is_help=True,
    rich_markup_mode="rich" if _LOOKED_AT else None,  # in a pipe, no frames and no empty first line
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], **({} if _LOOKED_AT else {"terminal_width": 130})},
)
START_SECONDS = 120
_NAMES = [entry.name for entry in SERVICES]


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"vivier {version_of('vivier')}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="The version of the program.")
    ] = False,
) -> None:
    """Vivier, a marketplace for the jobs of the ecological transition."""


@app.command()
def up(
    home: Home = DEFAULT_HOME,
    port: Annotated[int, typer.Option(help="Where the API listens on this machine.", min=1, max=65_535)] = 8400,
) -> None:
    """Start the whole system on this machine; Ctrl-C stops it, and the next start goes on where it was."""
    from services.cli.interrupts import Interrupts
    from services.cli.settings import refuse_unknown_settings
    from services.cli.supervisor import CannotStart, Supervisor

    refuse_unknown_settings()
    supervisor = Supervisor(
        home.resolve(),
        port,
        lambda name, address: typer.echo(f"{name:<14} ready   {address}"),
        lambda names, pause: typer.echo(f"{names}: ended unexpectedly, starting again in {pause:.1f} s", err=True),
        on_pause=lambda: typer.echo("`vivier move` copies the data: all is down until it is done"),
    )
    interrupts = Interrupts()
    try:
        supervisor.start()
        with interrupts.taken():
            _stay_up(supervisor, home)
    except CannotStart as obstacle:
        raise fail(str(obstacle)) from None
    except KeyboardInterrupt:
        typer.echo("stopping")
    finally:
        supervisor.stop()
    if supervisor.failure:
        raise fail(supervisor.failure)


def _stay_up(supervisor: "Supervisor", home: Path) -> None:
    if supervisor.wait_ready(START_SECONDS):
        url = f"http://127.0.0.1:{supervisor.port}/graphql"
        typer.echo(f"Vivier is up: {url} (credentials in {home / 'operator.json'})")
    elif not supervisor.failure:
        typer.echo(f"still not ready: {', '.join(supervisor.missing())}; see the messages above", err=True)
    supervisor.wait()


@app.command()
def serve(
    names: Annotated[list[str], typer.Argument(help=f"{', '.join(_NAMES[:-1])} or {_NAMES[-1]}")],
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Run one service, or several in one process; settings come from VIVIER_… variables."""
    from services.cli.engine_settings import apply_saved_engines
    from services.cli.serve import CannotServe, serve, without_contract
    from services.cli.settings import refuse_unknown_settings

    here = [entry.name for entry in services_here()]
    if unknown := sorted(set(names) - set(here)):
        raise fail(f"no service is called {', '.join(unknown)}; there are {', '.join(here)}")
    if (alone := without_contract(names)) and len(names) > 1:
        raise fail(f"the {alone[0]} runs in a process of its own: `vivier serve {alone[0]}`")
    if not with_parent:  # `up` has looked
        refuse_unknown_settings()
        apply_saved_engines(Path(os.environ.get("VIVIER_HOME") or DEFAULT_HOME))
    try:
        serve(names, with_parent)
    except CannotServe as obstacle:
        raise fail(f"{' + '.join(names)}: {obstacle}", UNUSABLE) from None


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop after the story.")] = False,
    language: Annotated[Language, typer.Option(help="Of the story.", case_sensitive=False)] = Language.FR,
) -> None:
    """Start everything in a temporary folder, load a sample world, and tell the story of one offer."""
    from services.cli.demo.run import run
    from services.cli.settings import refuse_unknown_settings

    refuse_unknown_settings()
    try:
        run(once, language.value)
    except KeyboardInterrupt:
        typer.echo("")


@app.command()
def version() -> None:
    """The version of the program."""
    _say_version(True)


for each in (importing.app, exporting.app, clients.app, dead_letters.app):
    app.add_typer(each)
with suppress(ModuleNotFoundError):  # developers' tools are in the repository, not in the wheel
    from devtools.engines import command as engines

    app.add_typer(engines.app)
app.command()(backup)
app.command()(doctor)
app.command()(health)
app.command()(move)
app.command()(why)
