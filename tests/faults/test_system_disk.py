"""The disk of the whole system is full for a while; nothing is lost or doubled."""

import errno
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import eventually
from load_checker import PATIENCE, LoadChecker
from stack import stack

SIZE = "32m"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "vivier", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk of its own needs the right to mount one")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_on_a_full_disk_writes_are_put_off_and_nothing_acknowledged_is_lost(small_disk: Path) -> None:
    with stack(small_disk / "home") as running:
        checker = LoadChecker(running)
        writers = (checker.employer_writer, checker.partner_writer)
        with checker.load():
            checker.has_written(10)
            fill(small_disk / "filler")
            before = [writer.put_off for writer in writers]
            eventually(lambda: all(d.put_off > n + 3 for d, n in zip(writers, before, strict=True)), PATIENCE)
            assert running.page("healthz") == (200, {"alive": True})
            (small_disk / "filler").unlink()
            checker.has_written(10)
        checker.check()


def fill(path: Path) -> None:
    """To the last byte."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError as full:
                if full.errno != errno.ENOSPC:
                    raise
