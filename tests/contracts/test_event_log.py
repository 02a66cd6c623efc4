"""What `services.kit.bus` guarantees, tried on every adapter.

An adapter is one line in ADAPTERS: how to open the log at an address, as any process of the system would. Of Kafka the
address is `brokers/namespace`: every test has its own. Run as a script this file is the other process.
"""

import os
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from brokers import alter, forget
from engines import address_of, fresh_namespace

from services.kit.bus import Consumer, Event, Fenced, Log, Record, partition_of
from services.kit.bus_embedded import EmbeddedLog
from services.kit.bus_kafka import KafkaLog
from services.kit.ids import random_id

SESSION = 1.0  # how long a consumer of these tests may be silent
PATIENCE = 60.0
TOPIC = "vivier.test.v1"
PARTITIONS = 4
WHEN = datetime(2026, 3, 1, 12, 30, 0, 123456, UTC)


def kafka(address: str) -> Log:
    brokers, _, namespace = address.partition("/")
    return KafkaLog(brokers, namespace, session=3 * SESSION, busy=3 * SESSION)


ADAPTERS: dict[str, Callable[[str], Log]] = {
    "embedded": lambda address: EmbeddedLog(address, session=SESSION),
    "kafka": kafka,
}
LogFactory = Callable[[], Log]


class Opened:
    """Opens the same log again and again, and closes what was opened."""

    def __init__(self, adapter: str, address: str) -> None:
        self.adapter = adapter
        self.address = address
        self.logs: list[Log] = []

    def __call__(self) -> Log:
        log = ADAPTERS[self.adapter](self.address)
        self.logs.append(log)
        return log


@pytest.fixture(params=ADAPTERS)
def log_factory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    brokers, namespace = "", ""
    address = str(tmp_path / "log.db")
    if request.param == "kafka":
        brokers, namespace = address_of("kafka"), fresh_namespace()
        address = f"{brokers}/{namespace}"
    opened = Opened(request.param, address)
    yield opened
    for log in opened.logs:
        log.close()
    if brokers:
        forget(brokers, namespace)


@pytest.fixture
def log(log_factory: Opened) -> Log:
    log = log_factory()
    log.ensure_topic(TOPIC, PARTITIONS)
    return log


def event(key: str, body: bytes | None = b"x", topic: str = TOPIC) -> Event:
    return Event(topic, key, "vivier.test.v1.Changed", body, random_id(), WHEN, {"traceparent": "00-ab-cd-01"})


def events(count: int, keys: int = 7) -> list[Event]:
    return [event(f"offer/{n % keys}", str(n).encode()) for n in range(count)]


def drain(consumer: Consumer, count: int, limit: int = 50) -> list[Record]:
    """Poll until so many have come."""
    got: list[Record] = []
    until = time.monotonic() + PATIENCE
    while len(got) < count:
        assert time.monotonic() < until, f"{len(got)} of {count} records"
        got += consumer.poll(0.2, limit)
    return got


def bodies(records: Sequence[Record]) -> dict[str, list[bytes | None]]:
    by_key = defaultdict(list)
    for record in records:
        by_key[record.event.key].append(record.event.payload)
    return dict(by_key)


def partitions(records: Sequence[Record]) -> set[int]:
    return {record.partition for record in records}


def test_a_record_is_the_event_as_it_was_given(log: Log) -> None:
    given = [event("offer/é☃", bytes(range(256))), event("offer/2", b""), event("offer/3", None)]
    log.append(given)
    got = drain(log.consumer("g", [TOPIC]), 3)
    assert sorted((r.event for r in got), key=lambda e: e.id) == sorted(given, key=lambda e: e.id)


def test_one_key_keeps_its_order_in_one_partition(log: Log) -> None:
    given = events(300)
    for start in range(0, 300, 20):
        log.append(given[start : start + 20])
    got = drain(log.consumer("g", [TOPIC]), 300)
    for key in {e.key for e in given}:
        mine = [r for r in got if r.event.key == key]
        assert len(partitions(mine)) == 1
        assert [r.event.payload for r in mine] == [e.payload for e in given if e.key == key]
        assert [r.offset for r in mine] == sorted(r.offset for r in mine)


def test_threads_that_append_at_once_keep_each_its_order(log: Log) -> None:
    def work(name: int) -> None:
        for n in range(20):
            log.append([event(f"offer/{name}", str(n).encode())])

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got = bodies(list(log.replay(TOPIC)))
    assert got == {f"offer/{name}": [str(n).encode() for n in range(20)] for name in range(6)}


def test_a_key_goes_to_the_same_partition_for_ever(log: Log, log_factory: LogFactory) -> None:
    log.append(events(7))
    log_factory().append(events(7))
    places = defaultdict(set)
    for record in log.replay(TOPIC):
        places[record.event.key].add(record.partition)
    assert places == {key: {partition_of(key, PARTITIONS)} for key in places}


def test_poll_waits_no_longer_than_told_and_wakes_at_once(log: Log) -> None:
    consumer = log.consumer("g", [TOPIC])
    started = time.monotonic()
    assert list(consumer.poll(0.1, 10)) == []
    assert 0.09 < time.monotonic() - started < 1.5
    threading.Timer(0.1, lambda: log.append(events(1))).start()
    started = time.monotonic()
    assert len(consumer.poll(PATIENCE, 10)) == 1
    assert time.monotonic() - started < PATIENCE / 4


def test_poll_gives_no_more_than_asked(log: Log) -> None:
    log.append(events(30))
    consumer = log.consumer("g", [TOPIC])
    assert len(consumer.poll(1, 7)) == 7


@pytest.mark.parametrize("group", range(4))
def test_very_short_polls_make_progress(log: Log, group: int) -> None:
    log.append(events(10))
    consumer = log.consumer(f"g{group}", [TOPIC])
    got: list[Record] = []
    until = time.monotonic() + PATIENCE
    while len(got) < 10:
        assert time.monotonic() < until, f"{len(got)} records"
        got += consumer.poll(0.004, 10)
    consumer.commit(got)


def test_groups_are_independent(log: Log) -> None:
    log.append(events(40))
    one, two = log.consumer("one", [TOPIC]), log.consumer("two", [TOPIC])
    got = drain(one, 40)
    one.commit(got)
    assert bodies(drain(two, 40)) == bodies(got)
    assert sum(log.committed("one", TOPIC).values()) == 40
    assert sum(log.committed("two", TOPIC).values()) == 0


def test_a_group_goes_on_where_it_committed(log: Log, log_factory: LogFactory) -> None:
    log.append(events(40))
    first = log.consumer("g", [TOPIC])
    done = drain(first, 10, limit=10)
    first.commit(done)
    first.close()
    rest = drain(log_factory().consumer("g", [TOPIC]), 30)
    assert {r.event.id for r in rest}.isdisjoint(r.event.id for r in done)


def test_a_group_that_never_committed_is_at_the_beginning(log: Log) -> None:
    log.append(events(10))
    assert log.committed("g", TOPIC) == dict.fromkeys(range(PARTITIONS), 0)
    assert log.committed("g", "never") == log.ends("never") == {}


def test_committing_nothing_or_the_same_again_changes_nothing(log: Log) -> None:
    log.append(events(10))
    consumer = log.consumer("g", [TOPIC])
    consumer.commit([])
    got = drain(consumer, 10)
    consumer.commit(got)
    consumer.commit(got)
    assert log.committed("g", TOPIC) == log.ends(TOPIC)


def test_a_large_record_goes_through_whole(log: Log) -> None:
    large = os.urandom(1 << 20) * 20
    log.append([event("offer/1", large), event("offer/1", b"next")])
    got = drain(log.consumer("g", [TOPIC]), 2)
    assert [r.event.payload for r in got] == [large, b"next"]
    assert [r.event.payload for r in log.replay(TOPIC)] == [large, b"next"]


def test_a_group_of_two_topics_reads_both(log: Log) -> None:
    log.ensure_topic("other", 1)
    log.append([event("a", topic=TOPIC), event("b", topic="other")])
    assert {r.event.topic for r in drain(log.consumer("g", [TOPIC, "other"]), 2)} == {TOPIC, "other"}


def test_a_topic_may_come_after_its_consumer(log: Log) -> None:
    consumer = log.consumer("g", ["late"])
    assert list(consumer.poll(0.05, 10)) == []
    log.ensure_topic("late", 2)
    log.append([event("a", topic="late")])
    assert len(drain(consumer, 1)) == 1


def test_the_number_of_partitions_never_changes(log: Log) -> None:
    log.ensure_topic(TOPIC, PARTITIONS * 2)
    assert set(log.ends(TOPIC)) == set(range(PARTITIONS))


def test_what_is_not_committed_comes_again_after_rewind(log: Log) -> None:
    log.append(events(20))
    consumer = log.consumer("g", [TOPIC])
    got = drain(consumer, 20)
    consumer.rewind()
    assert {r.event.id for r in drain(consumer, 20)} == {r.event.id for r in got}
    consumer.commit(got)
    consumer.rewind()
    assert list(consumer.poll(0.1, 50)) == []


def test_replay_starts_at_the_beginning_and_stops_where_told(log: Log) -> None:
    log.append(events(50))
    consumer = log.consumer("g", [TOPIC])
    consumer.commit(drain(consumer, 50))
    ends = log.ends(TOPIC)
    log.append(events(10))
    assert len(list(log.replay(TOPIC, ends))) == 50
    assert len(list(log.replay(TOPIC))) == 60
    assert len(list(log.replay(TOPIC, {0: ends[0], 1: 0}))) == ends[0] + ends[2] + ends[3] + 10 - sum(
        1 for r in log.replay(TOPIC) if r.partition < 2 and r.offset >= ends[r.partition]
    )


def test_a_consumer_that_joins_takes_its_share(log: Log) -> None:
    log.append(events(200, keys=50))
    first = log.consumer("g", [TOPIC])
    first.commit(drain(first, 200))
    second = log.consumer("g", [TOPIC])
    shares = spread(log, [first, second])
    assert [len(each) for each in shares] == [PARTITIONS // 2, PARTITIONS // 2]
    assert shares[0].isdisjoint(shares[1])


def test_a_consumer_that_leaves_gives_its_share_at_once(log: Log) -> None:
    first, second = log.consumer("g", [TOPIC]), log.consumer("g", [TOPIC])
    spread(log, [first, second])
    second.close()
    started = time.monotonic()
    assert len(spread(log, [first])[0]) == PARTITIONS
    assert time.monotonic() - started < PATIENCE


def test_a_consumer_that_falls_silent_loses_its_share_and_is_fenced(log: Log) -> None:
    first, second = log.consumer("g", [TOPIC]), log.consumer("g", [TOPIC])
    spread(log, [first, second])
    log.append(events(100, keys=50))
    held = drain(first, 1)
    got = drain(second, 100)
    second.commit(got)
    with pytest.raises(Fenced):
        first.commit(held)
    assert sum(log.committed("g", TOPIC).values()) == sum(log.ends(TOPIC).values())
    assert held[0].event.id in {r.event.id for r in got}


def test_a_partition_that_comes_back_is_read_from_what_is_committed(log: Log) -> None:
    first, second = log.consumer("g", [TOPIC]), log.consumer("g", [TOPIC])
    spread(log, [first, second])
    log.append(events(100, keys=50))
    assert drain(first, 1, limit=200)
    lost = drain(second, 100)
    second.close()
    assert {r.event.id for r in drain(first, 100)} == {r.event.id for r in lost}


def test_members_come_and_go_while_records_flow(log: Log) -> None:
    """Every record is handled, each key's in order, though every member but the first soon leaves again."""
    effects = Effects()
    calm, done = threading.Event(), threading.Event()

    def work(leaving: threading.Event) -> None:
        consumer = log.consumer("g", [TOPIC])
        while not leaving.is_set():
            records = consumer.poll(0.1, 20)
            effects.handle(records)
            try:
                consumer.commit(records)
            except Fenced:
                consumer.rewind()
        consumer.close()

    def come_and_go() -> None:
        while not calm.is_set():
            leaving = threading.Event()
            threading.Timer(0.5, leaving.set).start()
            work(leaving)

    first = threading.Thread(target=work, args=(done,))
    others = [threading.Thread(target=come_and_go) for _ in range(2)]
    for member in (first, *others):
        member.start()
    for n in range(150):
        log.append([event(f"offer/{key}", str(n).encode()) for key in range(20)])
        time.sleep(0.02)
    calm.set()
    until = time.monotonic() + PATIENCE
    while log.committed("g", TOPIC) != log.ends(TOPIC) and time.monotonic() < until:
        time.sleep(0.05)
    done.set()
    for member in (first, *others):
        member.join()
    assert not effects.skipped
    assert effects.reached == {f"offer/{key}": 149 for key in range(20)}


class Effects:
    """How far each key is, and what came before its turn."""

    def __init__(self) -> None:
        self.reached: dict[str, int] = {}
        self.skipped: list[str] = []
        self._turn = threading.Lock()

    def handle(self, records: Sequence[Record]) -> None:
        with self._turn:
            for record in records:
                key, number = record.event.key, int(record.event.payload or b"")
                if number > self.reached.get(key, -1) + 1:
                    self.skipped.append(f"{key}: {number} after {self.reached.get(key)}")
                self.reached[key] = max(number, self.reached.get(key, -1))


def spread(log: Log, consumers: Sequence[Consumer]) -> list[set[int]]:
    """Which partitions each reads, once all are read, by one each, and evenly; nothing is left to read then."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        log.append(events(50, keys=50))
        seen = [read(consumer) for consumer in consumers]
        settled = sum(map(len, seen)) == PARTITIONS == len(set.union(*seen)) and len({len(s) for s in seen}) == 1
        if settled and log.committed("g", TOPIC) == log.ends(TOPIC):
            return seen
    raise AssertionError("the partitions never settled")


def read(consumer: Consumer) -> set[int]:
    """Read and commit until no more comes; of which partitions it was."""
    seen = set()
    while records := consumer.poll(0.3, 500):
        try:
            consumer.commit(records)
        except Fenced:
            consumer.rewind()
        else:
            seen |= partitions(records)
    return seen


def compacted(log: Log, opened: Opened) -> None:
    """Kafka compacts by itself, in its own time, but never the newest part of a partition: so there `rolling` appends
    make older parts of what was the newest, and the topic is told to wait for nothing.
    """
    if opened.adapter == "embedded":
        log.compact(TOPIC)
        return
    brokers, _, namespace = opened.address.partition("/")
    at_once = {"min.compaction.lag.ms": 0, "max.compaction.lag.ms": 1, "segment.ms": 1}
    alter(brokers, f"{namespace}.{TOPIC}", at_once | {"min.cleanable.dirty.ratio": 0.001})
    until = time.monotonic() + PATIENCE
    while True:
        log.append(rolling())
        old = [r for r in log.replay(TOPIC) if r.event.type != ROLLING]
        if len({r.event.key for r in old}) == len(old):
            return
        assert time.monotonic() < until, f"{len(old)} records are left"
        time.sleep(0.5)


ROLLING = "vivier.test.v1.Rolling"


def rolling() -> list[Event]:
    """One for each partition, of now."""
    keys: dict[int, str] = {}
    for n in range(100):
        keys.setdefault(partition_of(f"rolling/{n}", PARTITIONS), f"rolling/{n}")
    return [Event(TOPIC, key, ROLLING, b"", random_id(), datetime.now(UTC)) for key in keys.values()]


def test_after_compaction_each_key_has_its_newest_record(log: Log, log_factory: Opened) -> None:
    given = [*events(70), event("offer/3", None)]
    log.append(given)
    ends = log.ends(TOPIC)
    compacted(log, log_factory)
    left = bodies([r for r in log.replay(TOPIC) if r.event.type != ROLLING])
    newest = {e.key: [e.payload] for e in given}
    assert left == newest
    assert all(end >= ends[number] for number, end in log.ends(TOPIC).items())
    assert bodies([r for r in log.replay(TOPIC, ends) if r.event.type != ROLLING]) == newest


def test_offsets_are_never_given_twice(log: Log, log_factory: Opened) -> None:
    log.append([event("offer/1"), event("offer/1", None)])
    before = {(r.partition, r.offset) for r in log.replay(TOPIC)}
    compacted(log, log_factory)
    log_factory().append([event("offer/1", b"again")])
    compacted(log, log_factory)
    last = next(r for r in log.replay(TOPIC) if r.event.key == "offer/1")
    assert last.event.payload == b"again"
    assert (last.partition, last.offset) not in before


def test_a_reader_that_is_behind_gets_the_tombstone(log: Log, log_factory: Opened) -> None:
    consumer = log.consumer("g", [TOPIC])
    log.append([event("offer/1", b"a")])
    consumer.commit(drain(consumer, 1))
    log.append([event("offer/1", b"b"), event("offer/1", None)])
    consumer.close()
    compacted(log, log_factory)
    again = log.consumer("g", [TOPIC])
    got: list[Record] = []
    while not got:
        got = [r for r in drain(again, 1) if r.event.key == "offer/1"]
    assert [r.event.payload for r in got] == [None]


def test_what_was_appended_is_there_after_reopening(log: Log, log_factory: LogFactory) -> None:
    log.append(events(25))
    log.close()
    again = log_factory()
    assert len(list(again.replay(TOPIC))) == 25
    assert sum(again.ends(TOPIC).values()) == 25


def test_an_unknown_topic_is_an_error_of_the_caller_alone(log: Log) -> None:
    with pytest.raises(ValueError, match="never"):
        log.append([event("a", topic="never")])
    log.append(events(1))


def test_closing_wakes_a_poll_of_another_thread(log: Log) -> None:
    consumer = log.consumer("g", [TOPIC])
    threading.Timer(0.1, consumer.close).start()
    started = time.monotonic()
    assert list(consumer.poll(PATIENCE, 10)) == []
    assert time.monotonic() - started < PATIENCE / 4


def other_process(opened: Opened, work: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__, opened.adapter, opened.address, work],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "support")},
    )


def test_two_processes_share_the_work(log: Log, log_factory: Opened) -> None:
    """The other process appends, consumes in the same group and leaves; between them every record is committed."""
    mine = log.consumer("g", [TOPIC])
    child = other_process(log_factory, "share")
    got: list[Record] = []
    until = time.monotonic() + PATIENCE
    while child.poll() is None or log.committed("g", TOPIC) != log.ends(TOPIC):
        assert time.monotonic() < until
        records = mine.poll(0.05, 50)
        try:
            mine.commit(records)
        except Fenced:
            mine.rewind()
        else:
            got += records
    assert child.returncode == 0
    theirs = child.stdout.read().split() if child.stdout else []
    assert theirs
    assert {r.event.id for r in got} | set(theirs) == {r.event.id for r in log.replay(TOPIC)}


def share(log: Log, consumer: Consumer) -> None:
    """Appends until it has got some of it."""
    done = 0
    while not done:
        log.append(events(20, keys=40))
        records = consumer.poll(0.2, 10)
        try:
            consumer.commit(records)
        except Fenced:
            consumer.rewind()
        else:
            done += len(records)
            print(*(r.event.id for r in records))


def test_what_a_killed_consumer_held_comes_again(log: Log, log_factory: Opened) -> None:
    given = events(20)
    log.append(given)
    child = other_process(log_factory, "hold")
    assert child.stdout is not None
    held = set(child.stdout.readline().split())
    child.kill()
    child.wait()
    assert held
    assert {r.event.id for r in drain(log.consumer("g", [TOPIC]), 20)} == {e.id for e in given}


def hold(log: Log, consumer: Consumer) -> None:
    """Gets some, and commits nothing."""
    print(*(r.event.id for r in drain(consumer, 1)), flush=True)
    time.sleep(PATIENCE)


def in_other_process(adapter: str, address: str, work: str) -> None:
    log = ADAPTERS[adapter](address)
    consumer = log.consumer("g", [TOPIC])
    {"share": share, "hold": hold}[work](log, consumer)
    consumer.close()
    log.close()


if __name__ == "__main__":
    in_other_process(*sys.argv[1:])
