"""The image, as far as it can be known without Docker: what its Dockerfile says, and what its commands make.

The commands of the build are run here in a folder of their own; then the program runs with nothing but what the image
gives it: no variable of this environment, and, where the tests run as root, as a user who may do nothing.
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dockerfile
import pytest
from harness import eventually

from services.cli.ports import free_ports
from services.registry import SERVICES

ROOT = Path(__file__).parents[2]
BEHIND_GRPC = [entry.name for entry in SERVICES if entry.contract]
PATIENCE = 120.0
pytestmark = pytest.mark.timeout(300)
NOT_SENT = (
    ".git/config",
    ".vivier/master.key",
    ".env",
    "deploy/.env",
    "services/.env",
    "services/cli/__pycache__/up.pyc",
    ".venv/bin/python",
    "tests/conftest.py",
    "uv.lock",
)
SYSTEM_PYTHON = shutil.which("python3.11", path="/usr/local/bin:/usr/bin")
"""Of the release that the image has, and open to every user, where there is one."""
NOBODY: Mapping[str, Any] = (
    {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 and SYSTEM_PYTHON else {}
)


@dataclass(frozen=True)
class Image:
    """What the build makes, and a folder for data."""

    program: Path
    data: Path

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        command = [str(self.program), *words]
        return subprocess.run(command, env={}, cwd="/", capture_output=True, text=True, check=False, **NOBODY)

    @contextmanager
    def serving(self, *names: str, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Services in a process that has said of each that it is ready."""
        given = {f"VIVIER_{name.upper()}": value for name, value in settings.items()}
        environment = {"VIVIER_HOME": str(self.data), "VIVIER_SECRET": "a secret for tests", **given}
        process = subprocess.Popen(
            [self.program, "serve", *names], env=environment, cwd="/", stdout=subprocess.PIPE, **NOBODY
        )
        assert process.stdout is not None
        try:
            assert {json.loads(process.stdout.readline() or "{}").get("ready") for _ in names} == set(names)
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """The first stage, done in its order."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        app, target, data = folder / "app", folder / "vivier", folder / "data"
        app.mkdir()
        build, _ = dockerfile.stages()
        for instruction, said in build:
            if instruction == "COPY":
                _copy(shlex.split(said), app)
            if instruction == "RUN" and said.startswith("uv "):
                _run(said.replace("/opt/vivier", str(target)), app, target)
        data.mkdir(mode=0o700)
        if NOBODY:
            os.chown(data, NOBODY["user"], NOBODY["group"])
        yield Image(target / "bin/vivier", data)


def _copy(words: list[str], app: Path) -> None:
    *sources, target = words
    for source in sources:
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, app / target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, app / target)


def _run(command: str, app: Path, target: Path) -> None:
    """As there, but with this machine's cache of packages."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VIVIER_")}
    environment |= dockerfile.environment(dockerfile.stages()[0]) | {"VIRTUAL_ENV": str(target)}
    environment |= {"UV_PYTHON": SYSTEM_PYTHON} if SYSTEM_PYTHON else {}
    del environment["UV_NO_CACHE"], environment["UV_LINK_MODE"]
    uv = shlex.quote(environment.get("UV") or shutil.which("uv") or "uv")
    line = re.sub(r"\buv (?=venv|sync)", f"{uv} ", command)
    done = subprocess.run(line, shell=True, cwd=app, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_all_that_is_copied_is_there_and_sent() -> None:
    build, final = dockerfile.stages()
    sources = [source for said in dockerfile.values(build, "COPY") for source in shlex.split(said)[:-1]]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert dockerfile.is_sent(source), f".dockerignore keeps {source} out"
    assert all(said.startswith("--from=build ") for said in dockerfile.values(final, "COPY"))


@pytest.mark.parametrize("path", NOT_SENT)
def test_nothing_else_is_sent(path: str) -> None:
    assert not dockerfile.is_sent(path)


def test_the_image_runs_as_nobody_special_on_the_signal_itself() -> None:
    build, final = dockerfile.stages()
    (user,) = dockerfile.values(final, "USER")
    assert user not in ("root", "0")
    (entry,) = dockerfile.values(final, "ENTRYPOINT")
    assert dockerfile.words(entry) == ["vivier"]
    (volume,) = dockerfile.values(final, "VOLUME")
    assert volume == dockerfile.environment(final)["VIVIER_HOME"]
    assert f"--owner {user} --mode 700 {volume}" in dockerfile.values(final, "RUN")[0], "a volume of root would be shut"
    assert dockerfile.values(build, "FROM") == [f"{said} AS build" for said in dockerfile.values(final, "FROM")]


def test_what_the_image_is_made_from_is_pinned() -> None:
    build, final = dockerfile.stages()
    for said in (*dockerfile.values(build, "FROM"), *dockerfile.values(final, "FROM")):
        assert re.fullmatch(r"python:3\.11-slim-\w+( AS build)?", said)
    installed = [word for said in dockerfile.values(build, "RUN") if said.startswith("pip ") for word in said.split()]
    assert [word for word in installed if word.startswith("uv")] == ["uv==0.13.9"]


def test_the_program_runs_with_nothing_around_it(image: Image) -> None:
    help_ = image.run("--help")
    assert (help_.returncode, help_.stderr) == (0, "")
    assert "serve" in help_.stdout
    assert re.fullmatch(r"vivier \d+\.\d+\.\d+\n", image.run("version").stdout)
    refused = image.run("serve", "offers")
    assert "VIVIER_SECRET" in refused.stderr


def test_services_become_healthy_and_end_on_the_signal(image: Image, record_property: Any) -> None:
    names = (*BEHIND_GRPC, "gateway")
    addresses = {name: f"127.0.0.1:{port}" for name, port in zip(names, free_ports(len(names)), strict=True)}
    settings = {f"{name}_address": address for name, address in addresses.items()}
    api = f"http://{addresses['gateway']}"
    first = ("offers", "identity")  # without keys from identity the gateway is not ready
    others = [name for name in BEHIND_GRPC if name not in first]
    with (
        image.serving(*first, **settings) as offers,
        image.serving("gateway", **settings) as gateway,
    ):
        assert image.run("health", addresses["offers"]).stdout == "ready\n"
        eventually(lambda: _missing(image.run("health", f"http://{addresses['gateway']}")) == set(others), PATIENCE)
        with image.serving(*others, **settings) as rest:
            eventually(lambda: image.run("health", f"http://{addresses['gateway']}").returncode == 0, PATIENCE)
            running = (gateway, offers, rest)
            asked = time.monotonic()
            for process in running:
                process.send_signal(signal.SIGTERM)
            assert [process.wait(PATIENCE) for process in running] == [0, 0, 0]
            record_property("measured", f"services of the image end {time.monotonic() - asked:.1f} s after SIGTERM")
    assert "does not answer" in image.run("health", addresses["offers"]).stderr
    assert image.run("health", api).returncode == 1


def _missing(said: "subprocess.CompletedProcess[str]") -> set[str]:
    """The neighbours that are not ready, as the gateway's health names them."""
    return {name for name in BEHIND_GRPC if said.returncode == 1 and f"{name} does not answer" in said.stderr}
