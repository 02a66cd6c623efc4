"""Periodic jobs."""

import threading

import pytest
from harness import eventually

from services.kit import ticker
from services.kit.errors import RetryLater
from services.kit.ticker import Ticker


@pytest.mark.parametrize(("error", "soon"), [(RetryLater("busy"), True), (ValueError("a bug"), False)])
def test_after_a_passing_fault_the_next_round_comes_soon(
    error: Exception, soon: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticker, "RETRY_SECONDS", 0.01)
    done = threading.Event()
    rounds: list[int] = []

    def work() -> None:
        rounds.append(1)
        if len(rounds) == 1:
            raise error
        done.set()

    daily = Ticker("daily", 86_400.0, work)
    daily.start()
    eventually(lambda: rounds)
    assert done.wait(10 if soon else 0.2) is soon
    daily.stop()
