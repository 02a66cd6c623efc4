"""The consumer loop: each record once in effect, poison set aside, what passes waited for, our own faults visible."""

import os
import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from services.kit import consumer as consumer_module
from services.kit import deadletters, inbox
from services.kit.bus import Event, Fenced, LogUnavailable
from services.kit.consumer import State
from services.kit.dispatch import Batch, grouped, handler_of
from services.kit.errors import Conflict, Poison, RetryLater

TOPIC, SAID = "vivier.test.v1", "vivier.test.v1.Said"


def letters(room):
    return deadletters.page(room.units)


def counting(room, fail):
    """A handler that counts its calls by body; `fail(record, times)` may raise."""
    calls = Counter()

    def handle(unit, record):
        calls[record.event.payload] += 1
        room.effect(unit, record)
        fail(record, calls[record.event.payload])

    return handle, calls


def bad(*bodies, error=None):
    def fail(record, times):
        if record.event.payload in bodies:
            raise error or ValueError("cannot")

    return fail


def test_records_become_effects_in_order_and_offsets_are_committed(room, eventually):
    given = [(f"offer/{n % 3}", str(n).encode()) for n in range(50)]
    room.append(*given)
    with room.worker(batch=8) as worker:
        eventually(lambda: worker.lag() == 0)
        assert worker.state is State.RUNNING
    for key in ("offer/0", "offer/1", "offer/2"):
        assert [each for each in room.effects() if each[0] == key] == [each for each in given if each[0] == key]
    assert worker.state is State.STOPPED
    assert worker.handled == 50


def test_a_record_that_comes_twice_has_one_effect(room, eventually):
    event = room.append(("offer/1", b"a"))[0]
    room.log.append([event, event])
    with room.worker() as worker:
        eventually(lambda: worker.lag() == 0)
        room.log.append([event])
        eventually(lambda: worker.lag() == 0)
    assert room.effects() == [("offer/1", b"a")]


def test_two_groups_of_one_store_have_each_its_effect(room):
    with room.units() as unit:
        records = [next(iter(replayed(room, ("offer/1", b"a"))))]
        assert inbox.claim(unit.connection, "one", records, room.clock()) == records
        assert inbox.claim(unit.connection, "two", records, room.clock()) == records
        assert inbox.claim(unit.connection, "two", records, room.clock()) == []


def replayed(room, *pairs):
    room.append(*pairs)
    return list(room.log.replay(TOPIC))


def test_types_that_nobody_listens_to_are_skipped(room, eventually):
    room.log.append([Event(TOPIC, "offer/1", "vivier.test.v1.Other", b"\xff", "other", room.clock())])
    with room.worker() as worker:
        eventually(lambda: worker.lag() == 0)
    assert room.effects() == []
    assert letters(room) == []


def test_a_payload_without_a_type_is_from_outside_and_set_aside(room, eventually):
    room.log.append([Event(TOPIC, "anything", "", b"\xff\0", "outside", room.clock()), *room.append(("offer/1", b"a"))])
    with room.worker() as worker:
        eventually(lambda: worker.lag() == 0)
    (letter,) = letters(room)
    assert letter.record.event.payload == b"\xff\0"
    assert letter.reason == "a payload without a type: not written by this system"
    assert room.effects() == [("offer/1", b"a")]


def test_a_tombstone_goes_to_the_longest_beginning_of_its_key(room):
    records = replayed(room, ("person/1", None), ("person/minor/1", None), ("offer/1", None))
    listens = {"person/": "persons", "person/minor/": "minors", "vivier.test.v1.Said": "said"}
    found = {record.event.key: handler_of(listens, record) for record in records}
    assert found == {"person/1": "persons", "person/minor/1": "minors", "offer/1": None}


def test_poison_is_set_aside_whole_and_the_rest_of_the_batch_is_applied_once(room, eventually):
    garbage = os.urandom(2000)
    handle, calls = counting(room, bad(garbage, b"7"))
    room.append(*((f"offer/{n}", str(n).encode()) for n in range(20)), ("offer/x", garbage))
    with room.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
        assert worker.state is State.RUNNING
    assert sorted(body for _, body in room.effects()) == sorted(str(n).encode() for n in range(20) if n != 7)
    assert sorted(letter.record.event.payload for letter in letters(room)) == sorted([garbage, b"7"])
    assert calls[b"7"] == calls[garbage] == 3
    assert {letter.reason for letter in letters(room)} == {"ValueError"}
    assert worker.dead_letters == 2


def test_a_large_poison_is_kept_to_the_last_byte(room, eventually):
    large = os.urandom(1 << 20) * 20
    handle, _ = counting(room, bad(large))
    room.append(("offer/1", large), ("offer/1", b"next"))
    with room.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    assert letters(room)[0].record.event.payload == large
    assert room.effects() == [("offer/1", b"next")]


def test_poison_by_name_is_not_tried_again(room, eventually):
    handle, calls = counting(room, bad(b"x", error=Poison("WRONG_SCHEMA")))
    room.append(("offer/1", b"x"))
    with room.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    assert calls[b"x"] == 1
    assert letters(room)[0].reason == "WRONG_SCHEMA"


def test_an_error_that_passes_within_the_attempts_leaves_no_letter(room, eventually):
    def fail(record, times):
        if record.event.payload == b"7" and times < 3:
            raise ValueError

    handle, calls = counting(room, fail)
    room.append(*((f"offer/{n}", str(n).encode()) for n in range(10)))
    with room.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    assert calls[b"7"] == 3
    assert len(room.effects()) == 10
    assert letters(room) == []


@pytest.mark.parametrize("text_of_error", ["nul \0 and \ud800", "x" * 100_000], ids=["odd", "long"])
def test_an_error_with_odd_text_can_be_kept(room, eventually, text_of_error):
    handle, _ = counting(room, bad(b"x", error=ValueError(text_of_error)))
    room.append(("offer/1", b"x"))
    with room.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    assert len(letters(room)) == 1


def test_a_failing_commit_finds_the_poison_too(room, eventually):
    """A constraint that is checked only at the commit: no handler raises, and nobody knows which record it was."""
    calls = Counter()
    with room.units() as unit:
        unit.connection.execute(text("CREATE TABLE parents (body BLOB PRIMARY KEY)"))
        unit.connection.execute(
            text("CREATE TABLE children (body BLOB REFERENCES parents DEFERRABLE INITIALLY DEFERRED)")
        )

    def handle(unit, record):
        calls[record.event.payload] += 1
        room.effect(unit, record)
        if record.event.payload == b"7":
            unit.connection.execute(text("INSERT INTO children VALUES ('orphan')"))

    room.append(*((f"offer/{n}", str(n).encode()) for n in range(10)))
    with room.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    assert len(room.effects()) == 9
    assert [letter.record.event.payload for letter in letters(room)] == [b"7"]
    assert calls[b"7"] == 3


@pytest.mark.parametrize("error", [RetryLater("a neighbour is down"), LogUnavailable("the log is full")])
def test_what_passes_is_waited_for_without_a_dead_letter(room, eventually, error):
    ill = threading.Event()
    ill.set()

    def fail(record, times):
        if ill.is_set():
            raise error

    handle, calls = counting(room, fail)
    room.append(("offer/1", b"x"))
    with room.worker(handle) as worker:
        eventually(lambda: calls[b"x"] > consumer_module.ATTEMPTS)
        eventually(lambda: worker.state is State.WAITING)
        assert str(error) in worker.reason
        ill.clear()
        eventually(lambda: worker.lag() == 0)
        eventually(lambda: worker.state is State.RUNNING)
    assert letters(room) == []
    assert room.effects() == [("offer/1", b"x")]


def test_a_neighbour_that_bears_little_at_once_is_enough_to_get_on(room, eventually):
    def handle(unit, records):
        if len(records) > 3:
            raise RetryLater("a neighbour had enough")
        for record in records:
            room.effect(unit, record)

    room.append(*((f"offer/{n}", str(n).encode()) for n in range(30)))
    with room.worker(Batch(handle)) as worker:
        eventually(lambda: worker.lag() == 0)
    assert len(room.effects()) == 30
    assert letters(room) == []


def gathering(room, fail=lambda records: None):
    """A handler of many at once that keeps what it was given, by body; `fail(records)` may raise."""
    given = []

    def handle(unit, records):
        given.append([record.event.payload for record in records])
        for record in records:
            room.effect(unit, record)
        fail(records)

    return Batch(handle), given


def test_a_batch_handler_gets_records_in_a_row_together(room):
    records = replayed(room, ("offer/1", b"a"), ("person/1", None), ("offer/1", b"b"), ("mentor/1", None))
    records.sort(key=lambda record: (record.event.payload or b"", record.event.key))
    both, one = Batch(lambda *_: None), lambda *_: None
    together = [[r.event.key for r in given] for _, given in grouped({SAID: both, "person/": both}, records)]
    assert together == [["mentor/1"], ["person/1", "offer/1", "offer/1"]]
    apart = [[r.event.key for r in given] for _, given in grouped({SAID: both, "person/": one}, records)]
    assert apart == [["mentor/1"], ["person/1"], ["offer/1", "offer/1"]]


def test_a_batch_handler_gets_what_was_polled_at_once(room, eventually):
    handler, given = gathering(room)
    room.append(*(("offer/1", str(n).encode()) for n in range(30)))
    with room.worker(handler, batch=10) as worker:
        eventually(lambda: worker.lag() == 0)
    assert [body for bodies in given for body in bodies] == [str(n).encode() for n in range(30)]
    assert max(len(bodies) for bodies in given) == 10
    assert worker.handled == len(room.effects()) == 30


def test_a_batch_handler_gets_tombstones_each_time_and_the_rest_once(room, eventually):
    handler, given = gathering(room)
    records = [
        Event(TOPIC, "person/1", SAID, b"x", "one", room.clock()),
        Event(TOPIC, "person/1", "", None, "two", room.clock()),
    ]
    room.log.append(records + records)
    with room.worker(handler, batch=2) as worker:
        eventually(lambda: worker.lag() == 0)
    assert [body for bodies in given for body in bodies] == [b"x", None, None]
    assert worker.handled == 2


def test_poison_in_a_batch_is_found_and_the_others_are_applied_once(room, eventually):
    handler, given = gathering(room, lambda records: [bad(b"7", b"11")(record, 0) for record in records])
    room.append(*((f"offer/{n}", str(n).encode()) for n in range(20)))
    with room.worker(handler) as worker:
        eventually(lambda: worker.lag() == 0)
        assert worker.state is State.RUNNING
    assert sorted(body for _, body in room.effects()) == sorted(str(n).encode() for n in range(20) if n not in (7, 11))
    assert sorted(letter.record.event.payload for letter in letters(room)) == [b"11", b"7"]
    tried = Counter(body for bodies in given for body in bodies)
    assert tried[b"7"] == tried[b"11"] == consumer_module.ATTEMPTS
    assert worker.dead_letters == 2


def test_poison_by_name_in_a_batch_is_tried_once_alone(room, eventually):
    handler, given = gathering(room, lambda records: [bad(b"x", error=Poison("NO"))(record, 0) for record in records])
    room.append(("offer/1", b"w"), ("offer/1", b"x"), ("offer/1", b"y"))
    with room.worker(handler) as worker:
        eventually(lambda: worker.lag() == 0)
    assert given.count([b"x"]) == 1
    assert [letter.reason for letter in letters(room)] == ["NO"]
    assert [body for _, body in room.effects()] == [b"w", b"y"]


def test_an_error_of_a_batch_that_passes_leaves_no_letter(room, eventually):
    handler, given = gathering(room, lambda records: 1 / (len(given) - 1))
    room.append(*((f"offer/{n}", str(n).encode()) for n in range(10)))
    with room.worker(handler) as worker:
        eventually(lambda: worker.lag() == 0)
    assert len(room.effects()) == 10
    assert letters(room) == []


def test_too_many_dead_letters_of_batches_halt_the_worker(room, eventually):
    handler, _ = gathering(room, lambda records: 1 / 0)
    room.append(*((f"offer/{n}", str(n).encode()) for n in range(30)))
    with room.worker(handler, halt_after=4) as worker:
        eventually(lambda: worker.state is State.HALTED)
    assert len(letters(room)) == 4
    with room.worker() as mended:
        eventually(lambda: mended.lag() == 0)
    assert len(room.effects()) == 26


def test_a_batch_that_was_overtaken_is_done_again_at_once(room, eventually):
    overtaken = []

    def fail(record, times):
        if len(overtaken) < 2:
            overtaken.append(times)
            raise Conflict("somebody was quicker")

    handle, calls = counting(room, fail)
    room.append(("offer/1", b"a"), ("offer/1", b"b"))
    with room.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    assert calls == {b"a": 3, b"b": 1}
    assert [body for _, body in room.effects()] == [b"a", b"b"]
    assert (worker.dead_letters, letters(room)) == (0, [])


def test_whoever_is_overtaken_again_and_again_waits_and_is_no_dead_letter(room, eventually):
    passes = threading.Event()

    def fail(record, times):
        if not passes.is_set():
            raise Conflict("somebody was quicker")

    handle, calls = counting(room, fail)
    room.append(("offer/1", b"a"))
    with room.worker(handle) as worker:
        eventually(lambda: calls[b"a"] > 2 * consumer_module.ATTEMPTS)
        assert worker.state is State.WAITING
        passes.set()
        eventually(room.effects)
    assert letters(room) == []


def test_a_key_that_is_taken_time_and_again_is_the_records_fault(room, eventually):
    handle, _ = counting(room, bad(b"b", error=Conflict("duplicate key", by_constraint=True)))
    room.append(("offer/1", b"a"), ("offer/2", b"b"), ("offer/3", b"c"))
    with room.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    assert sorted(body for _, body in room.effects()) == [b"a", b"c"]
    assert [letter.reason for letter in letters(room)] == ["Conflict"]


def test_a_wrong_statement_is_poison_not_weather(room, eventually):
    def handle(unit, record):
        unit.connection.execute(text("SELECT * FROM nothing"))

    room.append(("offer/1", b"x"))
    with room.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    assert letters(room)[0].reason == OperationalError.__name__


def test_too_many_dead_letters_in_a_row_halt_the_worker(room, eventually):
    handle, _ = counting(room, lambda record, times: 1 / 0)
    room.append(*((f"offer/{n}", str(n).encode()) for n in range(30)))
    with room.worker(handle, halt_after=4) as worker:
        eventually(lambda: worker.state is State.HALTED)
        assert "ZeroDivisionError" in worker.reason
        assert worker.dead_letters_in_a_row == 4
    assert worker.state is State.HALTED
    assert len(letters(room)) == 4
    with room.worker() as mended:
        eventually(lambda: mended.lag() == 0)
    assert len(room.effects()) == 26


def test_dead_letters_among_good_records_do_not_halt(room, eventually):
    handle, _ = counting(room, bad(*(str(n).encode() for n in range(0, 30, 2))))
    room.append(*(("offer/1", str(n).encode()) for n in range(30)))
    with room.worker(handle, halt_after=4) as worker:
        eventually(lambda: worker.lag() == 0)
        assert worker.state is State.RUNNING
    assert len(letters(room)) == 15


def test_a_fault_of_the_log_that_nobody_foresaw_halts_visibly(room, eventually):
    class Broken:
        def consumer(self, group, topics):
            raise TypeError("not a log")

    with room.worker(log=Broken()) as worker:
        eventually(lambda: worker.state is State.HALTED)
        assert "TypeError" in worker.reason


class Rude:
    """A log whose consumers fail at commit so often."""

    def __init__(self, log, error, times):
        self._log, self._error, self._times = log, error, times

    def __getattr__(self, name):
        return getattr(self._log, name)

    def consumer(self, group, topics):
        consumer = self._log.consumer(group, topics)
        commit = consumer.commit

        def rudely(records):
            self._times -= 1
            if self._times >= 0:
                raise self._error
            commit(records)

        consumer.commit = rudely
        return consumer


@pytest.mark.parametrize("error", [Fenced("moved"), LogUnavailable("stopped")])
def test_a_commit_that_fails_brings_the_batch_again_without_effect(room, eventually, error):
    room.append(*((f"offer/{n}", b"x") for n in range(10)))
    with room.worker(log=Rude(room.log, error, 3)) as worker:
        eventually(lambda: worker.lag() == 0)
    assert len(room.effects()) == 10


def test_what_a_handler_publishes_goes_with_its_effect(room, eventually):
    def handle(unit, record):
        unit.publish(room.said("told/1", record.event.payload))
        if record.event.payload == b"bad":
            raise ValueError

    room.append(("offer/1", b"good"), ("offer/1", b"bad"))
    with room.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    with room.units.reading() as connection:
        assert connection.execute(text("SELECT key, payload FROM outbox")).all() == [("told/1", b"good")]


def test_old_inbox_rows_go_in_small_steps(room):
    records = replayed(room, *((f"offer/{n}", b"x") for n in range(25)))
    with room.units() as unit:
        inbox.claim(unit.connection, "g", records[:20], room.clock())
    room.clock.forward(days=31)
    with room.units() as unit:
        inbox.claim(unit.connection, "g", records[20:], room.clock())
        before = room.clock() - timedelta(days=30)
        assert [inbox.prune(unit.connection, before, limit=8) for _ in range(4)] == [8, 8, 4, 0]
        assert unit.connection.execute(select(func.count()).select_from(inbox.INBOX)).scalar_one() == 5
