"""Groups of the embedded log: who reads which partition.

Membership is a lease in the file: a member that has not polled for a session, or whose process is gone, loses its
partitions to the others. Each move raises the partition's epoch: a member that was frozen and replaced is `Fenced`, and
one that gets a partition back reads from the committed offset, not from where it was.

Leases use the machine's monotonic clock, which all its processes share, so changes of the wall clock do not matter.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

from services.kit.bus import Fenced, LogUnavailable, Record
from services.kit.bus_embedded.file import SHIFT, immediate, passing_faults, records_of
from services.kit.bus_embedded.wakeup import Wakeup


@dataclass(slots=True)
class _Held:
    """A partition that this member owns, and how far it has read."""

    topic: str
    number: int
    epoch: int
    position: int


class Member:
    """The port `Consumer`."""

    def __init__(
        self, connection: sqlite3.Connection, team: str, topics: Sequence[str], session: float, wakeup: Wakeup
    ) -> None:
        self._connection = connection
        self._team = team
        self._topics = sorted(set(topics))
        self._session = session
        self._wakeup = wakeup
        self._name = uuid4().hex
        self._lock = threading.Lock()
        self._held: dict[int, _Held] = {}
        self._generation = -1
        self._seen = 0.0
        self._turn = 0
        self._closed = False
        with passing_faults():
            self._renew_membership()

    def poll(self, timeout: float, limit: int) -> Sequence[Record]:
        deadline = time.monotonic() + timeout
        while True:
            seen = self._wakeup.count
            with self._lock, passing_faults():
                if self._closed:
                    return []
                self._renew_membership()
                found = self._fetch(limit)
            left = deadline - time.monotonic()
            if found or left <= 0:
                return found
            self._wakeup.wait(seen, min(left, self._session / 3))

    def commit(self, records: Sequence[Record]) -> None:
        done: dict[tuple[str, int], int] = {}
        for record in records:
            place = (record.event.topic, record.partition)
            done[place] = max(done.get(place, 0), record.offset + 1)
        with self._lock, passing_faults():
            if self._closed:
                raise Fenced("this consumer has left the group")
            with immediate(self._connection) as writer:
                for (topic, number), upto in done.items():
                    self._commit(writer, topic, number, upto)

    def rewind(self) -> None:
        with self._lock:
            self._forget()

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            with suppress(LogUnavailable), passing_faults():  # then the lease ends by itself
                self._leave()
            self._connection.close()
        self._wakeup.notify()

    def _commit(self, writer: sqlite3.Connection, topic: str, number: int, upto: int) -> None:
        for partition, held in self._held.items():
            if (held.topic, held.number) == (topic, number):
                changed = writer.execute(
                    "UPDATE owners SET next = ? WHERE team = ? AND partition = ? AND member = ? AND epoch = ?",
                    (upto, self._team, partition, self._name, held.epoch),
                )
                if changed.rowcount == 1:
                    return
        raise Fenced(f"{topic}/{number} belongs to another consumer of {self._team} now")

    def _forget(self) -> None:
        self._held.clear()
        self._generation = -1

    def _renew_membership(self) -> None:
        """Renew the lease, remove members whose lease has ended, and take or give up partitions."""
        now = time.monotonic()
        row = self._connection.execute("SELECT number FROM generations WHERE team = ?", (self._team,)).fetchone()
        if now - self._seen < self._session / 3 and row is not None and row[0] == self._generation:
            return
        with immediate(self._connection) as writer:
            self._renew_lease(writer, now)
            changed = _remove_expired(writer, self._team, now, self._session) + _assign(writer, self._team)
            generation = _generation(writer, self._team, bool(changed))
            held = self._owned(writer)
        self._seen, self._generation, self._held = now, generation, held

    def _renew_lease(self, writer: sqlite3.Connection, now: float) -> None:
        writer.execute(
            "INSERT INTO members VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (team, member) DO UPDATE SET seen = excluded.seen",
            (self._team, self._name, "\n".join(self._topics), _process_namespace(), os.getpid(), now),
        )

    def _owned(self, writer: sqlite3.Connection) -> dict[int, _Held]:
        rows = writer.execute(
            "SELECT partitions.id, topic, number, epoch, owners.next FROM owners"
            " JOIN partitions ON partitions.id = owners.partition WHERE team = ? AND member = ?",
            (self._team, self._name),
        )
        owned = {row[0]: _Held(*row[1:]) for row in rows}
        kept = {each: held for each, held in self._held.items() if each in owned and held.epoch == owned[each].epoch}
        return owned | kept

    def _fetch(self, limit: int) -> list[Record]:
        """Begins at another partition each time, so that a full one does not starve the rest."""
        heads = dict(self._connection.execute("SELECT id, next FROM partitions").fetchall())
        behind = [partition for partition, held in self._held.items() if held.position < heads[partition]]
        self._turn += 1
        start = self._turn % len(behind) if behind else 0
        found: list[Record] = []
        for partition in behind[start:] + behind[:start]:
            if len(found) < limit:
                found += self._take(partition, heads[partition], limit - len(found))
        return found

    def _take(self, partition: int, head: int, room: int) -> list[Record]:
        held = self._held[partition]
        rows = self._connection.execute(
            "SELECT * FROM records WHERE place >= ? AND place < ? ORDER BY place LIMIT ?",
            (partition << SHIFT | held.position, partition << SHIFT | head, room),
        ).fetchall()
        records = list(records_of(held.topic, held.number, rows))
        held.position = records[-1].offset + 1 if len(rows) == room else head
        return records

    def _leave(self) -> None:
        with immediate(self._connection) as writer:
            writer.execute("DELETE FROM members WHERE team = ? AND member = ?", (self._team, self._name))
            writer.execute("UPDATE owners SET member = NULL WHERE team = ? AND member = ?", (self._team, self._name))
            _generation(writer, self._team, True)


def _remove_expired(writer: sqlite3.Connection, team: str, now: float, session: float) -> int:
    """Remove members that are silent or gone; a lease from before the last boot seems to lie in the future."""
    rows = writer.execute("SELECT member, home, pid, seen FROM members WHERE team = ?", (team,)).fetchall()
    gone = [
        member
        for member, home, pid, seen in rows
        if not now - session < seen <= now + session or (home == _process_namespace() and not _alive(pid))
    ]
    for member in gone:
        writer.execute("DELETE FROM members WHERE team = ? AND member = ?", (team, member))
    return len(gone)


def _assign(writer: sqlite3.Connection, team: str) -> int:
    """Give every partition an owner, moving as few as an even spread allows; how many moved."""
    members = {
        member: set(topics.split("\n"))
        for member, topics in writer.execute("SELECT member, topics FROM members WHERE team = ?", (team,))
    }
    rows = writer.execute(
        "SELECT id, topic, member FROM partitions LEFT JOIN owners ON partition = id AND team = ? ORDER BY id", (team,)
    ).fetchall()
    topic_of = {partition: topic for partition, topic, _ in rows if any(topic in each for each in members.values())}
    before = {partition: owner for partition, _, owner in rows if partition in topic_of}
    after = _balanced(topic_of, members, before)
    moves = [(team, partition, owner) for partition, owner in after.items() if before[partition] != owner]
    writer.executemany(
        "INSERT INTO owners (team, partition, member, epoch) VALUES (?, ?, ?, 1)"
        " ON CONFLICT (team, partition) DO UPDATE SET member = excluded.member, epoch = epoch + 1",
        moves,
    )
    return len(moves)


def _balanced(topic_of: dict[int, str], members: dict[str, set[str]], before: dict[int, str | None]) -> dict[int, str]:
    load = dict.fromkeys(sorted(members), 0)
    after: dict[int, str] = {}
    for partition, owner in before.items():
        if owner in members and topic_of[partition] in members[owner]:
            after[partition] = owner
            load[owner] += 1
    orphans = [partition for partition in topic_of if partition not in after]
    for partition in (*orphans, *after):
        owner = after.get(partition)
        able = [member for member in load if topic_of[partition] in members[member]]
        lightest = min(able, key=lambda member: load[member])
        if owner is None or load[owner] > load[lightest] + 1:
            after[partition] = lightest
            load[lightest] += 1
            if owner is not None:
                load[owner] -= 1
    return after


def _generation(writer: sqlite3.Connection, team: str, changed: bool) -> int:
    row = writer.execute(
        "INSERT INTO generations VALUES (?, 1) ON CONFLICT (team) DO UPDATE SET number = number + ? RETURNING number",
        (team, int(changed)),
    ).fetchone()
    return int(row[0])


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True


@cache
def _process_namespace() -> str:
    """This boot and pid namespace, in which a pid can be checked; outside Linux a random value, so that none is."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip() + os.readlink("/proc/self/ns/pid")
    except OSError:
        return uuid4().hex
