"""Units, the outbox and the relay: told if and only if done, in order within a key, at least once."""

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


def test_what_is_committed_is_told_once(room, eventually):
    with room.relay() as relay:
        room.say(("offer/1", b"a"), ("offer/1", b"b"), ("offer/2", None))
        eventually(lambda: relay.lag().rows == 0)
    assert sorted(room.logged(), key=str) == [("offer/1", b"a"), ("offer/1", b"b"), ("offer/2", None)]


def test_the_relay_is_woken_by_the_commit_and_not_by_its_timer(room, eventually):
    relay = Relay(room.units, room.log, every=300)
    relay.start()
    for n in range(3):
        room.say(("offer/1", b"a"))
        eventually(lambda n=n: len(room.logged()) == n + 1)
    relay.stop()


def test_a_rolled_back_unit_tells_nothing(room):
    called = []
    with pytest.raises(ZeroDivisionError), room.units() as unit:  # noqa: PT012 — the block is the transaction
        unit.publish(room.said("offer/1", b"a"))
        unit.after_commit(lambda: called.append(1))
        raise ZeroDivisionError
    assert Relay(room.units, room.log).sweep() == 0
    assert room.logged() == []
    assert not called


def test_what_cannot_be_told_is_not_done(room):
    with room.units() as unit:
        unit.connection.execute(text("DROP TABLE outbox"))
    with pytest.raises(OperationalError), room.units() as unit:  # noqa: PT012 — the block is the transaction
        unit.connection.execute(text("INSERT INTO effects (key) VALUES ('offer/1')"))
        unit.publish(room.said("offer/1", b"a"))
    assert room.effects() == []


def test_after_commit_sees_what_was_committed(room):
    seen = []
    with room.units() as unit:
        unit.publish(room.said("offer/1", b"a"))
        unit.after_commit(lambda: seen.append(Relay(room.units, room.log).lag().rows))
    assert seen == [1]


def test_an_event_that_is_not_in_the_table_is_a_bug(room):
    with pytest.raises(KeyError), room.units() as unit:
        unit.publish(object())


def test_an_event_carries_id_time_and_trace(room):
    span = NonRecordingSpan(SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=TraceFlags(1)))
    with trace.use_span(span):
        room.say(("offer/1", b"a"), ("offer/2", b"a"))
    Relay(room.units, room.log).sweep()
    first, second = room.log.appended
    assert first.id != second.id
    assert first.time == room.clock()
    assert first.headers["traceparent"] == f"00-{0xABC:032x}-{0xDEF:016x}-01"


def test_leftovers_go_at_the_next_start(room, eventually):
    room.say(("offer/1", b"a"))
    with room.relay():
        eventually(room.logged)


def test_a_crash_between_append_and_delete_repeats_the_same_event(room, monkeypatch):
    room.say(("offer/1", b"a"))
    relay = Relay(room.units, room.log)
    with monkeypatch.context() as broken:
        broken.setattr(relay, "_delete", lambda rows: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            relay.sweep()
    assert Relay(room.units, room.log).sweep() == 1
    first, second = room.log.appended
    assert first == second


def test_rows_of_a_key_keep_their_order_whatever_fails(room):
    turn = iter(range(10_000))

    def often(events):
        if next(turn) % 3:
            raise LogUnavailable("not now")

    room.log.refuse = often
    for n in range(30):
        room.say(*((f"offer/{key}", str(n).encode()) for key in range(5)))
    relay = Relay(room.units, room.log)
    until = time.monotonic() + 15
    while relay.lag().rows:
        assert time.monotonic() < until
        relay.sweep()
    by_key = defaultdict(list)
    for event in room.log.appended:
        by_key[event.key].append(event.payload)
    assert dict(by_key) == {f"offer/{key}": [str(n).encode() for n in range(30)] for key in range(5)}


def test_a_stuck_key_holds_nobody_else_back(room, monkeypatch):
    """More rows of the stuck key than a sweep takes, all of them older than the others'."""
    monkeypatch.setattr(relay_module, "BATCH", 10)

    def refuse(events):
        if any(event.key == "offer/stuck" for event in events):
            raise LogUnavailable("this partition has no leader")

    room.log.refuse = refuse
    room.say(*(("offer/stuck", b"x") for _ in range(40)))
    room.say(*((f"offer/{n}", b"x") for n in range(25)))
    relay = Relay(room.units, room.log)
    until = time.monotonic() + 15
    while len(room.logged()) < 25:
        assert time.monotonic() < until
        relay.sweep()
    assert relay.lag().rows == 40
    room.log.refuse = lambda events: None
    while relay.lag().rows:
        assert time.monotonic() < until
        relay.sweep()
    assert len(room.logged()) == 65


def test_a_sweep_ends_where_another_relay_may_be_at_work(room, monkeypatch):
    monkeypatch.setattr(relay_module, "BATCH", 10)
    room.say(*((f"offer/{n}", b"x") for n in range(25)))
    relay = Relay(room.units, room.log)
    assert relay.sweep(alone=lambda: False) == 10

    def together(events):
        if len(events) > 1:
            raise LogUnavailable("not so many")

    room.log.refuse = together
    turns = iter([True, True, False, False])
    assert relay.sweep(alone=lambda: next(turns)) == 2
    room.log.refuse = lambda events: None
    assert relay.sweep() == 13


def test_a_failing_key_is_tried_less_and_less_often(room):
    tries = []

    def refuse(events):
        tries.append(time.monotonic())
        raise LogUnavailable("full")

    room.log.refuse = refuse
    room.say(("offer/1", b"a"))
    relay = Relay(room.units, room.log)
    relay.sweep()
    before = len(tries)
    assert relay.sweep() == 0
    assert len(tries) == before


def test_when_the_log_is_down_a_sweep_gives_up_soon(room):
    asked = []

    def refuse(events):
        asked.append(events)
        raise LogUnavailable("full")

    room.log.refuse = refuse
    room.say(*((f"offer/{n}", b"x") for n in range(100)))
    Relay(room.units, room.log).sweep()
    assert len(asked) <= 1 + relay_module.FAILURES_IN_A_ROW


def test_a_log_that_comes_back_gets_everything(room, eventually):
    down = threading.Event()
    down.set()

    def refuse(events):
        if down.is_set():
            raise LogUnavailable("stopped")

    room.log.refuse = refuse
    with room.relay() as relay:
        room.say(*((f"offer/{n}", b"x") for n in range(20)))
        room.clock.forward(seconds=60)
        assert relay.lag().rows == 20
        assert relay.lag().oldest == timedelta(seconds=60)
        down.clear()
        eventually(lambda: relay.lag().rows == 0)
    assert len(room.logged()) == 20


def test_a_clock_that_jumps_back_makes_no_negative_age(room):
    room.say(("offer/1", b"a"))
    room.clock.forward(hours=-1)
    assert Relay(room.units, room.log).lag().oldest == timedelta(0)


def test_only_one_relay_works_and_another_takes_over(room, eventually):
    def free():
        with room.units.database.only_one("relay") as alone:
            return alone()

    with room.relay():
        eventually(lambda: not free())
    assert free()
    with room.units.database.only_one("relay"):
        standby = Relay(room.units, room.log, every=0.05)
        standby.start()
        room.say(("offer/1", b"a"))
        time.sleep(0.2)
        assert room.logged() == []
    eventually(room.logged)
    standby.stop()
