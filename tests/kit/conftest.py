"""A small system: one log, one store that publishes and listens, a clock, and faults to inject."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, insert, select

from services.kit.bus import Event, Log, Record
from services.kit.bus_embedded import EmbeddedLog
from services.kit.consumer import Worker
from services.kit.database import open_database
from services.kit.dispatch import Batch, Handler
from services.kit.ids import random_id
from services.kit.outbox import Unit, Units
from services.kit.relay import Relay

TOPIC = "vivier.test.v1"
SAID = "vivier.test.v1.Said"
METADATA = MetaData()
EFFECTS = Table(
    "effects",
    METADATA,
    Column("n", Integer, primary_key=True),
    Column("key", String, nullable=False),
    Column("body", LargeBinary),
)


@dataclass(frozen=True)
class Said:
    """The domain event of these tests."""

    key: str
    body: bytes | None


class Clock:
    """Stands still until told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class FaultyLog:
    """The log, with faults: `refuse` is asked before each append and may raise."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.refuse: Callable[[Sequence[Event]], None] = lambda events: None
        self.appended: list[Event] = []

    def append(self, events: Sequence[Event]) -> None:
        self.refuse(events)
        self._log.append(events)
        self.appended += events

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


def said(event: Said) -> Event:
    return Event(TOPIC, event.key, SAID, event.body, "", datetime.min.replace(tzinfo=UTC))


class System:
    said = Said

    def __init__(self, folder: Path) -> None:
        self.log = FaultyLog(EmbeddedLog(folder / "log.db", session=1.0))
        self.log.ensure_topic(TOPIC, 4)
        self.clock = Clock()
        self.units = Units(open_database(folder / "store.db", METADATA), {Said: said}, self.clock, random_id)

    def say(self, *pairs: tuple[str, bytes | None]) -> None:
        with self.units() as unit:
            for key, body in pairs:
                unit.publish(Said(key, body))

    def append(self, *pairs: tuple[str, bytes | None]) -> list[Event]:
        """Straight into the log."""
        events = [Event(TOPIC, key, SAID, body, random_id(), self.clock()) for key, body in pairs]
        self.log.append(events)
        return events

    def logged(self) -> list[tuple[str, bytes | None]]:
        return [(r.event.key, r.event.payload) for r in self.log.replay(TOPIC)]

    def effects(self) -> list[tuple[str, bytes | None]]:
        with self.units.reading() as connection:
            rows = connection.execute(select(EFFECTS).order_by(EFFECTS.c.n))
            return [(row.key, row.body) for row in rows]

    @staticmethod
    def effect(unit: Unit, record: Record) -> None:
        unit.connection.execute(insert(EFFECTS), {"key": record.event.key, "body": record.event.payload})

    @contextmanager
    def worker(
        self, handler: Handler | Batch | None = None, log: Log | None = None, **options: Any
    ) -> Iterator[Worker]:
        handler = handler or self.effect
        worker = Worker(log or self.log, "g", [TOPIC], self.units, {SAID: handler, "person/": handler}, **options)
        worker.start()
        try:
            yield worker
        finally:
            worker.stop()

    @contextmanager
    def relay(self) -> Iterator[Relay]:
        relay = Relay(self.units, self.log, every=0.5)
        relay.start()
        try:
            yield relay
        finally:
            relay.stop()

    def close(self) -> None:
        self.log.close()
        self.units.database.close()


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    system = System(tmp_path)
    yield system
    system.close()


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    def wait(condition: Callable[[], object], within: float = 15.0) -> None:
        until = time.monotonic() + within
        while not condition():
            assert time.monotonic() < until, "it never came"
            time.sleep(0.005)

    return wait
