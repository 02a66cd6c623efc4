"""A partition without progress is noticed, reported, and cured by rejoining the group."""

import threading
import time

import pytest

from services.kit.bus import LogUnavailable, partition_of
from services.kit.consumer import State
from services.kit.errors import RetryLater

TOPIC = "vivier.test.v1"
SOON = 0.6  # how long a standstill is too long in these tests
DEAF = partition_of("offer/1", 4)


class Deaf:
    """A log whose consumers never hand out one partition; `cured_by` joins heal it."""

    def __init__(self, log, cured_by):
        self._log, self._left = log, cured_by
        self.joined = 0

    def __getattr__(self, name):
        return getattr(self._log, name)

    def consumer(self, group, topics):
        consumer = self._log.consumer(group, topics)
        poll = consumer.poll
        self.joined += 1
        if self.joined <= self._left:
            consumer.poll = lambda timeout, limit: [r for r in poll(0.05, limit) if r.partition != DEAF]
        return consumer


def test_a_stuck_partition_is_named_and_rejoining_cures_it(system, eventually, caplog):
    system.append(("offer/1", b"a"), ("offer/2", b"b"))
    log = Deaf(system.log, cured_by=2)
    with system.worker(log=log, standstill=SOON) as worker:
        eventually(lambda: worker.state is State.STUCK)
        assert worker.reason == f"nothing moves at {TOPIC}/{DEAF}"
        assert worker.stuck() == 1
        eventually(lambda: worker.lag() == 0)
        eventually(lambda: worker.state is State.RUNNING and not worker.reason)
        assert worker.stuck() == 0
    assert log.joined == 3
    assert f"{TOPIC}/{DEAF}" in caplog.text
    assert sorted(system.effects()) == [("offer/1", b"a"), ("offer/2", b"b")]


def test_a_waiting_worker_is_not_stuck(system, eventually):
    """Its own reason says more, and joining anew would not help."""
    log = Deaf(system.log, cured_by=0)

    def handle(unit, record):
        raise RetryLater("a neighbour is down")

    system.append(("offer/1", b"a"))
    with system.worker(handle, log=log, standstill=SOON) as worker:
        eventually(lambda: worker.stuck() == 1)
        assert (worker.state, worker.reason) == (State.WAITING, "a neighbour is down")
    assert log.joined == 1


def test_a_long_batch_is_reported_but_not_interrupted(system, eventually):
    done = threading.Event()
    log = Deaf(system.log, cured_by=0)

    def handle(unit, record):
        if record.event.payload == b"long":
            done.wait(10)
        system.effect(unit, record)

    with system.worker(handle, log=log, standstill=SOON) as worker:
        eventually(lambda: worker.state is State.RUNNING)
        system.append(("offer/1", b"long"))
        eventually(lambda: worker.state is State.STUCK)
        done.set()
        eventually(lambda: worker.lag() == 0)
        eventually(lambda: worker.state is State.RUNNING)
    assert log.joined == 1


def test_an_empty_log_raises_no_alarm(system, eventually):
    system.append(("offer/1", b"a"))
    log = Deaf(system.log, cured_by=0)
    with system.worker(log=log, standstill=0.1) as worker:
        eventually(lambda: worker.lag() == 0)
        threading.Event().wait(0.5)
        assert worker.state is State.RUNNING
    assert log.joined == 1


@pytest.mark.parametrize("question", ["ends", "committed"])
def test_an_unavailable_log_raises_no_alarm(system, eventually, question):
    class Mute(Deaf):
        asked = 0

        def __getattr__(self, name):
            if name == question:
                type(self).asked += 1
                raise LogUnavailable("away")
            return super().__getattr__(name)

    system.append(("offer/1", b"a"))
    log = Mute(system.log, cured_by=9)
    with system.worker(log=log, standstill=0.1) as worker:
        eventually(lambda: Mute.asked > 20)
        assert worker.stuck() == 0
    assert log.joined == 1


class Last:
    """A log whose consumers hand out one partition when there is nothing else."""

    def __init__(self, log):
        self._log = log

    def __getattr__(self, name):
        return getattr(self._log, name)

    def consumer(self, group, topics):
        consumer, kept = self._log.consumer(group, topics), []
        poll = consumer.poll

        def first_the_others(timeout, limit):
            found = poll(0.05, limit)
            kept.extend(r for r in found if r.partition == DEAF)
            return [r for r in found if r.partition != DEAF] or ([] if found else [kept.pop(0) for _ in kept[:1]])

        consumer.poll = first_the_others
        return consumer


def test_a_backlog_raises_no_alarm(system, eventually):
    """Every poll is full: a partition that is not served yet waits for nothing but its turn."""
    system.append(("offer/1", b"x"), *((f"offer/{n}", b"x") for n in range(2, 40)))
    states = []

    def handle(unit, record):
        states.append(worker.state)
        time.sleep(0.05)

    with system.worker(handle, log=Last(system.log), batch=1, standstill=0.6) as worker:
        eventually(lambda: worker.lag() == 0)
    assert State.STUCK not in states
