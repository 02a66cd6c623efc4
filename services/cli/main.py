"""The commands. Each imports what it needs when it is called, so that `vivier --help` is quick."""

from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli import clients, deadletters, exports, imports
from services.cli.common import DEFAULT_HOME, UNUSABLE, Home, fail
from services.cli.doctor import doctor
from services.cli.why import why

if TYPE_CHECKING:
    from services.cli.up import Supervisor

app = typer.Typer(
    name="vivier",
    help="Vivier, a marketplace for the jobs of the ecological transition.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
START_SECONDS = 120


@app.command()
def up(
    home: Home = DEFAULT_HOME,
    port: Annotated[int, typer.Option(help="Where the API listens on this machine.", min=1, max=65_535)] = 8400,
) -> None:
    """Start the whole system on this machine; Ctrl-C stops it, and the next start goes on where it was."""
    from services.cli.interrupts import Interrupts  # noqa: PLC0415
    from services.cli.settings import refuse_unknown_settings  # noqa: PLC0415
    from services.cli.up import CannotStart, Supervisor  # noqa: PLC0415

    refuse_unknown_settings()
    supervisor = Supervisor(
        home.resolve(),
        port,
        lambda name, address: typer.echo(f"{name:<14} ready   {address}"),
        lambda names, pause: typer.echo(f"{names}: ended unexpectedly, starting again in {pause:g} s", err=True),
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
    names: Annotated[list[str], typer.Argument(help="profile, offers, matching, notifications or gateway")],
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Run one service, or several in one process; settings come from VIVIER_… variables."""
    from services.cli.serve import GATEWAY, NAMES, CannotServe, serve  # noqa: PLC0415
    from services.cli.settings import refuse_unknown_settings  # noqa: PLC0415

    if unknown := sorted(set(names) - set(NAMES)):
        raise fail(f"no service is called {', '.join(unknown)}; there are {', '.join(NAMES)}")
    if GATEWAY in names and len(names) > 1:
        raise fail("the gateway runs in a process of its own: `vivier serve gateway`")
    if not with_parent:  # `up` has looked
        refuse_unknown_settings()
    try:
        serve(names, with_parent)
    except CannotServe as obstacle:
        raise fail(f"{' + '.join(names)}: {obstacle}", UNUSABLE) from None


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop after the story.")] = False,
    language: Annotated[str, typer.Option(help="fr or en")] = "fr",
) -> None:
    """Start everything in a temporary folder, load a sample world, and tell the story of one offer."""
    from services.cli.settings import refuse_unknown_settings  # noqa: PLC0415
    from services.demo.run import run  # noqa: PLC0415
    from services.demo.tell import WORDS  # noqa: PLC0415

    if language not in WORDS:
        raise fail(f"the story is told in {' or '.join(WORDS)}")
    refuse_unknown_settings()
    try:
        run(once, language)
    except KeyboardInterrupt:
        typer.echo("")


@app.command()
def version() -> None:
    """The version of the program."""
    typer.echo(f"vivier {version_of('vivier')}")


for each in (imports.app, exports.app, clients.app, deadletters.app):
    app.add_typer(each)
app.command()(doctor)
app.command()(why)
