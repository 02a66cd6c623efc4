"""The command, run in this process or in one of its own."""

import os
from collections.abc import Iterator

import pytest
from commands import Said, Vivier
from stack import Stack, stack
from typer.testing import CliRunner

from services.cli.main import app


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("home")) as started:
        yield started


@pytest.fixture
def vivier(monkeypatch: pytest.MonkeyPatch) -> Vivier:
    """The command on no particular folder: `vivier("version")`."""

    def run(*arguments: object, input: str | bytes | None = None) -> Said:
        result = CliRunner().invoke(app, [str(each) for each in arguments], input=input)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    for name in [name for name in os.environ if name.startswith("VIVIER_")]:
        monkeypatch.delenv(name)
    return run


@pytest.fixture
def at_home(vivier: Vivier, running: Stack) -> Vivier:
    """The command on the folder of the running system."""

    def run(*arguments: object, input: str | bytes | None = None) -> Said:
        return vivier(*arguments, "--home", running.home, input=input)

    return run
