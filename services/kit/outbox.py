"""The transactional outbox: events are committed with the change that they tell of, and reach the log afterwards.

`Unit` is one transaction (a unit of work). Its events are rows of the `outbox` table until the `Relay` has appended
them to the log. So an event is in the log only if its transaction committed, at least once, in order within a key.

Each service's `events.py` gives the table PUBLISHES: domain event → what goes on the bus.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import Message
from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, String, Table, insert

from services.kit import telemetry
from services.kit.bus import Event
from services.kit.clock import Clock
from services.kit.database import KIT, Database, Json, Moment
from services.kit.ids import Ids
from services.kit.private.wal_truncation import WalTruncation

Publishes = Mapping[type, Callable[[Any], Event]]

OUTBOX = Table(
    "outbox",
    KIT,
    Column("place", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("topic", String, nullable=False),
    Column("key", String, nullable=False, index=True),
    Column("type", String, nullable=False),
    Column("payload", LargeBinary),
    Column("id", String, nullable=False),
    Column("time", Moment, nullable=False),
    Column("headers", Json, nullable=False),
)
_UNSTAMPED = datetime.min.replace(tzinfo=UTC)


def outgoing(key: str, message: Message) -> Event:
    """An event for PUBLISHES: topic and type come from the message; `Unit.publish` stamps id, time and trace."""
    kind = message.DESCRIPTOR
    return Event(kind.file.package, key, kind.full_name, message.SerializeToString(), "", _UNSTAMPED)


def tombstone(topic: str, key: str) -> Event:
    """A tombstone for PUBLISHES: whoever keeps something of this key erases it."""
    return Event(topic, key, "", None, "", _UNSTAMPED)


class Unit:
    """One transaction, and the events that it publishes."""

    def __init__(self, connection: Connection, publishes: Publishes, clock: Clock, ids: Ids) -> None:
        self.connection = connection
        self.calls: list[Callable[[], object]] = []
        self.rows: list[dict[str, Any]] = []
        self._publishes = publishes
        self._clock = clock
        self._ids = ids

    def publish(self, domain_event: object) -> None:
        """The event goes to the log if and when this transaction commits."""
        event = self._publishes[type(domain_event)](domain_event)
        event.key.encode()  # a text that cannot be stored fails here, in its own caller
        self.rows.append(
            {
                "topic": event.topic,
                "key": event.key,
                "type": event.type,
                "payload": event.payload,
                "id": self._ids(),
                "time": self._clock(),
                "headers": {**event.headers, **telemetry.outgoing_headers()},
            }
        )

    def after_commit(self, call: Callable[[], object]) -> None:
        """Call this once the transaction is durable, and never if it fails. It must not raise."""
        self.calls.append(call)


class Units:
    """Makes the transactions of one service."""

    def __init__(self, database: Database, publishes: Publishes, clock: Clock, ids: Ids) -> None:
        self.database = database
        self.clock = clock
        self.ids = ids
        self.wal_truncation = WalTruncation(database)
        self.published = threading.Event()  # the relay waits for it
        self._publishes = publishes

    @contextmanager
    def __call__(self) -> Iterator[Unit]:
        with self.database.transaction() as connection:
            unit = Unit(connection, self._publishes, self.clock, self.ids)
            yield unit
            if unit.rows:
                connection.execute(insert(OUTBOX), unit.rows)
        if unit.rows:
            self.published.set()
        for call in unit.calls:
            call()

    def reading(self) -> AbstractContextManager[Connection]:
        return self.database.reading()
