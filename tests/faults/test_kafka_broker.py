"""Brokers are killed, stopped and frozen while events are appended: what was acknowledged is there, keys in order.

The appending threads do as the relay does: what is refused is appended again, until it is taken. So a record may be
there twice, but nothing may stand behind a newer record of its key at the end: compaction would keep it.
"""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

import pytest
from engines import private

from devtools.engines.kafka import Kafka
from services.kit.bus import Consumer, Event, Fenced, Log, LogUnavailable
from services.kit.bus_kafka import KafkaLog
from services.kit.bus_kafka import producer as bus_producer
from services.kit.ids import random_id

TOPIC = "vivier.test.v1"
THREADS, KEYS_EACH, BATCH = 3, 4, 20
PATIENCE = 90.0

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def one_broker() -> Iterator[Kafka]:
    with private(Kafka) as engine:
        yield engine


@pytest.fixture
def log(one_broker: Kafka) -> Iterator[KafkaLog]:
    log = KafkaLog(one_broker.address, namespace=f"t{random_id()[:12]}")
    log.ensure_topic(TOPIC, 4)
    yield log
    log.close()


class Publishers:
    """Threads that append, each for its own keys, and what they know."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.acknowledged: dict[str, int] = defaultdict(lambda: -1)
        self.refusals: list[str] = []
        self.longest = 0.0
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._publish, args=(n,)) for n in range(THREADS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _publish(self, thread: int) -> None:
        numbers = dict.fromkeys((f"offer/{thread}-{n}" for n in range(KEYS_EACH)), 0)
        while not self._stopping.is_set():
            batch = []
            for n in range(BATCH):
                key = f"offer/{thread}-{n % KEYS_EACH}"
                batch.append(Event(TOPIC, key, "T", str(numbers[key]).encode(), random_id(), datetime.now(UTC)))
                numbers[key] += 1
            self._insist(batch)

    def _insist(self, batch: list[Event]) -> None:
        while not self._append(batch):
            if self._stopping.wait(0.2):
                return
        for event in batch:
            self.acknowledged[event.key] = int(event.payload or b"")

    def _append(self, batch: list[Event]) -> bool:
        started = time.monotonic()
        try:
            self.log.append(batch)
        except LogUnavailable as error:
            self.refusals.append(str(error))
            return False
        finally:
            self.longest = max(self.longest, time.monotonic() - started)
        return True

    def assert_sound(self, what: str) -> str:
        """Nothing lost, no gap, nothing old behind the newest; what is worth telling."""
        seen: dict[str, list[int]] = defaultdict(list)
        for record in self.log.replay(TOPIC):
            seen[record.event.key].append(int(record.event.payload or b""))
        for key, last in self.acknowledged.items():
            reached = -1
            for number in seen[key]:
                assert number <= reached + 1, f"{what}: {key} jumps from {reached} to {number}"
                reached = max(reached, number)
            assert reached >= last, f"{what}: {key} was acknowledged to {last}, and is there to {reached}"
            assert seen[key][-1] == reached, f"{what}: {key} ends with {seen[key][-1]}, which is older than {reached}"
        there = sum(map(len, seen.values()))
        twice = there - sum(len(set(each)) for each in seen.values())
        refused = f"{len(self.refusals)} appends refused, the longest took {self.longest:.1f} s"
        return f"{what}: {there} records, {twice} of them twice, {refused}"


@contextmanager
def publishing(log: Log) -> Iterator[Publishers]:
    publishers = Publishers(log)
    publishers.start()
    try:
        eventually(lambda: len(publishers.acknowledged) == THREADS * KEYS_EACH)
        yield publishers
        after_all_this(publishers)
    finally:
        publishers.stop()


def after_all_this(publishers: Publishers) -> None:
    """Every key goes on."""
    before = dict(publishers.acknowledged)
    eventually(lambda: all(publishers.acknowledged[key] > last for key, last in before.items()))


def eventually(condition: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.05)


@pytest.mark.parametrize("seed", range(2))
def test_a_broker_killed_while_it_writes(one_broker, log, record_property, seed):
    dice = random.Random(seed)
    with publishing(log) as publishers:
        for _ in range(2):
            time.sleep(dice.uniform(0.1, 1.5))
            one_broker.kill()
            time.sleep(dice.uniform(0.0, 1.0))
            one_broker.start()
            after_all_this(publishers)
    record_property("measured", publishers.assert_sound(f"killed twice, seed {seed}"))


def test_a_broker_stopped_for_a_while(one_broker, log, record_property):
    """Whoever reads learns of it too, and goes on by itself."""
    consumer = log.consumer("g", [TOPIC])
    with publishing(log) as publishers:
        eventually(lambda: reads(consumer))
        one_broker.stop()
        eventually(lambda: publishers.refusals)
        eventually(lambda: not reads(consumer))
        assert one_broker.address in publishers.refusals[0]
        assert "VIVIER_KAFKA" in publishers.refusals[0]
        time.sleep(10)
        one_broker.start()
        eventually(lambda: reads(consumer))
    eventually(lambda: reads(consumer) and log.committed("g", TOPIC) == log.ends(TOPIC))
    record_property("measured", publishers.assert_sound("stopped"))


def reads(consumer: Consumer) -> bool:
    """Whether the brokers answer."""
    try:
        consumer.commit(consumer.poll(1.0, 500))
    except LogUnavailable:
        consumer.rewind()
        return False
    except Fenced:
        consumer.rewind()
    return True


def test_a_broker_frozen_and_thawed(one_broker, log, record_property):
    """Long enough for appends to be refused; their records are in its hands, and are not to land late."""
    with publishing(log) as publishers:
        one_broker.pause()
        try:
            eventually(lambda: len(publishers.refusals) > THREADS)
            time.sleep(10)
        finally:
            one_broker.resume()
    record_property("measured", publishers.assert_sound("frozen"))


def test_a_producer_that_is_long_in_doubt_is_given_up(one_broker, log, monkeypatch, record_property):
    """It leaves no thread behind that would go on sending."""
    monkeypatch.setattr(bus_producer, "GIVE_UP_SECONDS", 1.0)
    before = senders()
    with publishing(log) as publishers:
        assert len(senders() - before) == 1
        one_broker.pause()
        try:
            eventually(lambda: not senders() - before)
        finally:
            one_broker.resume()
    assert len(senders() - before) == 1
    record_property("measured", publishers.assert_sound("given up"))


def senders() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.endswith("-network-thread")}


def test_one_of_three_brokers_killed(record_property):
    """Whichever it is: each leads some partitions."""
    with private(partial(Kafka, brokers=3)) as engine:
        log = KafkaLog(engine.address, replication=3)
        log.ensure_topic(TOPIC, 6)
        with publishing(log) as publishers:
            engine.kill(broker=random.Random(0).randrange(3))
            after_all_this(publishers)
            engine.start()
        told = publishers.assert_sound("one of three killed")
        log.close()
    record_property("measured", told)
