"""The event log: the port, and what both adapters (embedded in SQLite, Kafka) guarantee.

- A **topic** has a fixed number of partitions. A record's partition is decided by its key alone
  (`partition_of`), so records of one key stay in the order in which they were appended. There is no order between keys.
- `append` returns when every event is durable (it survives kill -9 and a power cut). When it raises, none, some or all
  of the events may be in the log: append them again. So a record can occur twice, with the same `id`.
- A **group** reads every record at least once. Within a group a partition belongs to one consumer at a time; when a
  consumer joins, leaves or falls silent for longer than its session, partitions move.
- `commit` says "all before this offset is done". A consumer that lost a partition gets `Fenced` and commits nothing;
  it must drop the records it holds and poll again. Fencing protects offsets only; the inbox deduplicates effects.
- A record without payload is a **tombstone**: the key is erased. After `compact` only the newest record of each key is
  sure to remain (offsets have gaps; the newest tombstone of a key remains for readers that are behind).
- Reading never invents order from time: `time` is what the publisher's clock said.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Event:
    """What a service publishes, in CloudEvents words."""

    topic: str  # the publisher's proto package: vivier.offers.v1
    key: str  # the aggregate: offer/3f0c…
    type: str  # the full name of the proto message: vivier.offers.v1.OfferChanged
    payload: bytes | None  # the serialised message; None is a tombstone
    id: str  # unique for ever, the same at every redelivery
    time: datetime
    headers: Mapping[str, str] = field(default_factory=dict)  # traceparent and the like


@dataclass(frozen=True, slots=True)
class Record:
    """An event at its place in the log."""

    event: Event
    partition: int
    offset: int  # grows within a partition, not without gaps


def partition_of(key: str, partitions: int) -> int:
    """The partition of a key. The same in every adapter and release, so that a log can be moved between them."""
    return zlib.crc32(key.encode()) % partitions


class Fenced(Exception):
    """The partition belongs to another consumer of the group now: drop its records and poll again."""


class LogUnavailable(Exception):
    """The log cannot take or give records now (locked, full, unreachable): try again later."""


class Consumer(Protocol):
    """One member of a group. Not thread-safe; `close` may be called from another thread."""

    def poll(self, timeout: float, limit: int) -> Sequence[Record]:
        """Up to `limit` records after what this consumer last polled, in order within a partition.

        Waits up to `timeout` seconds for the first one; returns an empty list after it. Keeps the membership alive,
        and takes and gives up partitions.
        """

    def commit(self, records: Sequence[Record]) -> None:
        """All up to and including these records is done. Raises `Fenced` when a partition of theirs moved away."""

    def rewind(self) -> None:
        """Read again from what is committed (after a failed batch)."""

    def close(self) -> None:
        """Leave the group, so that the partitions move at once."""


class Log(Protocol):
    """The log. Thread-safe; one per process."""

    def ensure_topic(self, topic: str, partitions: int) -> None:
        """Create the topic if it is missing. The number of partitions of an existing one is never changed."""

    def append(self, events: Sequence[Event]) -> None:
        """Make the events durable, in this order. Raises `LogUnavailable`."""

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        """Join the group. A new group starts at the beginning of each topic."""

    def replay(self, topic: str, upto: Mapping[int, int] | None = None) -> Iterator[Record]:
        """Every record of the topic from the start, in order within a partition, outside any group.

        `upto` bounds each partition (exclusive; a partition that is absent is read to its present end).
        """

    def ends(self, topic: str) -> Mapping[int, int]:
        """For each partition the offset that the next record will be given at the earliest."""

    def committed(self, group: str, topic: str) -> Mapping[int, int]:
        """For each partition the offset at which the group goes on (0 where it never committed)."""

    def compact(self, topic: str) -> int:
        """Drop records that a newer one of the same key replaces; how many went. A log that compacts itself says 0."""

    def close(self) -> None:
        """Release files and connections."""
