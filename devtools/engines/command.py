"""`vivier engines`: real servers for development and tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from filelock import FileLock, Timeout

from devtools.engines import NAMES, folders
from devtools.engines.errors import CannotRun
from services.cli.common import fail, group

if TYPE_CHECKING:
    from devtools.engines.engine import Engine

app = group("engines", "Real Kafka, Elasticsearch and PostgreSQL on this machine, for development and tests.")
Names = Annotated[list[str] | None, typer.Argument(help="kafka, elasticsearch, postgres; all when none is named")]


@app.command()
def up(
    names: Names = None,
    brokers: Annotated[int | None, typer.Option(help="Of Kafka: 1 unless said, or 3 for faults.")] = None,
) -> None:
    """Fetch what is not here yet, start what does not run, and say the settings; the servers outlive this command."""
    if brokers not in (None, 1, 3):
        raise fail("--brokers is 1 or 3")
    with _alone():
        engines = _engines(names, brokers)
        for engine in engines:
            _start(engine)
    typer.echo("")
    for engine in engines:
        typer.echo(f"export VIVIER_{engine.name.upper()}={engine.address}")


@app.command()
def down(names: Names = None) -> None:
    """Stop them and remove their data, which are for development and tests; the programs stay in the cache."""
    with _alone():
        for engine in _engines(names):
            was_up = engine.up()
            engine.stop()
            folders.clear(engine.folder)
            _say(engine, "stopped, its data removed" if was_up else "was not up")


@app.command()
def status(names: Names = None) -> None:
    """A line for each: up or down, address, version, processes. Ends with 0 only when all are up."""
    engines = _engines(names)
    for engine in engines:
        _say(engine, _up(engine) if engine.up() else "down")
    if not all(engine.up() for engine in engines):
        raise typer.Exit(1)


@contextmanager
def _alone() -> Iterator[None]:
    """One command at a time starts and stops."""
    with folders.readable():
        folders.RUN.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folders.RUN / "lock")
    try:
        lock.acquire(timeout=1)
    except Timeout:
        typer.echo("another `vivier engines` is at work: waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _engines(names: list[str] | None, brokers: int | None = None) -> list["Engine"]:
    from devtools.engines.elasticsearch import Elasticsearch
    from devtools.engines.kafka import Kafka
    from devtools.engines.postgres import Postgres

    if unknown := sorted(set(names or []) - set(NAMES)):
        raise fail(f"no engine is called {', '.join(unknown)}; there are {', '.join(NAMES)}")
    known = (
        Kafka(folders.RUN / "kafka", brokers),
        Elasticsearch(folders.RUN / "elasticsearch"),
        Postgres(folders.RUN / "postgres"),
    )
    return [engine for engine in known if not names or engine.name in names]


def _start(engine: "Engine") -> None:
    before = engine.brokers_before()
    if engine.up() and before == engine.brokers:
        _say(engine, f"is up   {engine.address}")
        return
    if before not in (0, engine.brokers):
        raise fail(f"{engine.name} has {before} brokers: `vivier engines down {engine.name}` first, which removes them")
    try:
        engine.start(lambda words: _say(engine, words))
    except CannotRun as obstacle:
        raise fail(f"{engine.name}: {obstacle}") from None
    _say(engine, f"ready   {engine.address}")


def _up(engine: "Engine") -> str:
    pids = " ".join(str(engine.process(broker).pid()) for broker in range(engine.brokers))
    return f"up      {engine.address}  version {engine.version}  pid {pids}"


def _say(engine: "Engine", words: str) -> None:
    typer.echo(f"{engine.name:<14} {words}")
