"""When a service counts as ready."""

from typing import Any

import pytest

from services.cli.doctor import of_service

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
    ],
)
def test_a_service_in_trouble_is_not(change: dict[str, Any], why: str) -> None:
    fine, words = told(**change)
    assert (fine, why in words) == (False, True), words


def test_dead_letters_are_pointed_at() -> None:
    assert "2: see `vivier dead-letters list matching`" in told(deadLetters=2)[1]
