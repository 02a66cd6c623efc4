"""The command `vivier move`."""

from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.common import DEFAULT_HOME, Home, fail

if TYPE_CHECKING:
    from services.cli.move.workflow import Moved


def move(
    kafka: Annotated[str, typer.Option(help="Where the event log is to go: host:port,…")] = "",
    postgres: Annotated[
        str, typer.Option(help="Where the stores are to go: postgresql://user:password@host:port/database")
    ] = "",
    elasticsearch: Annotated[str, typer.Option(help="Where the index is to be: https://user:password@host:port")] = "",
    namespace: Annotated[
        str, typer.Option(help="Begins the names of all that is made there, where several share the engines.")
    ] = "",
    home: Home = DEFAULT_HOME,
) -> None:
    """Move this folder's data to real engines, compare it, and go on there; the system may be up meanwhile."""
    from services.cli.engine_settings import ELASTICSEARCH, KAFKA, NAMESPACE, POSTGRES
    from services.cli.interrupts import Interrupts
    from services.cli.move.report import CannotMove
    from services.cli.move.workflow import move
    from services.cli.settings import refuse_unknown_settings

    refuse_unknown_settings()
    given = {KAFKA: kafka, POSTGRES: postgres, ELASTICSEARCH: elasticsearch, NAMESPACE: namespace}
    interrupts = Interrupts()
    try:
        with interrupts.taken():
            moved = move(home.resolve(), {name: value for name, value in given.items() if value}, _say)
    except CannotMove as obstacle:
        raise fail(str(obstacle)) from None
    except KeyboardInterrupt:
        raise fail("stopped") from None
    _report(moved)


def _say(words: str) -> None:
    typer.echo(words, err=True)


def _report(moved: "Moved") -> None:
    from services.cli.tables import show

    rows = [(line.what, f"{line.here:,}", f"{line.there:,}", "✓" if line.equal else "✗") for line in moved.lines]
    show(("what", "here", "there", "equal"), rows)
    typer.echo(f"copied and compared in {moved.copying:.1f} s")
    if moved.down is None:
        typer.echo("`vivier up` uses the engines from now on")
    else:
        typer.echo(f"the system was down for {moved.down:.1f} s; from now on it uses the engines")
    typer.echo(f"the old files are in {moved.folder}: they can be deleted")
