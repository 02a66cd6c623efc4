"""A storm of rebalances: members join, leave and fall silent all the time, and every partition moves on.

Twenty seconds, ten minutes where VIVIER_TEST_NIGHTLY is set. VIVIER_TEST_SEED chooses another storm.
"""

import os
import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
from brokers import forget
from engines import address_of, fresh_namespace

from services.kit.bus import Event, Fenced, Log, LogUnavailable, Record
from services.kit.bus_kafka import KafkaLog
from services.kit.ids import random_id

TOPIC = "vivier.test.v1"
PARTITIONS, KEYS = 8, 40
STORM = 600.0 if os.environ.get("VIVIER_TEST_NIGHTLY") else 20.0
SEED = int(os.environ.get("VIVIER_TEST_SEED", "0"))
BUSY = 2.0  # a member that is silent for longer loses its partitions
MOST = 4  # members at a time
PATIENCE = 60.0

pytestmark = pytest.mark.timeout(STORM + 240)


@pytest.fixture
def log() -> Iterator[KafkaLog]:
    brokers, namespace = address_of("kafka"), fresh_namespace()
    log = KafkaLog(brokers, namespace, session=2.0, busy=BUSY)
    log.ensure_topic(TOPIC, PARTITIONS)
    yield log
    log.close()
    forget(brokers, namespace)


class Effects:
    """What all members together have handled: how far each key is, what was skipped, where nothing moved for long."""

    def __init__(self) -> None:
        self.reached: dict[str, int] = defaultdict(lambda: -1)
        self.skipped: list[str] = []
        self.again = 0
        self.longest = 0.0
        self._moved = dict.fromkeys(range(PARTITIONS), time.monotonic())
        self._turn = threading.Lock()

    def handle(self, records: Sequence[Record]) -> None:
        with self._turn:
            for record in records:
                key, number = record.event.key, int(record.event.payload or b"")
                if number > self.reached[key] + 1:
                    self.skipped.append(f"{key} from {self.reached[key]} to {number}")
                self.again += number <= self.reached[key]
                self.reached[key] = max(number, self.reached[key])
                self._move(record.partition)

    def _move(self, partition: int) -> None:
        now = time.monotonic()
        self.longest = max(self.longest, now - self._moved[partition])
        self._moved[partition] = now


class Member(threading.Thread):
    """Handles and commits; falls silent when told."""

    def __init__(self, log: Log, effects: Effects) -> None:
        super().__init__(daemon=True)
        self._log = log
        self._effects = effects
        self.silent = threading.Event()
        self.leaving = threading.Event()
        self.start()

    def run(self) -> None:
        consumer = self._log.consumer("g", [TOPIC])
        while not self.leaving.is_set():
            if self.silent.is_set():
                self.leaving.wait(0.05)
                continue
            try:
                records = consumer.poll(0.3, 50)
                self._effects.handle(records)
                consumer.commit(records)
            except (Fenced, LogUnavailable):
                consumer.rewind()
        consumer.close()


class Storm:
    """Each second one joins, leaves, falls silent or speaks again; never are all of them silent."""

    def __init__(self, log: Log, effects: Effects, seed: int) -> None:
        self._log, self._effects, self._dice = log, effects, random.Random(seed)
        self.members = [Member(log, effects)]

    def blow(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._change()
            time.sleep(1.0)
        for member in self.members:
            member.silent.clear()

    def _change(self) -> None:
        silent = [member for member in self.members if member.silent.is_set()]
        loud = [member for member in self.members if not member.silent.is_set()]
        changes = ["join"] * (len(self.members) < MOST) + ["leave", "hush"] * (len(loud) > 1) + ["wake"] * bool(silent)
        match self._dice.choice(changes or ["join"]):
            case "join":
                self.members.append(Member(self._log, self._effects))
            case "leave":
                gone = self._dice.choice(loud)
                self.members.remove(gone)
                gone.leaving.set()
            case "hush":
                self._dice.choice(loud).silent.set()
            case "wake":
                self._dice.choice(silent).silent.clear()

    def end(self) -> None:
        for member in self.members:
            member.leaving.set()
        for member in self.members:
            member.join()


def feed(log: Log, stopping: threading.Event) -> int:
    """Until told; how many each key got."""
    number = 0
    while not stopping.wait(0.05):
        body = str(number).encode()
        log.append([Event(TOPIC, f"offer/{key}", "T", body, random_id(), datetime.now(UTC)) for key in range(KEYS)])
        number += 1
    return number


def test_every_partition_moves_on_through_a_storm_of_rebalances(log, record_property):
    effects, stopping, fed = Effects(), threading.Event(), []
    feeder = threading.Thread(target=lambda: fed.append(feed(log, stopping)))
    feeder.start()
    storm = Storm(log, effects, SEED)
    try:
        storm.blow(STORM)
        stopping.set()
        feeder.join()
        until = time.monotonic() + PATIENCE
        while log.committed("g", TOPIC) != log.ends(TOPIC):
            assert time.monotonic() < until, f"seed {SEED}: {log.committed('g', TOPIC)} of {log.ends(TOPIC)}"
            time.sleep(0.1)
    finally:
        stopping.set()
        storm.end()
    assert not effects.skipped, f"seed {SEED}: {effects.skipped}"
    assert effects.reached == {f"offer/{key}": fed[0] - 1 for key in range(KEYS)}, f"seed {SEED}"
    told = f"storm of {STORM:g} s, seed {SEED}: {KEYS * fed[0]} records, {effects.again} handled again"
    record_property("measured", f"{told}, a partition stood still for {effects.longest:.1f} s at most")
