"""Pauses double up to a bound, differ from one another, and begin anew after a success."""

import pytest

from services.kit.backoff import JITTER, Backoff


def test_pauses_double_up_to_the_longest():
    backoff = Backoff(first=1.0, longest=8.0)
    for whole in (1.0, 2.0, 4.0, 8.0, 8.0, 8.0):
        assert whole * (1 - JITTER) <= backoff.pause() <= whole


def test_two_that_failed_together_wait_differently():
    pauses = {Backoff(first=1.0, longest=8.0).pause() for _ in range(20)}
    assert len(pauses) > 1


def test_a_success_begins_anew():
    backoff = Backoff(first=1.0, longest=8.0)
    for _ in range(5):
        backoff.pause()
    backoff.reset()
    assert backoff.pause() <= 1.0


def test_a_thousand_failures_are_no_overflow():
    backoff = Backoff(first=0.05, longest=10.0)
    last = [backoff.pause() for _ in range(5000)][-1]
    assert last == pytest.approx(10.0, rel=JITTER)
