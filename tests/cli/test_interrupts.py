"""However `vivier demo` and `vivier up` are told to stop, they tidy up once, whole."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import command
from harness import eventually

SECONDS = 90.0
BLOCK = """
import os, signal, sys
from services.cli.interrupts import Interrupts
interrupts = Interrupts()
os.kill(os.getpid(), signal.SIGTERM)  # before: it is kept for the block
try:
    with interrupts.taken():
        print("never")
except KeyboardInterrupt:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(os.getpid(), each)
    print("tidied up")
"""


def heeding() -> None:
    """The tests may run under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Demo:
    """A running `vivier demo` in a group of its own, whose temporary folders lie in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        environment = {k: v for k, v in os.environ.items() if not k.startswith("VIVIER_")} | {"TMPDIR": str(folder)}
        self.process = subprocess.Popen(
            command("demo"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            preexec_fn=heeding,  # noqa: PLW1509 — of a process that has one thread at work
        )

    def homes(self) -> list[Path]:
        return list(self.folder.glob("vivier-demo-*"))

    def ends(self) -> str:
        said, _ = self.process.communicate(timeout=SECONDS)
        assert self.homes() == [], said
        return said.decode()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    started = Demo(tmp_path)
    try:
        yield started
    finally:
        started.process.kill()


@pytest.mark.parametrize(
    ("signals", "apart"),
    [
        ([signal.SIGTERM], 0.0),
        ([signal.SIGHUP], 0.0),
        ([signal.SIGINT, signal.SIGINT], 0.0),
        ([signal.SIGINT, signal.SIGINT], 0.05),
        ([signal.SIGINT, signal.SIGINT, signal.SIGTERM], 0.3),
    ],
)
def test_the_folder_goes_however_the_demo_is_stopped(demo: Demo, signals: list[signal.Signals], apart: float) -> None:
    eventually(lambda: any((home / "operator.json").exists() for home in demo.homes()), SECONDS)
    for each in signals:
        os.killpg(demo.process.pid, each)
        time.sleep(apart)
    said = demo.ends()
    assert "Traceback" not in said
    late = {-each for each in signals[1:]}  # one that comes when all is tidied up ends an interpreter that is leaving
    assert demo.process.returncode in {0} | late, said


def test_a_signal_at_the_very_start_leaves_nothing_behind(demo: Demo) -> None:
    eventually(demo.homes, SECONDS)
    demo.process.send_signal(signal.SIGTERM)
    demo.ends()


def test_a_signal_interrupts_once_and_only_where_it_is_taken() -> None:
    done = subprocess.run([sys.executable, "-c", BLOCK], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "tidied up\n", "")
