"""Deliveries: messages to people outside (mail, say), queued in the transaction that causes them.

A service names its table (`deliveries_table`), queues rows in its transactions, and gives each channel a `Sender`. Rows
hold identifiers and codes only; the sender looks up the text and the address at the moment of sending.

The next attempt is scheduled before an attempt is made. So after any failure (a passing fault, a bug, kill -9) the
delivery is tried again, with growing pauses, until it is given up, and never holds back the others. It is sent at least
once, under the same id, and very rarely twice. There is no order between deliveries.
"""

import logging
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import Column, Connection, Index, Integer, MetaData, String, Table, delete, select, update

from services.kit import database
from services.kit.backoff import Backoff
from services.kit.database import Json, Moment
from services.kit.errors import Poison, Refused, RetryLater
from services.kit.outbox import Units

logger = logging.getLogger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 6 * 3600.0
ATTEMPTS = 14
"""A delivery is given up after them; with the pauses that is more than a day."""

AT_A_TIME = 50
MOST_A_ROUND = 200
"""A round ends after so many, so that a stopping service need not wait long."""

EXHAUSTED, IMPOSSIBLE = "exhausted", "impossible"
"""Why a delivery was given up: its attempts are used up, or the sender called it `Poison`."""


class State(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Delivery:
    id: str  # the same at every attempt; queued a second time it stays one
    channel: str
    target: str  # the recipient's identifier
    payload: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 0


class Sender(Protocol):
    """Sends on one channel. One thread at a time calls it."""

    def prepare(self, due: Sequence[Delivery]) -> None:
        """Look up what is cheaper for all of them at once. On `RetryLater` or `Refused` all wait, and no attempt is
        counted.
        """

    def send(self, delivery: Delivery) -> str:
        """Empty once the next system has accepted it, else the reason why it need not or cannot be sent.

        Raises `RetryLater` to be tried again, `Poison` when it can never be sent.
        """

    def settled(self, connection: Connection, delivery: Delivery, reason: str) -> None:
        """Called in the transaction that stores the outcome: what `send` returned, or why it was given up."""


def deliveries_table(metadata: MetaData) -> Table:
    return Table(
        "deliveries",
        metadata,
        Column("id", String, primary_key=True),
        Column("channel", String, nullable=False),
        Column("target", String, nullable=False, index=True),
        Column("payload", Json, nullable=False),
        Column("state", String, nullable=False),
        Column("reason", String, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("due_at", Moment, nullable=False),
        Index("deliveries_due", "channel", "state", "due_at"),
    )


def enqueue(connection: Connection, table: Table, deliveries: Collection[Delivery], now: datetime) -> None:
    """They are due at once. One whose id is known already is left as it is, whatever became of it."""
    rows = [
        {
            "id": each.id,
            "channel": each.channel,
            "target": each.target,
            "payload": dict(each.payload),
            "state": State.QUEUED,
            "reason": "",
            "attempts": each.attempts,
            "due_at": now,
        }
        for each in deliveries
    ]
    database.insert_new(connection, table, rows, ["id"])


def forget(connection: Connection, table: Table, target: str) -> None:
    """Delete all of this recipient; one that is being sent at this moment may still go out."""
    connection.execute(delete(table).where(table.c.target == target))


def prune(connection: Connection, table: Table, channel: str, before: datetime, limit: int) -> int:
    """Delete up to `limit` that were settled and last due before; how many went."""
    settled = (table.c.channel == channel) & table.c.state.in_([State.SENT, State.GIVEN_UP])
    old = select(table.c.id).where(settled, table.c.due_at < before).limit(limit)
    return connection.execute(delete(table).where(table.c.id.in_(old))).rowcount


class Deliveries:
    """Sends what is queued. In several processes over one store only one works at a time."""

    def __init__(self, units: Units, table: Table, senders: Mapping[str, Sender], stopping: threading.Event) -> None:
        self._units = units
        self._table = table
        self._senders = senders
        self._stopping = stopping
        self._waiting: set[str] = set()

    def round(self) -> None:
        """Send what is due now, but no more than `MOST_A_ROUND`."""
        tried = 0
        with self._units.database.only_one("post") as alone:  # the name that the first release uses, too
            while tried < MOST_A_ROUND and not self._stopping.is_set() and alone():
                some = sum(self._send_some(channel, sender) for channel, sender in self._senders.items())
                if not some:
                    return
                tried += some

    def _send_some(self, channel: str, sender: Sender) -> int:
        """How many were tried or given up."""
        due = self._due(channel)
        if not due or not self._prepared(channel, sender, due):
            return 0
        outcomes: list[tuple[Delivery, str]] = []
        for each in self._claim(sender, due):
            if self._stopping.is_set():
                break
            outcome = self._try(sender, each)
            if outcome is not None:
                outcomes.append((each, outcome))
            if outcome == "":  # written down at once, so that hardly anything goes twice
                self._settle(sender, outcomes)
                outcomes = []
        self._settle(sender, outcomes)
        return len(due)

    def _due(self, channel: str) -> list[Delivery]:
        """Some whose time has come, the longest waiting first."""
        c = self._table.c
        ready = (c.channel == channel) & (c.state == State.QUEUED) & (c.due_at <= self._units.clock())
        query = select(c.id, c.channel, c.target, c.payload, c.attempts).where(ready)
        with self._units.reading() as connection:
            return [Delivery(*row) for row in connection.execute(query.order_by(c.due_at).limit(AT_A_TIME))]

    def _prepared(self, channel: str, sender: Sender, due: Sequence[Delivery]) -> bool:
        try:
            sender.prepare(due)
        except (RetryLater, Refused) as error:
            if channel not in self._waiting:
                logger.warning("deliveries by %s wait: %s", channel, error)
            self._waiting.add(channel)
            return False
        self._waiting.discard(channel)
        return True

    def _claim(self, sender: Sender, due: Sequence[Delivery]) -> list[Delivery]:
        """Those that have an attempt left and that nobody else has taken: it is counted, and they are put off.

        Those without are given up.
        """
        now = self._units.clock()
        with self._units() as unit:
            for each in due:
                if each.attempts >= ATTEMPTS:
                    self._write(unit.connection, sender, each, EXHAUSTED)
            return [each for each in due if each.attempts < ATTEMPTS and self._put_off(unit.connection, each, now)]

    def _put_off(self, connection: Connection, delivery: Delivery, now: datetime) -> bool:
        """Count the attempt and set the time of the next; False where another process changed the row meanwhile."""
        pause = Backoff(FIRST_PAUSE, LONGEST_PAUSE, delivery.attempts).pause()
        c = self._table.c
        same = (c.id == delivery.id) & (c.state == State.QUEUED) & (c.attempts == delivery.attempts)
        changed = {"attempts": delivery.attempts + 1, "due_at": now + timedelta(seconds=pause)}
        return connection.execute(update(self._table).where(same).values(changed)).rowcount == 1

    def _try(self, sender: Sender, delivery: Delivery) -> str | None:
        """What became of it; None where it is tried again later."""
        try:
            return sender.send(delivery)
        except RetryLater as error:
            logger.warning("delivery %s by %s did not go: %s", delivery.id, delivery.channel, error)
            return None
        except Poison as error:
            logger.warning("delivery %s by %s can never go: %s", delivery.id, delivery.channel, error)
            return IMPOSSIBLE

    def _settle(self, sender: Sender, outcomes: Sequence[tuple[Delivery, str]]) -> None:
        if outcomes:
            with self._units() as unit:
                for delivery, reason in outcomes:
                    self._write(unit.connection, sender, delivery, reason)

    def _write(self, connection: Connection, sender: Sender, delivery: Delivery, reason: str) -> None:
        state = State.GIVEN_UP if reason else State.SENT
        this = self._table.c.id == delivery.id
        connection.execute(update(self._table).where(this).values(state=state, reason=reason))
        sender.settled(connection, delivery, reason)
