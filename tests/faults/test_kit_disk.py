"""The disk misbehaves under the embedded log: full, torn, garbled. What was acknowledged is there, and it opens clean.

Run as a script this file is a process that appends: on a disk that is full for a while, or until it is killed.
"""

import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.kit.bus import Event, LogUnavailable
from services.kit.bus_embedded import EmbeddedLog
from services.kit.bus_embedded import file as bus_file

TOPIC = "vivier.test.v1"
SEEDS = range(int(os.environ.get("VIVIER_TEST_SEEDS", "3")))
CANARY = b"canary-9d20-of-a-person"


def event(key: str, body: bytes | None = b"x" * 2000, event_id: str = "") -> Event:
    return Event(TOPIC, key, f"{TOPIC}.Changed", body, event_id or f"id of {key}", datetime(2026, 3, 1, tzinfo=UTC))


def keys(folder: Path) -> set[str]:
    log = EmbeddedLog(folder / "log.db")
    found = {record.event.key for record in log.replay(TOPIC)}
    log.close()
    assert sqlite3.connect(folder / "log.db").execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return found


def run(folder: Path, what: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, __file__, what, str(folder)], stdout=subprocess.PIPE, text=True)


def test_on_a_full_disk_appends_are_refused_and_nothing_acknowledged_is_lost(tmp_path):
    said, _ = run(tmp_path, "fill").communicate(timeout=60)
    lines = said.split()
    assert lines.count("refused") > 1
    assert lines[-1] == "after"
    assert keys(tmp_path) >= set(lines) - {"refused"}


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_while_appending_what_was_acknowledged_is_there(tmp_path, seed):
    child = run(tmp_path, "append")
    assert child.stdout is not None
    first = child.stdout.readline()
    time.sleep(random.Random(seed).uniform(0, 0.2))
    child.kill()
    acknowledged = {line.strip() for line in [first, *child.stdout]}
    assert acknowledged <= keys(tmp_path), f"seed {seed}"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("damage", ["cut", "garble", "append"])
def test_damage_after_the_last_acknowledged_append_is_harmless(tmp_path, damage, seed):
    dice = random.Random(seed)
    log = EmbeddedLog(tmp_path / "log.db")
    log.ensure_topic(TOPIC, 2)
    wal = tmp_path / "log.db-wal"
    for n in range(dice.randint(1, 40)):
        log.append([event(f"acknowledged/{n}")])
    safe = wal.stat().st_size
    acknowledged = {record.event.key for record in log.replay(TOPIC)}
    log.append([event(f"under-way/{n}") for n in range(20)])
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for name in ("log.db", "log.db-wal"):
        shutil.copy(tmp_path / name, crashed)
    log.close()
    spoil(crashed / "log.db-wal", damage, safe, dice)
    left = keys(crashed)
    assert acknowledged <= left, f"seed {seed}"
    assert len(left - acknowledged) in (0, 20), f"seed {seed}: half a commit"


def spoil(wal: Path, damage: str, safe: int, dice: random.Random) -> None:
    size = wal.stat().st_size
    with wal.open("r+b") as file:
        if damage == "cut":
            file.truncate(dice.randint(safe, size - 1))
        elif damage == "garble":
            file.seek(dice.randint(safe, size - 200))
            file.write(dice.randbytes(200))
        else:
            file.seek(size)
            file.write(dice.randbytes(5000))


def test_an_erased_key_leaves_the_disk_with_compaction(tmp_path):
    log = EmbeddedLog(tmp_path / "log.db")
    log.ensure_topic(TOPIC, 2)
    for n in range(40):
        log.append([event(f"person/{n}", CANARY * 300), event("person/other", b"kept")])
    log.append([event(f"person/{n}", None) for n in range(40)])
    assert log.compact(TOPIC) == 79
    assert not any(CANARY in path.read_bytes() for path in tmp_path.iterdir())
    log.close()


def test_compaction_fails_while_a_reader_keeps_erased_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(bus_file, "BUSY_SECONDS", 0.1)
    log = EmbeddedLog(tmp_path / "log.db")
    log.ensure_topic(TOPIC, 2)
    log.append([event("person/1", CANARY)])
    reader = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM records").fetchone()
    log.append([event("person/1", None)])
    with pytest.raises(LogUnavailable, match="still on the disk"):
        log.compact(TOPIC)
    reader.close()
    assert log.compact(TOPIC) == 0
    assert not any(CANARY in path.read_bytes() for path in tmp_path.iterdir())
    log.close()


def fill(folder: str) -> None:
    log = EmbeddedLog(Path(folder) / "log.db")
    log.ensure_topic(TOPIC, 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    refusals = 0
    for n in range(10_000):
        try:
            log.append([event(f"offer/{n}", b"x" * 5000)])
            print(f"offer/{n}")
        except LogUnavailable:
            refusals += 1
            print("refused")
        if refusals == 5:
            break
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    log.append([event("after")])
    print("after")


def append(folder: str) -> None:
    log = EmbeddedLog(Path(folder) / "log.db")
    log.ensure_topic(TOPIC, 2)
    for n in range(1_000_000):
        log.append([event(f"offer/{n}")])
        print(f"offer/{n}", flush=True)


if __name__ == "__main__":
    {"fill": fill, "append": append}[sys.argv[1]](sys.argv[2])
