"""When a service counts as ready."""

import os
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from commands import Vivier

from services.cli.doctor import of_service
from services.cli.engine_settings import without_password
from services.referential.resolve import SAMPLE

WORKER = {"group": "matching.index", "state": "running", "lag": 0, "reason": None}
WELL: dict[str, Any] = {
    "service": "matching",
    "ready": True,
    "reasons": [],
    "outboxRows": 3,
    "outboxAgeSeconds": 0.5,
    "deadLetters": 0,
    "counts": [{"name": "offers", "count": 7}],
    "workers": [WORKER],
}


@pytest.mark.parametrize(
    "kept",
    [
        "http://u:secret@[x",
        "u:secret@h:1",
        "kafka://u:secret@h:1",
        "postgresql://u:secret@h/d?password=secret",
    ],
)
def test_an_address_is_shown_without_its_password(kept: str) -> None:
    assert "secret" not in without_password(kept)


def told(**change: Any) -> tuple[bool, str]:
    found = list(of_service(WELL | change))
    return all(finding.fine for finding in found), "\n".join(f"{each.what} {each.says}" for each in found)


def test_a_busy_service_is_ready() -> None:
    fine, words = told(workers=[WORKER | {"lag": 900}])
    assert fine
    assert "offers 7; 3 events wait for the log" in words
    assert "matching.index running, 900 behind" in words


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ready": False, "reasons": ["rebuilding"]}, "matching rebuilding"),
        ({"ready": False}, "not ready"),
        ({"outboxAgeSeconds": 600.0}, "the oldest 600 s"),
        ({"workers": [WORKER | {"state": "halted", "reason": "five bad ones"}]}, "halted, 0 behind: five bad ones"),
        ({"workers": [WORKER, WORKER | {"group": "other", "state": "halted"}]}, "other halted"),
        ({"workers": [WORKER | {"state": "stuck", "reason": "nothing moves"}]}, "stuck, 0 behind: nothing moves"),
    ],
)
def test_a_service_in_trouble_is_not(change: dict[str, Any], why: str) -> None:
    fine, words = told(**change)
    assert (fine, why in words) == (False, True), words


def test_dead_letters_are_pointed_at() -> None:
    assert "2: see `vivier dead-letters list matching`" in told(deadLetters=2)[1]


def test_a_secret_is_only_said_to_be_set(vivier: Vivier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VIVIER_MASTER_KEY", "VIVIER_SECRET"):
        monkeypatch.setenv(name, "hunter2")
    monkeypatch.setenv("VIVIER_GATEWAY_SECONDS", "7")
    said = vivier("doctor", "--home", tmp_path)
    assert "hunter2" not in said.out
    for line in ("VIVIER_MASTER_KEY is set", "VIVIER_SECRET is set", "VIVIER_GATEWAY_SECONDS=7"):
        assert f"✓ setting          {line}" in said.out


def test_a_setting_that_up_would_refuse_is_marked(
    vivier: Vivier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIVIER_MASTER_KEYS", "hunter2")
    said = vivier("doctor", "--home", tmp_path)
    assert (said.code, "✗ setting          unknown setting VIVIER_MASTER_KEYS" in said.out) == (1, True)
    assert "hunter2" not in said.out


def test_a_snapshot_that_came_after_the_start_is_used_from_the_next_one(vivier: Vivier, tmp_path: Path) -> None:
    snapshot = Path(copy(SAMPLE, tmp_path / "referential.snapshot"))
    lock = tmp_path / "up.lock"
    lock.touch()
    os.utime(snapshot, (lock.stat().st_mtime - 5,) * 2)
    assert f"in {snapshot}\n" in vivier("doctor", "--home", tmp_path).out
    os.utime(snapshot, (lock.stat().st_mtime + 5,) * 2)
    assert f"in {snapshot}, from the next start" in vivier("doctor", "--home", tmp_path).out


def test_a_snapshot_that_cannot_be_read_names_the_command_that_makes_one(vivier: Vivier, tmp_path: Path) -> None:
    (tmp_path / "referential.snapshot").mkdir()
    said = vivier("doctor", "--home", tmp_path)
    assert "✗ referential" in said.out
    assert "build one with `vivier import referential`" in said.out
