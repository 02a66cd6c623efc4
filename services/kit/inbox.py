"""The inbox: ids of the records that a group has handled.

A row is inserted in the transaction of the effect. This, not the log's fencing, is what prevents double effects: a
consumer that was frozen, replaced and resumed finds the rows of its successor and does nothing.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, Connection, Index, String, Table, delete, select, tuple_

from services.kit import database
from services.kit.bus import Record
from services.kit.database import KIT, Moment

INBOX = Table(
    "inbox",
    KIT,
    Column("group", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("at", Moment, nullable=False),
    Index("inbox_at", "at"),
)


def claim(connection: Connection, group: str, records: Sequence[Record], now: datetime) -> list[Record]:
    """The records that the group has not handled yet, each once; they are marked as handled."""
    first = {record.event.id: record for record in reversed(records)}
    rows = [{"group": group, "id": event_id, "at": now} for event_id in first]
    taken = database.insert_new(connection, INBOX, rows, ["group", "id"])
    return [record for record in records if first[record.event.id] is record and record.event.id in taken]


def prune(connection: Connection, before: datetime, limit: int = 1000) -> int:
    """Drop up to `limit` of the oldest rows. A record delivered again after that is judged by its version alone."""
    identity = tuple_(INBOX.c.group, INBOX.c.id)
    old = select(INBOX.c.group, INBOX.c.id).where(INBOX.c.at < before).limit(limit)
    return connection.execute(delete(INBOX).where(identity.in_(old))).rowcount
