"""The embedded log's file: its tables, its connections, and how a row becomes a record."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from services.kit.bus import Event, LogUnavailable, Record
from services.kit.sqlite import is_passing, set_pragmas

SHIFT = 40  # a record's place is `partition id << SHIFT | offset`
BUSY_SECONDS = 5.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SCHEMA = """
CREATE TABLE IF NOT EXISTS partitions (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, number INTEGER NOT NULL, next INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic, number));
CREATE TABLE IF NOT EXISTS records (
    place INTEGER PRIMARY KEY, key TEXT NOT NULL, type TEXT NOT NULL, payload BLOB, id TEXT NOT NULL,
    time INTEGER NOT NULL, headers TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS generations (team TEXT PRIMARY KEY, number INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS members (
    team TEXT NOT NULL, member TEXT NOT NULL, topics TEXT NOT NULL, home TEXT NOT NULL, pid INTEGER NOT NULL,
    seen REAL NOT NULL, PRIMARY KEY (team, member));
CREATE TABLE IF NOT EXISTS owners (
    team TEXT NOT NULL, partition INTEGER NOT NULL, member TEXT, epoch INTEGER NOT NULL DEFAULT 0,
    next INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (team, partition));
"""


def connect(path: Path, synchronous: str = "FULL") -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    set_pragmas(connection, ("journal_mode=WAL", f"synchronous={synchronous}", "secure_delete=ON"), BUSY_SECONDS)
    return connection


@contextmanager
def immediate(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One write transaction: commits when the block ends, rolls back when it raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def passing_faults() -> Iterator[None]:
    """What will pass (locked, full, I/O) comes out as `LogUnavailable`."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if is_passing(error):
            raise LogUnavailable(f"the log cannot take or give records now: {error}") from error
        raise


def row_of(event: Event) -> tuple[Any, ...]:
    """The columns after `place`. A text that cannot be stored fails here, in its own caller."""
    (event.type + event.id).encode()
    time = (event.time - _EPOCH) // timedelta(microseconds=1)
    return (event.key, event.type, event.payload, event.id, time, json.dumps(dict(event.headers)))


def records_of(topic: str, number: int, rows: Iterable[Sequence[Any]]) -> Iterator[Record]:
    for place, key, kind, payload, event_id, time, headers in rows:
        moment = _EPOCH + timedelta(microseconds=time)
        event = Event(topic, key, kind, payload, event_id, moment, json.loads(headers))
        yield Record(event, number, place & ((1 << SHIFT) - 1))
