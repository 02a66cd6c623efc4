"""Dead letters: records that could not be handled, kept whole in the service's store until an operator decides.

They may hold personal data, so a tombstone of their key deletes them too.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from traceback import extract_tb

from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, Row, String, Table, delete, insert, select

from services.kit.bus import Event, Record
from services.kit.database import KIT, Json, Moment
from services.kit.dispatch import Listens, handle, handler_of
from services.kit.errors import Kind, Poison, Refused, RetryLater, not_found
from services.kit.outbox import Unit, Units

logger = logging.getLogger(__name__)
DEAD_LETTERS = Table(
    "dead_letters",
    KIT,
    Column("id", String, primary_key=True),
    Column("group", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("key", String, nullable=False, index=True),
    Column("type", String, nullable=False),
    Column("event_id", String, nullable=False),
    Column("event_time", Moment, nullable=False),
    Column("headers", Json, nullable=False),
    Column("payload", LargeBinary),
    Column("reason", String, nullable=False),
    Column("error", String, nullable=False),
    Column("at", Moment, nullable=False, index=True),
)
_ERROR_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record, why it could not be handled, and when that was."""

    id: str
    group: str
    record: Record
    reason: str  # the Poison's own words, or the name of the exception
    error: str
    at: datetime


def add(unit: Unit, letter_id: str, group: str, record: Record, error: Exception, now: datetime) -> None:
    """Keep the record and the reason; the error's text is cut and cleaned, the payload never is.

    The text may quote a person, so it stands here, where erasure finds it, and in no log line.
    """
    event = record.event
    reason = str(error) if isinstance(error, Poison) else type(error).__name__
    row = {
        "id": letter_id,
        "group": group,
        "topic": event.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": event.key,
        "type": event.type,
        "event_id": event.id,
        "event_time": event.time,
        "headers": dict(event.headers),
        "payload": event.payload,
        "reason": _storable(reason),
        "error": _storable(f"{type(error).__name__} ({_where(error)}): {error}"),
        "at": now,
    }
    unit.connection.execute(insert(DEAD_LETTERS), row)


def delete_of(connection: Connection, keys: Sequence[str]) -> int:
    """Remove the dead letters of erased keys; how many went."""
    return connection.execute(delete(DEAD_LETTERS).where(DEAD_LETTERS.c.key.in_(keys))).rowcount


def page(units: Units, limit: int = 100, after: str = "") -> list[DeadLetter]:
    """A page in order of id, starting after the given one."""
    query = select(DEAD_LETTERS).where(DEAD_LETTERS.c.id > after).order_by(DEAD_LETTERS.c.id).limit(limit)
    with units.reading() as connection:
        return [_letter(row) for row in connection.execute(query)]


def get(units: Units, letter_id: str) -> DeadLetter:
    with units.reading() as connection:
        return _find(connection, letter_id)


def retry(units: Units, listens: Listens, letter_id: str) -> None:
    """Hand the record to its handler once more; the letter goes with the effect, and stays when the handler raises.

    What it raises is refused as STILL_FAILS, with the kind of error and not its text, which may quote a person.
    Newer records of the key may have been handled meanwhile: the handler's version check decides what still counts.
    """
    with units() as unit:
        record = _find(unit.connection, letter_id, lock=True).record
        handler = handler_of(listens, record)
        if handler is None:
            what = record.event.type or record.event.key
            raise Refused(Kind.CONFLICT, "NOBODY_LISTENS", "nothing handles {what}", what=what)
        try:
            handle(handler, unit, [record])
        except RetryLater:
            raise
        except Exception as error:
            logger.warning("dead letter %s still fails at %s", letter_id, _where(error))
            kind = type(error).__name__
            raise Refused(Kind.CONFLICT, "STILL_FAILS", "it fails again, with {error}", error=kind) from error
        unit.connection.execute(delete(DEAD_LETTERS).where(DEAD_LETTERS.c.id == letter_id))
        if record.event.payload is None:
            delete_of(unit.connection, [record.event.key])


def drop(units: Units, letter_id: str) -> None:
    """Give the record up."""
    with units() as unit:
        _find(unit.connection, letter_id)
        unit.connection.execute(delete(DEAD_LETTERS).where(DEAD_LETTERS.c.id == letter_id))


def _find(connection: Connection, letter_id: str, lock: bool = False) -> DeadLetter:
    """With `lock` nobody else may change it until the end of the transaction."""
    query = select(DEAD_LETTERS).where(DEAD_LETTERS.c.id == letter_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise not_found("dead_letter", letter_id)
    return _letter(row)


def _letter(row: Row[tuple[object, ...]]) -> DeadLetter:
    event = Event(row.topic, row.key, row.type, row.payload, row.event_id, row.event_time, row.headers)
    return DeadLetter(row.id, row.group, Record(event, row.partition, row.offset), row.reason, row.error, row.at)


def _where(error: Exception) -> str:
    frames = extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"


def _storable(text: str) -> str:
    return text[:_ERROR_LENGTH].replace("\0", "�").encode("utf-8", "replace").decode()
