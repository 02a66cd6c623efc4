"""A service that the program has never seen: its folder, its contract and one line in the registry are all it needs.

All three are in a temporary folder, which every process of the test sees as part of the program.
"""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import pytest
from commands import Said, command
from schemas import namespace_on_postgres

from services import registry
from services.cli.ports import free_ports
from services.registry import CHOICE

LINE = '    Entry("greetings", "greetings", 8409, "vivier.greetings.v1.GreetingsService", optional=True),\n'
BEFORE = "    Entry(GATEWAY"
AT_START = """
import importlib.util, sys, services
from pathlib import Path
here = Path(__file__).parent
services.__path__.append(str(here / "services"))
spec = importlib.util.spec_from_file_location("services.registry", here / "registry.py")
sys.modules[spec.name] = services.registry = importlib.util.module_from_spec(spec)
spec.loader.exec_module(services.registry)
"""
CONTRACT = """
syntax = "proto3";
package vivier.greetings.v1;
message GreetRequest {}
message GreetResponse { string words = 1; }
service GreetingsService { rpc Greet(GreetRequest) returns (GreetResponse); }
"""
STORE = """
from pathlib import Path
from sqlalchemy import Column, MetaData, String, Table
METADATA = MetaData()
MIGRATIONS = Path(__file__).with_name("migrations")
Table("greeted", METADATA, Column("id", String, primary_key=True))
"""
MIGRATION = """
from services.kit.database.first_release import create_kit_tables
from sqlalchemy import Column, String
def upgrade(op):
    create_kit_tables(op)
    op.create_table("greeted", Column("id", String, primary_key=True))
"""
APP = """
from vivier.greetings.v1 import greetings_pb2 as pb
from services.greetings.store import METADATA, MIGRATIONS
from services.kit.clock import system_clock
from services.kit.database import open_database, store_of
from services.kit.ids import random_id
from services.kit.outbox import Units
from services.kit.service import Service
from services.kit.settings import Settings

class SETTINGS(Settings):
    greetings_address: str
    greetings_words: str = "hello"

def build(settings, log, clock=system_clock, ids=random_id):
    units = Units(open_database(store_of(settings, "greetings"), METADATA, MIGRATIONS), {}, clock, ids)
    serves = {"Greet": lambda call, request: pb.GreetResponse(words=settings.greetings_words)}
    contract = pb.DESCRIPTOR.services_by_name["GreetingsService"]
    secret = settings.secret.get_secret_value()
    return Service(
        name="greetings", address=settings.greetings_address, secret=secret, log=log, units=units, contract=contract,
        serves=serves, publishes_on=(),
    )
"""
OTHERS = [entry.name for entry in registry.SERVICES]


@dataclass(frozen=True)
class Program:
    """The program with the service in it."""

    folder: Path
    home: Path

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("VIVIER_")}
        return own | {"PYTHONPATH": str(self.folder), "VIVIER_HOME": str(self.home), **settings}

    def __call__(self, *words: object, **settings: str) -> Said:
        environment = self.environment(settings)
        done = subprocess.run(command(*words), env=environment, capture_output=True, text=True, check=False)
        return Said(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def up(self, **settings: str) -> Iterator[set[str]]:
        """The services that are ready, while they are."""
        words = command("up", "--port", free_ports(1)[0])
        process = subprocess.Popen(words, env=self.environment(settings), stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            lines = list(takewhile(lambda line: "Vivier is up" not in line, process.stdout))
            yield {line.split()[0] for line in lines}
        finally:
            process.terminate()
            process.wait(60)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("program")
    write(folder / "sitecustomize.py", AT_START)
    lines = Path(registry.__file__).read_text(encoding="utf-8")
    assert lines.count(BEFORE) == 1
    write(folder / "registry.py", lines.replace(BEFORE, LINE + BEFORE))
    write(folder / "services/greetings/__init__.py", "")
    write(folder / "services/greetings/app.py", APP)
    write(folder / "services/greetings/store.py", STORE)
    write(folder / "services/greetings/migrations/0001_first.py", MIGRATION)
    proto = folder / "vivier/greetings/v1/greetings.proto"
    write(proto, CONTRACT)
    made = [f"--python_out={folder}", f"--grpc_python_out={folder}"]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", f"-I{folder}", *made, proto], check=True)
    return folder


@pytest.fixture
def vivier(folder: Path, tmp_path: Path) -> Program:
    return Program(folder, tmp_path / "home")


def test_it_runs_and_is_looked_after_like_the_others(vivier: Program, tmp_path: Path) -> None:
    with vivier.up() as ready:
        assert ready == {"greetings", *OTHERS}
        doctor = vivier("doctor")
        assert "everything is ready" in doctor.out, doctor.out + doctor.err
        assert "✓ greetings " in doctor.out
        assert vivier("dead-letters", "list", "greetings").out == "no dead letters\n"
        assert vivier("backup", tmp_path / "copy").code == 0
        assert (tmp_path / "copy/greetings.db").is_file()
    assert "greetings or gateway" in vivier("serve", "--help").out


def test_its_settings_are_known_and_no_others(vivier: Program) -> None:
    said = vivier("doctor", VIVIER_GREETINGS_WORDS="hi", VIVIER_GREETINGS_ADDRESS="127.0.0.1:1")
    assert "VIVIER_GREETINGS_WORDS=hi" in said.out
    assert "unknown setting VIVIER_GREETINGS_WORD; known are" in vivier("up", VIVIER_GREETINGS_WORD="hi").err


def test_an_installation_can_do_without_it(vivier: Program, tmp_path: Path) -> None:
    chosen = {CHOICE: ",".join(OTHERS)}
    with vivier.up(**chosen) as ready:
        assert ready == set(OTHERS)
        doctor = vivier("doctor", **chosen)
        assert "✓ greetings        left out by VIVIER_SERVICES\n" in doctor.out
        assert "everything is ready" in doctor.out
        assert vivier("dead-letters", "list", **chosen).out == "no dead letters\n"
        assert "no such service" in vivier("dead-letters", "list", "greetings", **chosen).err
        assert "no service is called greetings" in vivier("serve", "greetings", **chosen).err
        assert vivier("backup", tmp_path / "without", **chosen).code == 0
        with closing(sqlite3.connect(vivier.home / "greetings.db")) as store:
            store.execute("CREATE TABLE greeted (id)")
        assert vivier("backup", tmp_path / "with", **chosen).code == 0
    assert not (tmp_path / "without/greetings.db").exists()
    assert (tmp_path / "with/greetings.db").exists(), "what it kept when it was there"


@pytest.mark.engines
def test_its_tables_move_with_the_others(vivier: Program) -> None:
    with vivier.up():
        pass
    with closing(sqlite3.connect(vivier.home / "greetings.db")) as store:
        store.execute("INSERT INTO greeted VALUES ('somebody')")
        store.commit()
    with namespace_on_postgres() as (address, namespace):
        moved = vivier("move", "--postgres", address, "--namespace", namespace)
        assert moved.code == 0, moved.err
        assert re.search(r"greetings\.greeted\s+1\s+1\s+✓", moved.out), moved.out


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("greetings,hello", "VIVIER_SERVICES: no service is called hello; there are gateway, greetings, "),
        (
            "greetings,profile,offers,matching,notifications",
            "VIVIER_SERVICES: an installation cannot do without ",
        ),
    ],
)
@pytest.mark.parametrize("words", [["up"], ["serve", "offers"], ["backup", "copy"], ["demo"]])
def test_what_cannot_be_chosen_is_said_in_one_sentence(vivier: Program, named: str, why: str, words: list[str]) -> None:
    said = vivier(*words, **{CHOICE: named})
    assert said.code == 1
    assert said.err.startswith(why)
    assert len(said.err.splitlines()) == 1
    assert f"✗ setting          {why}" in vivier("doctor", **{CHOICE: named}).out
