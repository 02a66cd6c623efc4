"""How an event becomes a record of Kafka and comes back, headers in CloudEvents words.

Whoever may write to the brokers can put anything into a topic. A record that is not in our words is handed on with its
bytes as they are, under the id `topic/partition/offset` and an empty type, which says to the reader: this is poison.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from services.kit.bus import Event, Record

LARGEST_EVENT = 24 * 1024 * 1024
"""Bytes of key, payload and headers together."""
LONGEST_NAME = 1000
"""Characters of a key or an id that every store can find again."""
_ID, _TYPE, _TIME = "ce_id", "ce_type", "ce_time"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Namespace:
    """Namespace of topics and groups on brokers that several installations share."""

    prefix: str

    def qualified(self, name: str) -> str:
        return f"{self.prefix}.{name}" if self.prefix else name

    def local(self, name: str) -> str:
        return name.removeprefix(f"{self.prefix}.") if self.prefix else name


class Row(NamedTuple):
    """What Kafka keeps of an event."""

    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes]]
    milliseconds: int


def row_of(event: Event) -> Row:
    """Raises ValueError for what cannot be stored: a lone surrogate, or more bytes than fit."""
    own = ((_ID, event.id), (_TYPE, event.type), (_TIME, event.time.isoformat()))
    headers = [(name, value.encode()) for name, value in (*own, *event.headers.items())]
    row = Row(event.key.encode(), event.payload, headers, max((event.time - _EPOCH) // _MILLISECOND, 0))
    size = len(row.key) + len(row.value or b"") + sum(len(name) + len(value) for name, value in headers)
    if size > LARGEST_EVENT:
        raise ValueError(f"an event of {size:,} bytes is larger than the log takes ({LARGEST_EVENT:,})")
    return row


def records_of(topic: str, raw: Iterable[Any]) -> list[Record]:
    return [Record(_event(topic, each), each.partition, each.offset) for each in raw]


def _event(topic: str, raw: Any) -> Event:
    try:
        return _from_headers(topic, raw)
    except (AttributeError, KeyError, ValueError):
        return _unreadable(topic, raw)


def _from_headers(topic: str, raw: Any) -> Event:
    headers = {name: value.decode() for name, value in raw.headers}
    kind, event_id = headers.pop(_TYPE), headers.pop(_ID)
    time = datetime.fromisoformat(headers.pop(_TIME))
    key = raw.key.decode()
    if not event_id or time.tzinfo is None or max(len(key), len(event_id)) > LONGEST_NAME:
        raise ValueError
    if any("\0" in text for text in (key, event_id, kind, *headers, *headers.values())):
        raise ValueError
    return Event(topic, key, kind, raw.value, event_id, time, headers)


def _unreadable(topic: str, raw: Any) -> Event:
    headers = {_readable(name.encode()): _readable(value) for name, value in raw.headers}
    place = f"{topic}/{raw.partition}/{raw.offset}"
    return Event(topic, _readable(raw.key)[:LONGEST_NAME], "", raw.value, place, _moment(raw.timestamp), headers)


def _readable(text: bytes | None) -> str:
    """Something that every store takes."""
    return (text or b"").decode(errors="backslashreplace").replace("\0", "\\x00")


def _moment(milliseconds: int) -> datetime:
    try:
        return _EPOCH + milliseconds * _MILLISECOND
    except OverflowError:
        return _EPOCH
