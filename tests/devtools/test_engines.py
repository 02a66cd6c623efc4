"""Real servers of this machine: the command that keeps them, and what tests may do to one of their own."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest
from commands import Said
from engines import private
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from typer.testing import CliRunner

from devtools.engines import fetch, folders, java, running
from devtools.engines.elasticsearch import Elasticsearch
from devtools.engines.engine import Engine
from devtools.engines.errors import CannotRun
from devtools.engines.kafka import Kafka
from devtools.engines.postgres import Postgres
from devtools.engines.process import ServerProcess
from services.cli.main import app


def engines(*arguments: object) -> Said:
    result = CliRunner().invoke(app, ["engines", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The command keeps its servers here, not among those that other tests use."""
    with TemporaryDirectory(prefix="vivier-run-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        monkeypatch.setattr(folders, "RUN", folder)
        yield folder
        engines("down", "postgres")


def test_up_twice_is_up_once_and_one_that_died_comes_back_with_its_data(run: Path) -> None:
    first = engines("up", "postgres")
    address = running()["postgres"]
    pid = ServerProcess(run / "postgres/0").pid()
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('here')")
    again = engines("up", "postgres")
    assert (first.code, first.last) == (0, f"export VIVIER_POSTGRES={address}")
    assert again.out.splitlines()[0] == f"postgres       is up   {address}"
    assert ServerProcess(run / "postgres/0").pid() == pid
    assert engines("status", "postgres").code == 0

    Postgres(run / "postgres").kill()
    assert not running()
    assert (engines("status", "postgres").code, engines("status", "postgres").last) == (1, "postgres       down")
    assert engines("up", "postgres").last == f"export VIVIER_POSTGRES={address}"
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT word FROM kept").fetchall() == [("here",)]


def test_down_stops_and_removes_the_data_and_needs_nothing_to_be_up(run: Path) -> None:
    engines("up", "postgres")
    server = Postgres(run / "postgres")
    assert server.up()
    assert engines("down", "postgres").out == "postgres       stopped, its data removed\n"
    assert not server.alive()
    assert not server.folder.exists()
    assert engines("down").out.count("was not up") == 3
    assert engines("status").out.count("down") == 3


def test_what_is_not_there_cannot_be_started(run: Path) -> None:
    assert "there are kafka, elasticsearch, postgres" in engines("up", "redis").err
    assert engines("up", "--brokers", 2).err == "--brokers is 1 or 3\n"


def test_a_broker_does_not_become_three(run: Path) -> None:
    (run / "kafka").mkdir()
    (run / "kafka/ports").write_text("[[10000, 10001]]")
    refused = engines("up", "kafka", "--brokers", 3)
    assert refused.code == 1
    assert "kafka has 1 brokers: `vivier engines down kafka` first" in refused.err


def test_without_java_one_sentence_says_what_to_install(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "_PLACES", ())
    monkeypatch.setenv("JAVA_HOME", str(run))
    monkeypatch.setenv("PATH", str(run))
    with pytest.raises(CannotRun, match="Java 21 or newer is missing: install a JDK"):
        java.java_home(21)
    with pytest.raises(CannotRun, match="Maven is missing"):
        java.maven()


def test_a_stranger_with_the_old_number_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as stranger:
        (tmp_path / "pid").write_text(f"{stranger.pid} 1")
        server = ServerProcess(tmp_path)
        server.stop(signal.SIGTERM)
        server.kill()
        server.pause()
        assert server.pid() is None
        assert stranger.communicate(b"still here", timeout=30)[0] == b"still here"


def put_row(address: str) -> None:
    with psycopg.connect(address) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('here')")


def get_row(address: str) -> Any:
    with psycopg.connect(address) as connection:
        return connection.execute("SELECT word FROM kept").fetchone()[0]  # type: ignore[index]


def put_record(address: str) -> None:
    brokers = address.split(",")
    KafkaAdminClient(bootstrap_servers=brokers).create_topics([NewTopic("kept", 1, len(brokers))])
    producer = KafkaProducer(bootstrap_servers=brokers, acks="all")
    producer.send("kept", b"here").get(30)
    producer.close()


def get_record(address: str) -> Any:
    consumer = KafkaConsumer(bootstrap_servers=address.split(","), auto_offset_reset="earliest", group_id=None)
    consumer.assign([TopicPartition("kept", 0)])
    value = next(consumer).value.decode()
    consumer.close()
    return value


def elastic(address: str, method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address + path, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def put_document(address: str) -> None:
    elastic(address, "PUT", "/kept/_doc/1", {"word": "here"})


def get_document(address: str) -> Any:
    return elastic(address, "GET", "/kept/_doc/1")["_source"]["word"]


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("engine", "put", "get"),
    [
        pytest.param(Postgres, put_row, get_row, id="postgres"),
        pytest.param(Kafka, put_record, get_record, id="kafka"),
        pytest.param(partial(Kafka, brokers=3), put_record, get_record, id="three brokers"),
        pytest.param(Elasticsearch, put_document, get_document, id="elasticsearch"),
    ],
)
def test_what_a_killed_server_acknowledged_is_there_when_it_comes_back(
    engine: Callable[[Path], Engine], put: Callable[[str], None], get: Callable[[str], Any]
) -> None:
    with private(engine) as server:
        address = server.address
        put(address)
        for broker in range(server.brokers):
            server.kill(broker)
        assert not server.alive()
        server.start()
        assert server.address == address
        assert get(address) == "here"


def test_a_paused_server_keeps_silent_and_goes_on_where_it_was() -> None:
    with private(Postgres) as server, psycopg.connect(server.address) as connection, ThreadPoolExecutor() as threads:
        server.pause()
        assert server.alive()
        assert not server.answers()
        asked = threads.submit(connection.execute, "SELECT 1")
        with pytest.raises(TimeoutError):
            asked.result(timeout=1)
        server.resume()
        assert asked.result(timeout=30).fetchone() == (1,)


def test_a_fetch_cut_short_is_never_taken_for_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "CACHE", tmp_path)

    def cut(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch.installed("server-1", cut, lambda: None)
    (tmp_path / "fetching-killed").mkdir()
    whole = fetch.installed("server-1", lambda folder: (folder / "whole").touch(), lambda: None)
    assert [path.name for path in whole.iterdir()] == ["whole"]
    assert not list(tmp_path.glob("fetching-*"))


@pytest.mark.parametrize(
    ("says", "wrong"),
    [
        ('mkdir -p "$into/g/a/1"; echo other > "$into/g/a/1/a-1.jar"', "not what was expected"),
        ('echo "[ERROR] no such artifact"; exit 1', "no such artifact"),
    ],
)
def test_what_was_not_expected_is_refused(
    says: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = tmp_path / "mvn"
    registry.write_text(f"#!/bin/sh\ninto={tmp_path}\n{says}\n")
    registry.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(CannotRun, match=wrong):
        fetch.artifact("g:a:1:jar", "0" * 64, tmp_path)


def test_who_only_asks_what_runs_waits_for_no_client() -> None:
    slow = {"kafka", "psycopg", "elasticsearch", "typer", "pydantic", "httpx", "grpc"}
    code = f"import devtools.engines, sys; sys.exit(len({slow} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
