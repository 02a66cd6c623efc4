"""The consumer loop: each record handled once, poison dead-lettered, passing faults waited for, halts visible."""

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


def letters(system):
    return deadletters.page(system.units)


def counting(system, fail):
    """A handler that counts its calls by body; `fail(record, times)` may raise."""
    calls = Counter()

    def handle(unit, record):
        calls[record.event.payload] += 1
        system.effect(unit, record)
        fail(record, calls[record.event.payload])

    return handle, calls


def bad(*bodies, error=None):
    def fail(record, times):
        if record.event.payload in bodies:
            raise error or ValueError("cannot")

    return fail


def test_records_become_effects_in_order_and_offsets_are_committed(system, eventually):
    given = [(f"offer/{n % 3}", str(n).encode()) for n in range(50)]
    system.append(*given)
    with system.worker(batch=8) as worker:
        eventually(lambda: worker.lag() == 0)
        assert worker.state is State.RUNNING
    for key in ("offer/0", "offer/1", "offer/2"):
        assert [each for each in system.effects() if each[0] == key] == [each for each in given if each[0] == key]
    assert worker.state is State.STOPPED
    assert worker.handled == 50


def test_a_record_that_comes_twice_has_one_effect(system, eventually):
    event = system.append(("offer/1", b"a"))[0]
    system.log.append([event, event])
    with system.worker() as worker:
        eventually(lambda: worker.lag() == 0)
        system.log.append([event])
        eventually(lambda: worker.lag() == 0)
    assert system.effects() == [("offer/1", b"a")]


def test_two_groups_of_one_store_each_handle_a_record(system):
    with system.units() as unit:
        records = [next(iter(replayed(system, ("offer/1", b"a"))))]
        assert inbox.claim(unit.connection, "one", records, system.clock()) == records
        assert inbox.claim(unit.connection, "two", records, system.clock()) == records
        assert inbox.claim(unit.connection, "two", records, system.clock()) == []


def replayed(system, *pairs):
    system.append(*pairs)
    return list(system.log.replay(TOPIC))


def test_types_that_nobody_listens_to_are_skipped(system, eventually):
    system.log.append([Event(TOPIC, "offer/1", "vivier.test.v1.Other", b"\xff", "other", system.clock())])
    with system.worker() as worker:
        eventually(lambda: worker.lag() == 0)
    assert system.effects() == []
    assert letters(system) == []


def test_a_payload_without_a_type_is_from_outside_and_set_aside(system, eventually):
    system.log.append(
        [Event(TOPIC, "anything", "", b"\xff\0", "outside", system.clock()), *system.append(("offer/1", b"a"))]
    )
    with system.worker() as worker:
        eventually(lambda: worker.lag() == 0)
    (letter,) = letters(system)
    assert letter.record.event.payload == b"\xff\0"
    assert letter.reason == "a payload without a type: not written by this system"
    assert system.effects() == [("offer/1", b"a")]


def test_a_tombstone_goes_to_the_longest_beginning_of_its_key(system):
    records = replayed(system, ("person/1", None), ("person/minor/1", None), ("offer/1", None))
    listens = {"person/": "persons", "person/minor/": "minors", "vivier.test.v1.Said": "said"}
    found = {record.event.key: handler_of(listens, record) for record in records}
    assert found == {"person/1": "persons", "person/minor/1": "minors", "offer/1": None}


def test_poison_is_set_aside_whole_and_the_rest_of_the_batch_is_applied_once(system, eventually):
    garbage = os.urandom(2000)
    handle, calls = counting(system, bad(garbage, b"7"))
    system.append(*((f"offer/{n}", str(n).encode()) for n in range(20)), ("offer/x", garbage))
    with system.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
        assert worker.state is State.RUNNING
    assert sorted(body for _, body in system.effects()) == sorted(str(n).encode() for n in range(20) if n != 7)
    assert sorted(letter.record.event.payload for letter in letters(system)) == sorted([garbage, b"7"])
    assert calls[b"7"] == calls[garbage] == 3
    assert {letter.reason for letter in letters(system)} == {"ValueError"}
    assert worker.dead_letters == 2


def test_a_large_poison_is_kept_to_the_last_byte(system, eventually):
    large = os.urandom(1 << 20) * 20
    handle, _ = counting(system, bad(large))
    system.append(("offer/1", large), ("offer/1", b"next"))
    with system.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    assert letters(system)[0].record.event.payload == large
    assert system.effects() == [("offer/1", b"next")]


def test_a_poison_error_is_not_retried(system, eventually):
    handle, calls = counting(system, bad(b"x", error=Poison("WRONG_SCHEMA")))
    system.append(("offer/1", b"x"))
    with system.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    assert calls[b"x"] == 1
    assert letters(system)[0].reason == "WRONG_SCHEMA"


def test_an_error_that_ends_within_the_attempts_leaves_no_dead_letter(system, eventually):
    def fail(record, times):
        if record.event.payload == b"7" and times < 3:
            raise ValueError

    handle, calls = counting(system, fail)
    system.append(*((f"offer/{n}", str(n).encode()) for n in range(10)))
    with system.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    assert calls[b"7"] == 3
    assert len(system.effects()) == 10
    assert letters(system) == []


@pytest.mark.parametrize("text_of_error", ["nul \0 and \ud800", "x" * 100_000], ids=["odd", "long"])
def test_an_error_with_odd_text_can_be_kept(system, eventually, text_of_error):
    handle, _ = counting(system, bad(b"x", error=ValueError(text_of_error)))
    system.append(("offer/1", b"x"))
    with system.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    assert len(letters(system)) == 1


def test_a_failing_commit_finds_the_poison_too(system, eventually):
    """A constraint that is checked only at the commit: no handler raises, and nobody knows which record it was."""
    calls = Counter()
    with system.units() as unit:
        unit.connection.execute(text("CREATE TABLE parents (body BLOB PRIMARY KEY)"))
        unit.connection.execute(
            text("CREATE TABLE children (body BLOB REFERENCES parents DEFERRABLE INITIALLY DEFERRED)")
        )

    def handle(unit, record):
        calls[record.event.payload] += 1
        system.effect(unit, record)
        if record.event.payload == b"7":
            unit.connection.execute(text("INSERT INTO children VALUES ('orphan')"))

    system.append(*((f"offer/{n}", str(n).encode()) for n in range(10)))
    with system.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    assert len(system.effects()) == 9
    assert [letter.record.event.payload for letter in letters(system)] == [b"7"]
    assert calls[b"7"] == 3


@pytest.mark.parametrize("error", [RetryLater("a neighbour is down"), LogUnavailable("the log is full")])
def test_a_passing_fault_is_waited_for_without_a_dead_letter(system, eventually, error):
    ill = threading.Event()
    ill.set()

    def fail(record, times):
        if ill.is_set():
            raise error

    handle, calls = counting(system, fail)
    system.append(("offer/1", b"x"))
    with system.worker(handle) as worker:
        eventually(lambda: calls[b"x"] > consumer_module.ATTEMPTS)
        eventually(lambda: worker.state is State.WAITING)
        assert str(error) in worker.reason
        ill.clear()
        eventually(lambda: worker.lag() == 0)
        eventually(lambda: worker.state is State.RUNNING)
    assert letters(system) == []
    assert system.effects() == [("offer/1", b"x")]


def test_after_a_passing_fault_the_batch_size_is_halved(system, eventually):
    def handle(unit, records):
        if len(records) > 3:
            raise RetryLater("a neighbour had enough")
        for record in records:
            system.effect(unit, record)

    system.append(*((f"offer/{n}", str(n).encode()) for n in range(30)))
    with system.worker(Batch(handle)) as worker:
        eventually(lambda: worker.lag() == 0)
    assert len(system.effects()) == 30
    assert letters(system) == []


def gathering(system, fail=lambda records: None):
    """A handler of many at once that keeps what it was given, by body; `fail(records)` may raise."""
    given = []

    def handle(unit, records):
        given.append([record.event.payload for record in records])
        for record in records:
            system.effect(unit, record)
        fail(records)

    return Batch(handle), given


def test_a_batch_handler_gets_records_in_a_row_together(system):
    records = replayed(system, ("offer/1", b"a"), ("person/1", None), ("offer/1", b"b"), ("mentor/1", None))
    records.sort(key=lambda record: (record.event.payload or b"", record.event.key))
    both, one = Batch(lambda *_: None), lambda *_: None
    together = [[r.event.key for r in given] for _, given in grouped({SAID: both, "person/": both}, records)]
    assert together == [["mentor/1"], ["person/1", "offer/1", "offer/1"]]
    apart = [[r.event.key for r in given] for _, given in grouped({SAID: both, "person/": one}, records)]
    assert apart == [["mentor/1"], ["person/1"], ["offer/1", "offer/1"]]


def test_a_batch_handler_gets_what_was_polled_at_once(system, eventually):
    handler, given = gathering(system)
    system.append(*(("offer/1", str(n).encode()) for n in range(30)))
    with system.worker(handler, batch=10) as worker:
        eventually(lambda: worker.lag() == 0)
    assert [body for bodies in given for body in bodies] == [str(n).encode() for n in range(30)]
    assert max(len(bodies) for bodies in given) == 10
    assert worker.handled == len(system.effects()) == 30


def test_a_batch_handler_gets_tombstones_each_time_and_the_rest_once(system, eventually):
    handler, given = gathering(system)
    records = [
        Event(TOPIC, "person/1", SAID, b"x", "one", system.clock()),
        Event(TOPIC, "person/1", "", None, "two", system.clock()),
    ]
    system.log.append(records + records)
    with system.worker(handler, batch=2) as worker:
        eventually(lambda: worker.lag() == 0)
    assert [body for bodies in given for body in bodies] == [b"x", None, None]
    assert worker.handled == 2


def test_poison_in_a_batch_is_found_and_the_others_are_applied_once(system, eventually):
    handler, given = gathering(system, lambda records: [bad(b"7", b"11")(record, 0) for record in records])
    system.append(*((f"offer/{n}", str(n).encode()) for n in range(20)))
    with system.worker(handler) as worker:
        eventually(lambda: worker.lag() == 0)
        assert worker.state is State.RUNNING
    assert sorted(body for _, body in system.effects()) == sorted(
        str(n).encode() for n in range(20) if n not in (7, 11)
    )
    assert sorted(letter.record.event.payload for letter in letters(system)) == [b"11", b"7"]
    tried = Counter(body for bodies in given for body in bodies)
    assert tried[b"7"] == tried[b"11"] == consumer_module.ATTEMPTS
    assert worker.dead_letters == 2


def test_a_poison_error_in_a_batch_is_retried_once_alone(system, eventually):
    handler, given = gathering(system, lambda records: [bad(b"x", error=Poison("NO"))(record, 0) for record in records])
    system.append(("offer/1", b"w"), ("offer/1", b"x"), ("offer/1", b"y"))
    with system.worker(handler) as worker:
        eventually(lambda: worker.lag() == 0)
    assert given.count([b"x"]) == 1
    assert [letter.reason for letter in letters(system)] == ["NO"]
    assert [body for _, body in system.effects()] == [b"w", b"y"]


def test_a_batch_error_that_ends_within_the_attempts_leaves_no_dead_letter(system, eventually):
    handler, given = gathering(system, lambda records: 1 / (len(given) - 1))
    system.append(*((f"offer/{n}", str(n).encode()) for n in range(10)))
    with system.worker(handler) as worker:
        eventually(lambda: worker.lag() == 0)
    assert len(system.effects()) == 10
    assert letters(system) == []


def test_too_many_dead_letters_of_batches_halt_the_worker(system, eventually):
    handler, _ = gathering(system, lambda records: 1 / 0)
    system.append(*((f"offer/{n}", str(n).encode()) for n in range(30)))
    with system.worker(handler, halt_after=4) as worker:
        eventually(lambda: worker.state is State.HALTED)
    assert len(letters(system)) == 4
    with system.worker() as mended:
        eventually(lambda: mended.lag() == 0)
    assert len(system.effects()) == 26


def test_a_batch_in_conflict_is_retried_at_once(system, eventually):
    overtaken = []

    def fail(record, times):
        if len(overtaken) < 2:
            overtaken.append(times)
            raise Conflict("somebody was quicker")

    handle, calls = counting(system, fail)
    system.append(("offer/1", b"a"), ("offer/1", b"b"))
    with system.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    assert calls == {b"a": 3, b"b": 1}
    assert [body for _, body in system.effects()] == [b"a", b"b"]
    assert (worker.dead_letters, letters(system)) == (0, [])


def test_repeated_conflicts_cause_a_pause_and_no_dead_letter(system, eventually):
    passes = threading.Event()

    def fail(record, times):
        if not passes.is_set():
            raise Conflict("somebody was quicker")

    handle, calls = counting(system, fail)
    system.append(("offer/1", b"a"))
    with system.worker(handle) as worker:
        eventually(lambda: calls[b"a"] > 2 * consumer_module.ATTEMPTS)
        assert worker.state is State.WAITING
        passes.set()
        eventually(system.effects)
    assert letters(system) == []


def test_repeated_unique_violations_are_dead_lettered(system, eventually):
    handle, _ = counting(system, bad(b"b", error=Conflict("duplicate key", by_constraint=True)))
    system.append(("offer/1", b"a"), ("offer/2", b"b"), ("offer/3", b"c"))
    with system.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    assert sorted(body for _, body in system.effects()) == [b"a", b"c"]
    assert [letter.reason for letter in letters(system)] == ["Conflict"]


def test_a_programming_error_is_dead_lettered_not_retried_for_ever(system, eventually):
    def handle(unit, record):
        unit.connection.execute(text("SELECT * FROM nothing"))

    system.append(("offer/1", b"x"))
    with system.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    assert letters(system)[0].reason == OperationalError.__name__


def test_too_many_dead_letters_in_a_row_halt_the_worker(system, eventually):
    handle, _ = counting(system, lambda record, times: 1 / 0)
    system.append(*((f"offer/{n}", str(n).encode()) for n in range(30)))
    with system.worker(handle, halt_after=4) as worker:
        eventually(lambda: worker.state is State.HALTED)
        assert "ZeroDivisionError" in worker.reason
        assert worker.dead_letters_in_a_row == 4
    assert worker.state is State.HALTED
    assert len(letters(system)) == 4
    with system.worker() as mended:
        eventually(lambda: mended.lag() == 0)
    assert len(system.effects()) == 26


def test_dead_letters_among_good_records_do_not_halt(system, eventually):
    handle, _ = counting(system, bad(*(str(n).encode() for n in range(0, 30, 2))))
    system.append(*(("offer/1", str(n).encode()) for n in range(30)))
    with system.worker(handle, halt_after=4) as worker:
        eventually(lambda: worker.lag() == 0)
        assert worker.state is State.RUNNING
    assert len(letters(system)) == 15


def test_an_unexpected_error_of_the_log_halts_the_worker_visibly(system, eventually):
    class Broken:
        def consumer(self, group, topics):
            raise TypeError("not a log")

    with system.worker(log=Broken()) as worker:
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
def test_a_commit_that_fails_brings_the_batch_again_without_effect(system, eventually, error):
    system.append(*((f"offer/{n}", b"x") for n in range(10)))
    with system.worker(log=Rude(system.log, error, 3)) as worker:
        eventually(lambda: worker.lag() == 0)
    assert len(system.effects()) == 10


def test_what_a_handler_publishes_goes_with_its_effect(system, eventually):
    def handle(unit, record):
        unit.publish(system.said("told/1", record.event.payload))
        if record.event.payload == b"bad":
            raise ValueError

    system.append(("offer/1", b"good"), ("offer/1", b"bad"))
    with system.worker(handle) as worker:
        eventually(lambda: worker.lag() == 0)
    with system.units.reading() as connection:
        assert connection.execute(text("SELECT key, payload FROM outbox")).all() == [("told/1", b"good")]


def test_old_inbox_rows_go_in_small_steps(system):
    records = replayed(system, *((f"offer/{n}", b"x") for n in range(25)))
    with system.units() as unit:
        inbox.claim(unit.connection, "g", records[:20], system.clock())
    system.clock.forward(days=31)
    with system.units() as unit:
        inbox.claim(unit.connection, "g", records[20:], system.clock())
        before = system.clock() - timedelta(days=30)
        assert [inbox.prune(unit.connection, before, limit=8) for _ in range(4)] == [8, 8, 4, 0]
        assert unit.connection.execute(select(func.count()).select_from(inbox.INBOX)).scalar_one() == 5
