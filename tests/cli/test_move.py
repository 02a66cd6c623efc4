"""`vivier move` on real engines: a system that is up, folders that are not, and moves that end too early."""

import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import brokers
import indices
import installation
import psycopg
import pytest
from commands import command
from engines import address_of, fresh_namespace, private
from load_checker import LoadChecker, new_town
from psycopg import sql
from stack import Stack, quiet, stack
from tcp_proxy import proxy

from devtools.engines.kafka import Kafka
from services.cli.engine_settings import ELASTICSEARCH, KAFKA, NAMESPACE, POSTGRES
from services.kit.adapters import open_log
from services.kit.bus import Log
from services.kit.settings import Settings
from services.registry import SERVICES

pytestmark = pytest.mark.timeout(600)
STORES = [entry.name for entry in SERVICES if entry.has_store]
TOPICS = ("vivier.profile.v1", "vivier.offers.v1", "vivier.matching.v1")
GROUPS = ("matching.index", "notifications")
HIGHEST = 1_000_000
"""A number that a notification had which is gone."""

NAME = "query($id: ID!) { person(id: $id) { identity { givenName familyName } } }"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a system that is down, with something in every store and in the log, some of it odd."""
    address_of("kafka")
    home = tmp_path_factory.mktemp("filled")
    with stack(home) as running:
        LoadChecker(running, 7).write(15)
        quiet(running)
    every_byte = bytes(range(256))
    letter = ("a", "g", "t", 3, 2**40, "k", "", "e", -1, '{"é": "\\ud83d\\ude00"}', every_byte, "r", "x", 2**52 + 1)
    told = "'odd', 'r', 'k', 's', '{\"a\": [1, 1.0, true, null]}', 0.1, 1, NULL"
    change(home, "matching", "INSERT INTO dead_letters VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", letter)
    change(home, "matching", "UPDATE dead_letters SET id = 'b', payload = NULL")
    change(home, "matching", "INSERT INTO dead_letters VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", letter)
    change(home, "notifications", f"INSERT INTO notifications VALUES ({HIGHEST}, {told})")
    change(home, "notifications", "DELETE FROM notifications WHERE id = 'odd'")
    change(
        home,
        "profile",
        "INSERT INTO outbox VALUES (5, 'vivier.profile.v1', 'person/nobody', '', NULL, 'left', 7, '{}')",
    )
    return home


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "home"))


@pytest.fixture
def engines() -> Iterator[Mapping[str, str]]:
    with installation.on_engines() as settings:
        yield settings


def change(home: Path, store: str, statement: str, values: tuple[object, ...] = ()) -> None:
    with closing(sqlite3.connect(home / f"{store}.db", isolation_level=None)) as connection:
        connection.execute(statement, values)


def options(engines: Mapping[str, str], home: Path, **other: str) -> list[str]:
    """`other` options stand for those of the engines; empty leaves one out."""
    names = {"kafka": KAFKA, "postgres": POSTGRES, "elasticsearch": ELASTICSEARCH, "namespace": NAMESPACE}
    given = {option: engines[name] for option, name in names.items()} | other
    return [f"--{name}={value}" for name, value in given.items() if value] + [f"--home={home}"]


@contextmanager
def moving(*arguments: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("VIVIER_")}
    process = subprocess.Popen(
        command("move", *arguments),
        env=own | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def move(*arguments: str) -> str:
    """What it reported; it must have succeeded."""
    with moving(*arguments) as process:
        out, err = process.communicate()
        assert process.returncode == 0, err
    assert "✗" not in out
    return out


def refused(*arguments: str, **environment: str) -> str:
    with moving(*arguments, **environment) as process:
        out, err = process.communicate()
        assert (process.returncode, out) == (1, ""), err
    return err


def until_it_says(process: "subprocess.Popen[str]", words: str) -> None:
    assert process.stderr is not None
    assert any(words in line for line in process.stderr), f"it never said {words}"


def schemas(engines: Mapping[str, str]) -> set[str]:
    query = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)"
    with psycopg.connect(engines[POSTGRES]) as connection:
        return {name for (name,) in connection.execute(query, [engines[NAMESPACE]])}


def topics(engines: Mapping[str, str]) -> set[str]:
    with brokers.admin(engines[KAFKA]) as client:
        return {name for name in client.list_topics() if name.startswith(engines[NAMESPACE])}


def standing(engines: Mapping[str, str]) -> set[str]:
    return set(indices.generations(engines[ELASTICSEARCH], engines[NAMESPACE]))


def all_of(engines: Mapping[str, str]) -> set[str]:
    return schemas(engines) | topics(engines) | standing(engines)


def whole(home: Path) -> Mapping[str, list[tuple[Any, ...]]]:
    """Every row of every store of a folder, and every event of its log."""
    held = {}
    for path in sorted(home.glob("*.db")):
        with closing(sqlite3.connect(path)) as connection:
            tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
            for (table,) in tables:
                rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
                held[f"{path.stem}.{table}"] = sorted(rows, key=repr)
    return {name: rows for name, rows in held.items() if not name.startswith(("log.members", "log.generations"))}


@contextmanager
def log_of(home: Path, engines: Mapping[str, str] | None = None) -> Iterator[Log]:
    names = {name.removeprefix("VIVIER_").lower(): value for name, value in (engines or {}).items()}
    with closing(open_log(Settings.model_validate({"home": home, "secret": "none", **names}))) as log:
        yield log


def events(log: Log) -> Mapping[tuple[str, int], list[Any]]:
    found: dict[tuple[str, int], list[Any]] = {}
    for topic in TOPICS:
        for record in log.replay(topic):
            found.setdefault((topic, record.partition), []).append(record.event)
    return found


def left(log: Log) -> Mapping[tuple[str, str], int]:
    """How many records each group has not done with yet."""
    return {
        (group, topic): sum(
            record.offset >= log.committed(group, topic)[record.partition] for record in log.replay(topic)
        )
        for group in GROUPS
        for topic in TOPICS
    }


def same_rows(old: Path, engines: Mapping[str, str], store: str) -> None:
    """Compared with nothing of the program: as the two databases give them."""
    with psycopg.connect(engines[POSTGRES]) as there, closing(sqlite3.connect(old / f"{store}.db")) as here:
        there.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(f"{engines[NAMESPACE]}_{store}")))
        for (table,) in here.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"):
            given = here.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in given.description]
            columns = sql.SQL(", ").join(map(sql.Identifier, names))
            taken = there.execute(sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(table)))
            assert taken.description is not None
            documents = [column.type_code == psycopg.adapters.types["json"].oid for column in taken.description]
            plain = [
                [
                    json.loads(value) if is_json and value else value
                    for value, is_json in zip(row, documents, strict=True)
                ]
                for row in given
            ]
            found = [[int(value) if isinstance(value, bool) else value for value in row] for row in taken]
            assert sorted(found, key=repr) == sorted(plain, key=repr), f"{store}.{table}"


def test_all_that_a_folder_holds_is_there(home: Path, engines: Mapping[str, str]) -> None:
    with log_of(home) as log:
        said, behind = events(log), left(log)
    out = move(*options(engines, home))
    assert "matching.dead_letters\t2\t2\t✓" in out
    offers, people = (int(re.search(rf"index {kind}\t(\d+)\t\1\t✓", out)[1]) for kind in ("offers", "people"))
    assert min(offers, people) > 0
    assert len(standing(engines)) == 3
    (old,) = home.glob("embedded-*")
    for store in STORES:
        same_rows(old, engines, store)
    with log_of(home, engines) as log:
        assert events(log) == said
        assert left(log) == behind

    query = "SELECT nextval(pg_get_serial_sequence('notifications', 'sequence'))"
    (number,) = installation.rows(engines, "notifications", query)
    assert number == (HIGHEST + 1,), "a number was given twice"
    assert not list(home.glob("*.db*"))
    assert stat.S_IMODE((home / "engines.json").stat().st_mode) == 0o600

    assert "--kafka: that part has moved already" in refused(*options(engines, home))
    doctor = subprocess.run(command("doctor", "--home", home), capture_output=True, text=True, check=False).stdout
    server = urlsplit(engines[POSTGRES])
    assert f"VIVIER_POSTGRES=postgresql://{server.hostname}:{server.port}/" in doctor
    assert (server.password or "") not in doctor

    with stack(home) as running:
        quiet(running)
        with log_of(home, engines) as log:
            relayed = [each.id for batch in events(log).values() for each in batch if each.id == "left"]
        assert relayed, "an event that had not reached the log is told"


def test_one_part_after_the_other(home: Path, engines: Mapping[str, str]) -> None:
    move(*options(engines, home, kafka="", elasticsearch=""))
    assert (home / "log.db").exists()
    move(*options(engines, home, postgres="", elasticsearch="", namespace=""))
    assert "✓" in move(*options(engines, home, postgres="", kafka=""))
    assert json.loads((home / "engines.json").read_text()) == engines
    assert topics(engines) == {f"{engines[NAMESPACE]}.{topic}" for topic in TOPICS}


def test_what_is_refused_changes_nothing(home: Path, tmp_path: Path, engines: Mapping[str, str]) -> None:
    before = whole(home)
    given = partial(options, engines, home)
    assert "say where to: --kafka" in refused(f"--home={home}")
    for part in ("kafka", "postgres", "elasticsearch"):
        others = dict.fromkeys({"kafka", "postgres", "elasticsearch"} - {part}, "")
        assert f"{tmp_path} holds no " in refused(*options(engines, tmp_path, **others))
    assert "--namespace: string should match" in refused(*given(namespace="No Name"))
    assert "VIVIER_KAFKA is set" in refused(*given(), VIVIER_KAFKA="other:9092")
    assert "--kafka: the log does not answer at 127.0.0.1:1" in refused(*given(kafka="127.0.0.1:1"))
    nobody = "postgresql://someone:secret@127.0.0.1:1/db"
    answer = refused(*given(postgres=nobody))
    assert "--postgres: postgresql://127.0.0.1:1/db" in answer
    assert "secret" not in answer
    answer = refused(*given(elasticsearch="http://127.0.0.1:1"))
    assert "Elasticsearch at http://127.0.0.1:1 (--elasticsearch) cannot be reached" in answer
    with psycopg.connect(engines[POSTGRES]) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(f"{engines[NAMESPACE]}_offers")))
    assert f"is not empty, the schema {engines[NAMESPACE]}_offers exists" in refused(*given())
    with log_of(home, engines) as log:
        log.ensure_topic("vivier.offers.v1", 8)
    assert f"is not empty, {engines[NAMESPACE]}.vivier.offers.v1 exists" in refused(*given(postgres=""))
    change(home, "offers", "CREATE TABLE mine (id TEXT)")
    other = fresh_namespace()
    assert "holds what no release made: mine" in refused(*given(namespace=other))
    assert schemas({**engines, NAMESPACE: other}) == set(), "what it had begun is removed"
    change(home, "offers", "DROP TABLE mine")
    assert whole(home) == before
    assert sorted(path.name for path in home.iterdir() if path.suffix == ".json") == ["operator.json"]


def test_a_user_who_may_not_create(home: Path, engines: Mapping[str, str]) -> None:
    user, server = engines[NAMESPACE], urlsplit(engines[POSTGRES])
    with psycopg.connect(engines[POSTGRES], autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'weak'").format(sql.Identifier(user)))
        try:
            address = server._replace(netloc=f"{user}:weak@{server.hostname}:{server.port}").geturl()
            assert "may not create schemas" in refused(*options(engines, home, postgres=address))
        finally:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(user)))


@pytest.mark.parametrize("moment", ["profile.people: ", "identity.clients: ", "vivier.offers.v1: ", "index: "])
def test_a_killed_move_leaves_all_as_it_was(home: Path, engines: Mapping[str, str], moment: str) -> None:
    before = whole(home)
    with moving(*options(engines, home)) as process:
        until_it_says(process, moment)
        process.kill()
        process.wait()
    assert whole(home) == before
    assert not (home / "engines.json").exists()
    assert schemas(engines), "it was killed too early for this test"
    with installation.on_engines() as others:
        move(*options(others, home))
        assert all_of(engines) == set(), "the next move removes what it left"
        (old,) = home.glob("embedded-*")
        same_rows(old, others, "profile")


def test_a_server_that_goes_away(home: Path, engines: Mapping[str, str]) -> None:
    before = whole(home)
    server = urlsplit(engines[POSTGRES])
    with proxy(str(server.hostname), int(server.port or 0)) as between:
        address = server._replace(netloc=f"{server.username}:{server.password}@{between.address}").geturl()
        with moving(*options(engines, home, postgres=address)) as process:
            until_it_says(process, "matching.inbox: ")
            between.refuse()
            out, err = process.communicate()
        assert (process.returncode, out) == (1, ""), err
        assert whole(home) == before
        assert not (home / "engines.json").exists()
        assert "then delete moving.json" in refused(*options(engines, home))
        between.heal()
        with installation.on_engines() as others:
            move(*options(others, home))
            assert all_of(engines) == set(), "the next move removes what is left"


def test_brokers_that_go_away(home: Path, engines: Mapping[str, str]) -> None:
    before = whole(home)
    with private(Kafka) as kafka:
        with moving(*options(engines, home, kafka=kafka.address)) as process:
            until_it_says(process, "vivier.matching.v1: ")
            kafka.kill()
            out, err = process.communicate()
        assert (process.returncode, out) == (1, ""), err
    assert schemas(engines) == set(), "what can be removed is removed"
    assert whole(home) == before
    (home / "moving.json").unlink()
    move(*options(engines, home))


def test_a_system_that_is_up_moves_under_load(tmp_path: Path, engines: Mapping[str, str]) -> None:
    with stack(tmp_path / "home") as running:
        checker = LoadChecker(running, 3)
        checker.write(20)
        checker.check()
        person = checker.partner.enrol(place={"point": new_town().point})
        token = running.exchange(checker.partner.api, person)
        name = token.ask(NAME, {"id": person})
        with checker.load():
            checker.has_written(3)
            with moving(*options(engines, running.home)) as process:
                until_it_says(process, "vivier.offers.v1: ")
                process.kill()
                process.wait()
            checker.has_written(3)
        checker.check()
        assert running.rows("offers", "SELECT 1 FROM offers"), "it went on in its folder"

        with checker.load():
            checker.has_written(3)
            move(*options(engines, running.home))
            checker.has_written(3)
        on_engines(running, engines, checker.check)
        assert token.ask(NAME, {"id": person}) == name, "tokens still open doors, and the master key people's names"
        with running.stopped():
            assert not list(running.home.glob("*.db"))
        checker.write(3)
        on_engines(running, engines, checker.check)
        assert running.deaths == []


def on_engines(running: Stack, engines: Mapping[str, str], check: Callable[[], None]) -> None:
    """The test looks at the stores there; the system was never told of them but by the folder."""
    running.settings = engines
    try:
        check()
    finally:
        running.settings = {}
