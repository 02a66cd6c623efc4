"""`vivier up` as a process of its own: what a newcomer sees, and that nothing is left behind."""

import json
import os
import signal
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from commands import command
from harness import eventually

from services.cli import supervisor as supervising
from services.cli.api import Api
from services.cli.ports import free_ports, is_free, ports_beside
from services.cli.supervisor import CannotStart, Supervisor
from services.registry import SERVICES

START_SECONDS = 90.0
STOP_SECONDS = 10.0
"""Promised are three; a busy machine gets more."""


class Up:
    """A running `vivier up` and what it has said."""

    def __init__(self, home: Path, port: int) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("VIVIER_")}
        self.home = home
        self.port = port
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            command("up", "--home", home, "--port", port),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def says(self, words: str, times: int = 1) -> None:
        eventually(lambda: sum(words in line for line in self.lines) >= times, START_SECONDS)

    def stop(self, how: signal.Signals = signal.SIGINT) -> float:
        started = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(STOP_SECONDS)
        return time.monotonic() - started


@contextmanager
def up(home: Path, port: int) -> Iterator[Up]:
    started = Up(home, port)
    try:
        started.says("Vivier is up")
        yield started
    finally:
        started.process.kill()


def fails(*arguments: object) -> str:
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=START_SECONDS, check=False)
    assert done.returncode == 1, done
    assert len(done.stderr.splitlines()) == 1, "one sentence"
    return done.stderr


def test_a_day_of_up(tmp_path: Path) -> None:
    home, (port, other) = tmp_path / "home", free_ports(2)
    with up(home, port) as first:
        ready = {line.split()[0]: line.split()[2] for line in first.lines if " ready " in line}
        assert ready.keys() == {entry.name for entry in SERVICES}
        assert ready["gateway"] == f"127.0.0.1:{port}"
        assert stat.S_IMODE((home / "operator.json").stat().st_mode) == 0o600
        assert stat.S_IMODE(home.stat().st_mode) == 0o700

        assert "another vivier is up on" in fails("up", "--home", home, "--port", other)
        assert f"port {port} is busy" in fails("up", "--home", tmp_path / "elsewhere", "--port", port)

        kill_the_child_of(first, "matching")
        first.says("starting again")
        first.says("matching       ready", times=2)

        made = credential(home)
        with open_stream(f"http://127.0.0.1:{port}", made):
            first.stop()
        assert first.process.returncode == 0
        assert eventually(lambda: all(is_free(int(address.rpartition(":")[2])) for address in ready.values()))
    with up(home, port):
        assert any(one["subject"] == "someone" for one in clients(home)), "it goes on where it was"


def kill_the_child_of(running: Up, service: str) -> None:
    listing = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(running.process.pid)],
        capture_output=True,
        text=True,
        check=True,
    )
    (pid,) = [int(line.split()[0]) for line in listing.stdout.splitlines() if line.split()[-1] == service]
    os.kill(pid, signal.SIGKILL)


def credential(home: Path) -> str:
    words = ("client", "create", "--role", "person", "--for", "someone", "--json", "--home", home)
    done = subprocess.run(command(*words), capture_output=True, text=True, check=True)
    return str(json.loads(done.stdout)["token"])


def clients(home: Path) -> list[dict[str, str]]:
    with Api.of_home(home) as api:
        found: list[dict[str, str]] = api.ask("{ clients(first: 100) { nodes { subject } } }")["clients"]["nodes"]
    return found


@contextmanager
def open_stream(url: str, token: str) -> Iterator[None]:
    headers = {"authorization": f"Bearer {token}"}
    with httpx.stream("GET", f"{url}/events", headers=headers, timeout=START_SECONDS) as stream:
        assert stream.status_code == 200
        next(stream.iter_lines())
        yield


def test_children_do_not_outlive_an_up_that_was_killed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (port,) = free_ports(1)
    running = Up(home, port)
    running.says("offers         ready")
    running.process.kill()
    running.process.wait()
    addresses = [int(line.split()[2].rpartition(":")[2]) for line in running.lines if " ready " in line]
    assert eventually(lambda: all(map(is_free, addresses)), STOP_SECONDS)


def test_what_cannot_start_is_given_up_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "MAX_FAILED_STARTS", 2)
    deaths: list[str] = []
    supervisor = Supervisor(tmp_path, 0, lambda *_: None, lambda names, _: deaths.append(names), [("no-such-service",)])
    supervisor.start()
    try:
        assert not supervisor.wait_ready(START_SECONDS)
        supervisor.wait()
        assert supervisor.failure == "no-such-service cannot start: what it said above tells why"
        assert deaths == ["no-such-service"], "told of the first, given up at the second"
    finally:
        supervisor.stop()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    supervisor = Supervisor(tmp_path / "file" / "home", 0, lambda *_: None, lambda *_: None)
    with pytest.raises(CannotStart, match="cannot hold"):
        supervisor.start()


def test_a_misspelt_setting_is_named(tmp_path: Path) -> None:
    environment = os.environ | {"VIVIER_REFERENTAIL": "x", "VIVIER_SECRET": "s", "VIVIER_HOME": str(tmp_path)}
    done = subprocess.run(
        command("serve", "offers"), env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("unknown setting VIVIER_REFERENTAIL; known are ")


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({}, "VIVIER_SECRET: field required"),
        ({"VIVIER_SECRET": "s", "VIVIER_OFFERS_ADDRESS": "TAKEN"}, "is something else there already?"),
    ],
)
def test_a_service_that_cannot_serve_says_why(tmp_path: Path, settings: dict[str, str], why: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        given = {
            name: value.replace("TAKEN", f"127.0.0.1:{taken.getsockname()[1]}") for name, value in settings.items()
        }
        environment = os.environ | given | {"VIVIER_HOME": str(tmp_path)}
        done = subprocess.run(
            command("serve", "offers"), env=environment, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 2
    assert why in done.stderr.splitlines()[-1]


def test_what_cannot_serve_is_not_tried_again(tmp_path: Path) -> None:
    (tmp_path / "referential.snapshot").write_text("not one")
    deaths: list[str] = []
    supervisor = Supervisor(tmp_path, 0, lambda *_: None, lambda names, _: deaths.append(names), [("offers",)])
    supervisor.start()
    try:
        assert not supervisor.wait_ready(START_SECONDS)
        assert (supervisor.failure.startswith("offers cannot start"), deaths) == (True, [])
    finally:
        supervisor.stop()


def test_ports_are_free_different_and_out_of_the_way_of_outgoing_connections() -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert all(10_000 <= port < 32_000 for port in ports)
    (port,) = free_ports(1)
    assert len(set(ports_beside(port, 4)) - {port}) == 4
