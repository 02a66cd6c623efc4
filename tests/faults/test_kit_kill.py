"""Real processes are killed and frozen at the worst moments: nothing acknowledged is lost, nothing happens twice.

Run as a script this file is the victim: a small service that says numbers, hears them, and dies where it is told.
VIVIER_TEST_SEEDS is the number of seeds for the test that kills at any moment.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from services.kit.bus import Consumer, Event, Log, Record
from services.kit.bus_embedded import EmbeddedLog
from services.kit.clock import system_clock
from services.kit.consumer import Worker
from services.kit.database import open_database
from services.kit.ids import random_id
from services.kit.outbox import Unit, Units
from services.kit.relay import Relay

TOPIC, SAID = "vivier.test.v1", "vivier.test.v1.Said"
KEYS = 3
SEEDS = range(int(os.environ.get("VIVIER_TEST_SEEDS", "3")))
PATIENCE = 30.0
METADATA = MetaData()
COLUMNS = (Column("n", Integer, primary_key=True), Column("key", String), Column("body", String))
EFFECTS = Table("effects", METADATA, *COLUMNS)


@dataclass(frozen=True)
class Said:
    number: int


def said(event: Said) -> Event:
    body = str(event.number).encode()
    return Event(TOPIC, f"offer/{event.number % KEYS}", SAID, body, "", datetime.min.replace(tzinfo=UTC))


def effect(unit: Unit, record: Record) -> None:
    assert record.event.payload is not None
    unit.connection.execute(insert(EFFECTS), {"key": record.event.key, "body": record.event.payload.decode()})


class Lethal:
    """A log that sends this process a signal before or after it does something; what it is, `moment` says."""

    def __init__(self, log: Log, moment: str) -> None:
        self._log = log
        self._moment = moment

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def _meet(self, moment: str) -> None:
        kind, _, mine = self._moment.partition(" ")
        if moment == mine:
            self._moment = ""
            os.kill(os.getpid(), getattr(signal, kind))
            time.sleep(0.2)  # the signal may reach another thread first; go no further meanwhile

    def append(self, events: Sequence[Event]) -> None:
        self._meet("before append")
        self._log.append(events)
        self._meet("after append")

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        consumer = self._log.consumer(group, topics)
        poll, commit = consumer.poll, consumer.commit

        def lethal_poll(timeout: float, limit: int) -> Sequence[Record]:
            records = poll(timeout, limit)
            if records:
                self._meet("after poll")
            return records

        def lethal_commit(records: Sequence[Record]) -> None:
            self._meet("before commit")
            try:
                commit(records)
            except Exception as error:
                print("commit", type(error).__name__, flush=True)
                raise
            self._meet("after commit")

        consumer.poll = lethal_poll  # type: ignore[method-assign]
        consumer.commit = lethal_commit  # type: ignore[method-assign]
        return consumer


class Service:
    def __init__(self, folder: Path, moment: str = "") -> None:
        self.log = Lethal(EmbeddedLog(folder / "log.db", session=1.0), moment)
        self.log.ensure_topic(TOPIC, 2)
        self.units = Units(open_database(folder / "store.db", METADATA), {Said: said}, system_clock, random_id)
        self.relay = Relay(self.units, self.log)
        self.worker = Worker(self.log, "g", [TOPIC], self.units, {SAID: effect}, batch=20)

    def say(self, number: int) -> None:
        with self.units() as unit:
            unit.publish(Said(number))

    def effects(self) -> list[tuple[str, int]]:
        with self.units.reading() as connection:
            return [(row.key, int(row.body)) for row in connection.execute(select(EFFECTS).order_by(EFFECTS.c.n))]

    def settled(self) -> bool:
        return self.relay.lag().rows == 0 and self.worker.lag() == 0

    def close(self) -> None:
        self.log.close()
        self.units.database.close()


class Victim:
    """The other process, and what it said before it died."""

    def __init__(self, folder: Path, moment: str, first: int, count: int) -> None:
        command = [sys.executable, __file__, str(folder), moment, str(first), str(count)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines += (line.strip() for line in self.process.stdout)

    @property
    def acknowledged(self) -> set[int]:
        return {int(line) for line in self.lines if line.isdigit()}

    def die(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait(PATIENCE)
        self._reader.join()


@contextmanager
def victim(folder: Path, moment: str, first: int = 0, count: int = 10) -> Iterator[Victim]:
    started = Victim(folder, moment, first, count)
    try:
        yield started
    finally:
        started.die()


@pytest.fixture
def survivor(tmp_path: Path) -> Iterator[Callable[[], Service]]:
    opened: list[Service] = []

    def start() -> Service:
        service = Service(tmp_path)
        opened.append(service)
        service.relay.start()
        service.worker.start()
        return service

    yield start
    for service in opened:
        service.worker.stop()
        service.relay.stop()
        service.close()


def eventually(condition: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.01)


def assert_sound(service: Service, acknowledged: set[int], what: str) -> None:
    times = Counter(number for _, number in service.effects())
    assert acknowledged <= set(times), f"{what}: lost {acknowledged - set(times)}"
    assert set(times.values()) <= {1}, f"{what}: twice {[n for n, t in times.items() if t > 1]}"
    by_key = defaultdict(list)
    for key, number in service.effects():
        by_key[key].append(number)
    assert all(each == sorted(each) for each in by_key.values()), f"{what}: out of order {dict(by_key)}"


@pytest.mark.parametrize(
    "moment", ["SIGKILL before append", "SIGKILL after append", "SIGKILL before commit", "SIGKILL after commit"]
)
def test_killed_at_this_moment_all_is_there_after_the_restart_once(tmp_path, survivor, moment):
    with victim(tmp_path, moment) as dead:
        assert dead.process.wait(PATIENCE) == -signal.SIGKILL
    assert dead.acknowledged
    service = survivor()
    eventually(service.settled)
    assert_sound(service, dead.acknowledged, moment)


@pytest.mark.parametrize("moment", ["SIGSTOP after poll", "SIGSTOP before commit"])
def test_a_frozen_consumer_is_replaced_and_does_nothing_when_it_thaws(tmp_path, survivor, moment):
    with victim(tmp_path, moment) as zombie:
        os.waitpid(zombie.process.pid, os.WUNTRACED)
        service = survivor()
        eventually(lambda: len(service.effects()) == 10)
        eventually(service.settled)
        os.kill(zombie.process.pid, signal.SIGCONT)
        eventually(lambda: "commit Fenced" in zombie.lines)
    assert_sound(service, set(range(10)), moment)


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_any_moment_nothing_is_lost_or_done_twice(tmp_path, survivor, seed):
    dice = random.Random(seed)
    acknowledged: set[int] = set()
    for turn in range(2):
        with victim(tmp_path, "", first=turn * 10_000, count=10_000) as dead:
            eventually(lambda dead=dead: dead.lines)
            time.sleep(dice.uniform(0, 0.3))
        acknowledged |= dead.acknowledged
    service = survivor()
    eventually(service.settled)
    assert_sound(service, acknowledged, f"seed {seed}")


def live(folder: str, moment: str, first: str, count: str) -> None:
    service = Service(Path(folder), moment)
    if moment.endswith("append"):
        service.relay.start()
    for number in range(int(first), int(first) + int(count)):
        if moment == "" and number == int(first):
            service.relay.start()
            service.worker.start()
        service.say(number)
        print(number, flush=True)
    if moment:
        service.relay.sweep()
        service.worker.start()
    time.sleep(PATIENCE)


if __name__ == "__main__":
    live(*sys.argv[1:])
