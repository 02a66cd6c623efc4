"""The event log in one SQLite file, for one machine: several threads and processes, no server.

Durability is SQLite's: write-ahead log, `synchronous=FULL`, so what `append` acknowledged survives kill -9 and a power
cut, and torn bytes after the last commit are ignored at opening. Concurrent appends share one commit: the first to get
the lock writes the rows of all that wait.

A record's place is `partition id << 40 | offset`, so one partition is one contiguous range of the table. Offsets come
from the partition's own counter and are never given twice, whatever compaction removes.

Waiting consumers are woken at once by appends of their own process. For those of other processes one thread per
process watches SQLite's change counter.
"""

import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from services.kit.bus import Consumer, Event, LogUnavailable, Record, partition_of
from services.kit.bus_embedded.file import SCHEMA, SHIFT, connect, immediate, passing_faults, records_of, row_of
from services.kit.bus_embedded.groups import Member
from services.kit.bus_embedded.wakeup import Wakeup

Placed = tuple[int, tuple[Any, ...]]
"""A partition's id, and the columns of a record that is to go there."""


@dataclass(slots=True)
class _Append:
    """One caller's rows, waiting for the commit that they may share with those of others."""

    rows: list[Placed]
    committed: Future[None] = field(default_factory=Future)


class EmbeddedLog:
    """The port `Log` over a file. `session` is how long a silent consumer keeps its partitions."""

    def __init__(self, path: str | Path, session: float = 10.0) -> None:
        self._path = Path(path)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._session = session
        self._waiting = deque[_Append]()
        self._turn = threading.Lock()
        self._reading = threading.Lock()
        self._topics: dict[str, list[int]] = {}
        with passing_faults():
            self._writer = connect(self._path)
            self._writer.executescript(SCHEMA)
            self._reader = connect(self._path)
        self._wakeup = Wakeup(lambda: connect(self._path))

    def ensure_topic(self, topic: str, partitions: int) -> None:
        with self._turn, passing_faults(), immediate(self._writer) as writer:
            if writer.execute("SELECT 1 FROM partitions WHERE topic = ?", (topic,)).fetchone():
                return
            writer.executemany(
                "INSERT INTO partitions (topic, number) VALUES (?, ?)", [(topic, n) for n in range(partitions)]
            )
            writer.execute("UPDATE generations SET number = number + 1")

    def append(self, events: Sequence[Event]) -> None:
        own = _Append([self._placed(event) for event in events])
        self._waiting.append(own)
        with self._turn:
            if not own.committed.done():
                self._write([self._waiting.popleft() for _ in range(len(self._waiting))])
        own.committed.result()
        self._wakeup.notify()

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        with passing_faults():
            connection = connect(self._path, "NORMAL")  # losing a commit of offsets means a redelivery, no more
        return Member(connection, group, topics, self._session, self._wakeup)

    def replay(self, topic: str, upto: Mapping[int, int] | None = None) -> Iterator[Record]:
        ends = self.ends(topic)
        bounds = ends if upto is None else {number: min(upto.get(number, end), end) for number, end in ends.items()}
        for number, partition in enumerate(self._partitions(topic)):
            yield from self._range(topic, number, partition, bounds[number])

    def ends(self, topic: str) -> Mapping[int, int]:
        return dict(self._read("SELECT number, next FROM partitions WHERE topic = ?", topic))

    def committed(self, group: str, topic: str) -> Mapping[int, int]:
        return dict(
            self._read(
                "SELECT number, coalesce(owners.next, 0) FROM partitions"
                " LEFT JOIN owners ON owners.partition = partitions.id AND owners.team = ? WHERE topic = ?",
                group,
                topic,
            )
        )

    def compact(self, topic: str) -> int:
        """Also cuts the write-ahead log, so that the bytes of erased keys leave the disk."""
        dropped = sum(self._compact(partition) for partition in self._partitions(topic))
        with self._turn, passing_faults():
            busy = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise LogUnavailable("a reader stands in the way: dropped records are still on the disk, compact again")
        return dropped

    def close(self) -> None:
        self._wakeup.close()
        with self._turn, self._reading:
            self._reader.close()
            self._writer.close()

    def _placed(self, event: Event) -> Placed:
        partitions = self._partitions(event.topic)
        if not partitions:
            raise ValueError(f"topic {event.topic} was never created")
        return partitions[partition_of(event.key, len(partitions))], row_of(event)

    def _write(self, appends: Sequence[_Append]) -> None:
        try:
            with passing_faults(), immediate(self._writer) as writer:
                self._insert(writer, [row for each in appends for row in each.rows])
        except Exception as error:  # every caller whose rows were in this commit must learn of it
            for each in appends:
                each.committed.set_exception(error)
        else:
            for each in appends:
                each.committed.set_result(None)

    def _insert(self, writer: Connection, rows: Sequence[Placed]) -> None:
        ids = {partition for partition, _ in rows}
        next_of = {
            each: writer.execute("SELECT next FROM partitions WHERE id = ?", (each,)).fetchone()[0] for each in ids
        }
        placed = []
        for partition, row in rows:
            placed.append((partition << SHIFT | next_of[partition], *row))
            next_of[partition] += 1
        writer.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", placed)
        writer.executemany("UPDATE partitions SET next = ? WHERE id = ?", [(n, each) for each, n in next_of.items()])

    def _partitions(self, topic: str) -> list[int]:
        known = self._topics.get(topic)
        if known is None:
            known = [row[0] for row in self._read("SELECT id FROM partitions WHERE topic = ? ORDER BY number", topic)]
            if known:
                self._topics[topic] = known
        return known

    def _range(self, topic: str, number: int, partition: int, end: int) -> Iterator[Record]:
        place, last = (partition << SHIFT) - 1, partition << SHIFT | end
        query = "SELECT * FROM records WHERE place > ? AND place < ? ORDER BY place LIMIT 500"
        while rows := self._read(query, place, last):
            place = rows[-1][0]
            yield from records_of(topic, number, rows)

    def _compact(self, partition: int, step: int = 1000) -> int:
        low, high = partition << SHIFT, (partition + 1) << SHIFT
        old = self._read(
            "SELECT place FROM records WHERE place >= ? AND place < ? AND place NOT IN"
            " (SELECT max(place) FROM records WHERE place >= ? AND place < ? GROUP BY key)",
            *(low, high, low, high),
        )
        for start in range(0, len(old), step):
            with self._turn, passing_faults(), immediate(self._writer) as writer:
                writer.executemany("DELETE FROM records WHERE place = ?", old[start : start + step])
        return len(old)

    def _read(self, statement: str, *values: object) -> list[Any]:
        with self._reading, passing_faults():
            return self._reader.execute(statement, values).fetchall()
