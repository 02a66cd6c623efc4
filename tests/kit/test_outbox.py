"""Units, outbox and relay: an event is sent if and only if it was committed, in order within a key, at least once."""

import threading
import time
from collections import defaultdict
from datetime import timedelta

import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from services.kit import relay as relay_module
from services.kit.bus import LogUnavailable
from services.kit.relay import Relay


def test_a_committed_event_reaches_the_log_once(system, eventually):
    with system.relay() as relay:
        system.say(("offer/1", b"a"), ("offer/1", b"b"), ("offer/2", None))
        eventually(lambda: relay.lag().rows == 0)
    assert sorted(system.logged(), key=str) == [("offer/1", b"a"), ("offer/1", b"b"), ("offer/2", None)]


def test_the_relay_is_woken_by_the_commit_and_not_by_its_timer(system, eventually):
    relay = Relay(system.units, system.log, every=300)
    relay.start()
    for n in range(3):
        system.say(("offer/1", b"a"))
        eventually(lambda n=n: len(system.logged()) == n + 1)
    relay.stop()


def test_a_rolled_back_unit_publishes_nothing(system):
    called = []
    with pytest.raises(ZeroDivisionError), system.units() as unit:  # noqa: PT012 — the block is the transaction
        unit.publish(system.said("offer/1", b"a"))
        unit.after_commit(lambda: called.append(1))
        raise ZeroDivisionError
    assert Relay(system.units, system.log).sweep() == 0
    assert system.logged() == []
    assert not called


def test_a_unit_whose_event_cannot_be_stored_is_rolled_back(system):
    with system.units() as unit:
        unit.connection.execute(text("DROP TABLE outbox"))
    with pytest.raises(OperationalError), system.units() as unit:  # noqa: PT012 — the block is the transaction
        unit.connection.execute(text("INSERT INTO effects (key) VALUES ('offer/1')"))
        unit.publish(system.said("offer/1", b"a"))
    assert system.effects() == []


def test_after_commit_sees_what_was_committed(system):
    seen = []
    with system.units() as unit:
        unit.publish(system.said("offer/1", b"a"))
        unit.after_commit(lambda: seen.append(Relay(system.units, system.log).lag().rows))
    assert seen == [1]


def test_an_event_that_is_not_in_the_table_is_a_bug(system):
    with pytest.raises(KeyError), system.units() as unit:
        unit.publish(object())


def test_an_event_carries_id_time_and_trace(system):
    span = NonRecordingSpan(SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=TraceFlags(1)))
    with trace.use_span(span):
        system.say(("offer/1", b"a"), ("offer/2", b"a"))
    Relay(system.units, system.log).sweep()
    first, second = system.log.appended
    assert first.id != second.id
    assert first.time == system.clock()
    assert first.headers["traceparent"] == f"00-{0xABC:032x}-{0xDEF:016x}-01"


def test_rows_left_in_the_outbox_are_sent_at_the_next_start(system, eventually):
    system.say(("offer/1", b"a"))
    with system.relay():
        eventually(system.logged)


def test_a_crash_between_append_and_delete_repeats_the_same_event(system, monkeypatch):
    system.say(("offer/1", b"a"))
    relay = Relay(system.units, system.log)
    with monkeypatch.context() as broken:
        broken.setattr(relay, "_delete", lambda rows: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            relay.sweep()
    assert Relay(system.units, system.log).sweep() == 1
    first, second = system.log.appended
    assert first == second


def test_rows_of_a_key_keep_their_order_whatever_fails(system):
    turn = iter(range(10_000))

    def often(events):
        if next(turn) % 3:
            raise LogUnavailable("not now")

    system.log.refuse = often
    for n in range(30):
        system.say(*((f"offer/{key}", str(n).encode()) for key in range(5)))
    relay = Relay(system.units, system.log)
    until = time.monotonic() + 15
    while relay.lag().rows:
        assert time.monotonic() < until
        relay.sweep()
    by_key = defaultdict(list)
    for event in system.log.appended:
        by_key[event.key].append(event.payload)
    assert dict(by_key) == {f"offer/{key}": [str(n).encode() for n in range(30)] for key in range(5)}


def test_a_failing_key_does_not_hold_back_others(system, monkeypatch):
    """More rows of the stuck key than a sweep takes, all of them older than the others'."""
    monkeypatch.setattr(relay_module, "BATCH", 10)

    def refuse(events):
        if any(event.key == "offer/stuck" for event in events):
            raise LogUnavailable("this partition has no leader")

    system.log.refuse = refuse
    system.say(*(("offer/stuck", b"x") for _ in range(40)))
    system.say(*((f"offer/{n}", b"x") for n in range(25)))
    relay = Relay(system.units, system.log)
    until = time.monotonic() + 15
    while len(system.logged()) < 25:
        assert time.monotonic() < until
        relay.sweep()
    assert relay.lag().rows == 40
    system.log.refuse = lambda events: None
    while relay.lag().rows:
        assert time.monotonic() < until
        relay.sweep()
    assert len(system.logged()) == 65


def test_a_sweep_ends_where_another_relay_may_be_at_work(system, monkeypatch):
    monkeypatch.setattr(relay_module, "BATCH", 10)
    system.say(*((f"offer/{n}", b"x") for n in range(25)))
    relay = Relay(system.units, system.log)
    assert relay.sweep(alone=lambda: False) == 10

    def together(events):
        if len(events) > 1:
            raise LogUnavailable("not so many")

    system.log.refuse = together
    turns = iter([True, True, False, False])
    assert relay.sweep(alone=lambda: next(turns)) == 2
    system.log.refuse = lambda events: None
    assert relay.sweep() == 13


def test_a_failing_key_is_tried_less_and_less_often(system):
    tries = []

    def refuse(events):
        tries.append(time.monotonic())
        raise LogUnavailable("full")

    system.log.refuse = refuse
    system.say(("offer/1", b"a"))
    relay = Relay(system.units, system.log)
    relay.sweep()
    before = len(tries)
    assert relay.sweep() == 0
    assert len(tries) == before


def test_when_the_log_is_unavailable_a_sweep_ends_soon(system):
    asked = []

    def refuse(events):
        asked.append(events)
        raise LogUnavailable("full")

    system.log.refuse = refuse
    system.say(*((f"offer/{n}", b"x") for n in range(100)))
    Relay(system.units, system.log).sweep()
    assert len(asked) <= 1 + relay_module.FAILURES_IN_A_ROW


def test_a_log_that_comes_back_gets_everything(system, eventually):
    down = threading.Event()
    down.set()

    def refuse(events):
        if down.is_set():
            raise LogUnavailable("stopped")

    system.log.refuse = refuse
    with system.relay() as relay:
        system.say(*((f"offer/{n}", b"x") for n in range(20)))
        system.clock.forward(seconds=60)
        assert relay.lag().rows == 20
        assert relay.lag().oldest == timedelta(seconds=60)
        down.clear()
        eventually(lambda: relay.lag().rows == 0)
    assert len(system.logged()) == 20


def test_a_clock_that_jumps_back_makes_no_negative_age(system):
    system.say(("offer/1", b"a"))
    system.clock.forward(hours=-1)
    assert Relay(system.units, system.log).lag().oldest == timedelta(0)


def test_only_one_relay_works_and_another_takes_over(system, eventually):
    def free():
        with system.units.database.only_one("relay") as alone:
            return alone()

    with system.relay():
        eventually(lambda: not free())
    assert free()
    with system.units.database.only_one("relay"):
        standby = Relay(system.units, system.log, every=0.05)
        standby.start()
        system.say(("offer/1", b"a"))
        time.sleep(0.2)
        assert system.logged() == []
    eventually(system.logged)
    standby.stop()
