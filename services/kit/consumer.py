"""The consumer loop: handles records of the log, each with effect once (at-least-once delivery plus the inbox).

A batch is one transaction: inbox rows, effects, outbox rows. Then the offsets are committed. After a crash between the
two the batch is delivered again, and the inbox drops it.

When a handler raises, the transaction is rolled back. The records before the failed one are handled again without it;
the failed one alone gets up to three attempts in all, then it becomes a dead letter and the partition goes on. When a
handler took several records at once, or the commit failed, each record is handled again alone, to find the bad one.

Passing faults (log, store or another service unavailable) never count against a record: after a pause the batch is
retried with half the size. After a conflict with another write it is retried at once; repeated unique violations are
dead-lettered. Too many dead letters in a row mean that the program is at fault: the worker halts, and the records stay
in the log.

A watchdog checks that the group makes progress. If records wait and nothing was committed for long, although nothing
is unavailable, the worker reports it and rejoins the group.
"""

import logging
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from enum import Enum

from services.kit import deadletters, inbox, telemetry
from services.kit.backoff import Backoff
from services.kit.bus import Consumer, Fenced, Log, LogUnavailable, Record
from services.kit.dispatch import Batch, Handler, Listens, grouped, handle, handler_of
from services.kit.errors import Conflict, Poison, RetryLater
from services.kit.outbox import Unit, Units
from services.kit.watchdog import Watchdog

logger = logging.getLogger(__name__)
ATTEMPTS = 3
POLL_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
LONGEST_BATCH = 300.0
INBOX_AGE = timedelta(days=30)
PRUNE_EVERY = 60.0
STANDSTILL_SECONDS = 30.0


class State(Enum):
    """What a worker is doing; `/readyz` shows it."""

    IDLE = "idle"  # not started
    RUNNING = "running"
    WAITING = "waiting"  # log, store or a neighbour is unavailable: trying again
    STUCK = "stuck"  # records wait but none is delivered: rejoining the group
    HALTED = "halted"  # needs a person
    STOPPED = "stopped"


class _Halt(Exception):
    """Too many dead letters in a row."""


class _RecordFailed(Exception):
    """A batch failed while `record` was handled; None when it is not known which."""

    def __init__(self, record: Record | None, error: Exception) -> None:
        super().__init__(str(error))
        self.record = record
        self.error = error

    def place(self, records: Sequence[Record]) -> int | None:
        return next((at for at, record in enumerate(records) if record is self.record), None)


class Worker:
    """One thread, one member of the group. Its public attributes may be read from any thread."""

    def __init__(
        self,
        log: Log,
        group: str,
        topics: Sequence[str],
        units: Units,
        listens: Listens,
        batch: int = 200,
        halt_after: int = 10,
        standstill: float = STANDSTILL_SECONDS,
    ) -> None:
        self.group = group
        self.topics = tuple(topics)
        self.state = State.IDLE
        self.reason = ""
        self.dead_letters_in_a_row = 0
        self.dead_letters = 0
        self.handled = 0
        self._log = log
        self._units = units
        self.listens = listens
        self._batch = self._batch_now = batch
        self._halt_after = halt_after
        self._attempts: dict[str, int] = {}
        self._backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE)
        self._pruned_at = time.monotonic()
        self._consumer: Consumer | None = None
        self._busy = threading.Lock()
        self._full_at: float | None = None  # when the last poll was, if it brought as much as may be
        self._stopping = threading.Event()
        self._leaving = threading.Event()
        self._watchdog = Watchdog(log, group, self.topics, standstill, self._rejoin, self._has_backlog)
        self._thread = threading.Thread(target=self._run, name=f"worker {group}", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._watchdog.start()

    def stop(self) -> None:
        """Finish the batch at hand and leave the group."""
        self._stopping.set()
        with self._busy:
            if self._consumer is not None:
                self._consumer.close()  # wakes its poll
        self._thread.join()
        self._watchdog.stop()

    def lag(self) -> int:
        """How many records are waiting, at most (a compacted log has gaps)."""
        waiting = 0
        for topic in self.topics:
            done = self._log.committed(self.group, topic)
            waiting += sum(max(end - done.get(number, 0), 0) for number, end in self._log.ends(topic).items())
        return waiting

    def stuck(self) -> int:
        """How many of the group's partitions make no progress, whichever member reads them."""
        return len(self._watchdog.stuck)

    def _run(self) -> None:
        try:
            self._consume()
        except _Halt as halt:
            self._halt(str(halt))
        except Exception as error:  # the boundary: an unexpected error halts this consumer, visibly
            logger.exception("worker %s met an unexpected error", self.group)
            self._halt(f"{type(error).__name__}: {error}")
        else:
            self.state = State.STOPPED

    def _halt(self, reason: str) -> None:
        logger.error("worker %s halted: %s", self.group, reason)
        self.reason = reason
        self.state = State.HALTED

    def _consume(self) -> None:
        while not self._stopping.is_set():
            self._leaving.clear()
            consumer = self._consumer = self._join()
            if consumer is None:
                return
            try:
                while not self._stopping.is_set() and not self._leaving.is_set():
                    self._poll_once(consumer)
            finally:
                consumer.close()

    def _join(self) -> Consumer | None:
        while not self._stopping.is_set():
            try:
                return self._log.consumer(self.group, self.topics)
            except LogUnavailable as error:
                self._wait(error)
        return None

    def _poll_once(self, consumer: Consumer) -> None:
        try:
            records = consumer.poll(POLL_SECONDS, self._batch_now)
            self._full_at = None if len(records) < self._batch_now else time.monotonic()
            with self._busy:
                if records:
                    self._process(records)
                    consumer.commit(records)
                self._prune_inbox()
        except Fenced:
            consumer.rewind()
        except (RetryLater, LogUnavailable) as error:
            self._batch_now = max(self._batch_now // 2, 1)
            self._wait(error)
            consumer.rewind()
        else:
            self._backoff.reset()
            self._batch_now = min(2 * self._batch_now, self._batch)
            if not self._watchdog.stuck:
                self.state, self.reason = State.RUNNING, ""

    def _wait(self, error: Exception) -> None:
        self.state, self.reason = State.WAITING, str(error)
        pause = self._backoff.pause()
        logger.warning("worker %s tries again in %.2f s: %s", self.group, pause, error)
        self._stopping.wait(pause)

    def _has_backlog(self) -> bool:
        """The last poll was full, and not longer than `LONGEST_BATCH` ago."""
        return self._full_at is not None and time.monotonic() - self._full_at < LONGEST_BATCH

    def _rejoin(self, places: Sequence[str]) -> None:
        """Not while a batch is being handled: that may take long, and rejoining would not make it shorter."""
        if self.state not in (State.RUNNING, State.STUCK):
            return
        self.state, self.reason = State.STUCK, f"nothing moves at {', '.join(places)}"
        logger.error("worker %s: %s", self.group, self.reason)
        if self._busy.acquire(blocking=False):
            try:
                self._leaving.set()
                if self._consumer is not None:
                    self._consumer.close()
            finally:
                self._busy.release()

    def _process(self, records: Sequence[Record]) -> None:
        """Each record is handled or a dead letter when this returns."""
        while records:
            try:
                self._apply(records)
                return
            except _RecordFailed as failed:
                at = failed.place(records)
                if at is None:
                    self._process_singly(records)
                    return
                self._process(records[:at])
                self._retry_alone(records[at], failed.error)
                records = records[at + 1 :]

    def _process_singly(self, records: Sequence[Record]) -> None:
        """It is not known which record failed, so this counts as an attempt of each."""
        for record in records:
            self._attempts[record.event.id] = self._attempts.get(record.event.id, 0) + 1
        for record in records:
            self._process([record])

    def _retry_alone(self, record: Record, error: Exception) -> None:
        """Until it is handled or its attempts are used up."""
        attempts = self._attempts.get(record.event.id, 0) + 1
        while attempts < ATTEMPTS and not isinstance(error, Poison):
            self._attempts[record.event.id] = attempts
            try:
                return self._apply([record])
            except _RecordFailed as failed:
                error = failed.error
                attempts += 1
        self._dead_letter(record, error)

    def _apply(self, records: Sequence[Record]) -> None:
        """One transaction for all of them, retried a few times after a conflict with another write."""
        wanted = [record for record in records if self._is_relevant(record)]
        if not wanted:
            return
        for _ in range(ATTEMPTS - 1):
            try:
                return self._handle_all(wanted)
            except Conflict as conflict:
                logger.debug("worker %s: once more: %s", self.group, conflict)
            except _RecordFailed as failed:
                if not isinstance(failed.error, Conflict):
                    raise
        self._handle_all(wanted)

    def _handle_all(self, wanted: Sequence[Record]) -> None:
        now = wanted[0] if len(wanted) == 1 else None
        try:
            with self._units() as unit:
                fresh = inbox.claim(unit.connection, self.group, wanted, self._units.clock())
                for handler, records in grouped(self.listens, self._to_handle(wanted, fresh)):
                    now = records[0] if len(records) == 1 else None
                    self._handle(unit, handler, records)
                if len(wanted) > 1:
                    now = None
        except Exception as error:
            if _is_passing(error):
                raise
            raise _RecordFailed(now, error) from error
        self._count(fresh)

    def _is_relevant(self, record: Record) -> bool:
        """Types without a handler are skipped (they may be of a newer release); a payload without a type is not."""
        event = record.event
        return event.payload is None or not event.type or handler_of(self.listens, record) is not None

    def _to_handle(self, wanted: Sequence[Record], fresh: Sequence[Record]) -> list[Record]:
        """The fresh ones, and tombstones that go to a `Batch`: those it sees each time."""
        new = {id(record) for record in fresh}
        return [
            each
            for each in wanted
            if id(each) in new or (each.event.payload is None and isinstance(handler_of(self.listens, each), Batch))
        ]

    def _handle(self, unit: Unit, handler: Handler | Batch | None, records: Sequence[Record]) -> None:
        erased = [record.event.key for record in records if record.event.payload is None]
        if erased:
            deadletters.delete_of(unit.connection, erased)
        if handler is not None:
            handle(handler, unit, records)
        elif not erased:
            raise Poison("a payload without a type: not written by this system")

    def _count(self, fresh: Sequence[Record]) -> None:
        if fresh:
            self.handled += len(fresh)
            self.dead_letters_in_a_row = 0
        now = self._units.clock()
        for record in fresh:
            telemetry.event_age(self.group, (now - record.event.time).total_seconds())
        for record in fresh if self._attempts else ():
            self._attempts.pop(record.event.id, None)
        if any(record.event.payload is None for record in fresh):
            self._units.wal_truncation.request()

    def _dead_letter(self, record: Record, error: Exception) -> None:
        if self.dead_letters_in_a_row >= self._halt_after:
            raise _Halt(f"{self.dead_letters_in_a_row} dead letters in a row, and now {type(error).__name__}")
        now = self._units.clock()
        with self._units() as unit:
            inbox.claim(unit.connection, self.group, [record], now)
            deadletters.add(unit, self._units.ids(), self.group, record, error, now)
        place = (record.event.topic, record.partition, record.offset)
        logger.error("dead letter of %s at %s/%d/%d: %s", self.group, *place, type(error).__name__)
        self._attempts.pop(record.event.id, None)
        self.dead_letters += 1
        self.dead_letters_in_a_row += 1

    def _prune_inbox(self) -> None:
        """Drop some old inbox rows, once a minute."""
        if time.monotonic() - self._pruned_at > PRUNE_EVERY:
            self._pruned_at = time.monotonic()
            with self._units() as unit:
                inbox.prune(unit.connection, self._units.clock() - INBOX_AGE)


def _is_passing(error: Exception) -> bool:
    """A fault that no record is to blame for; a unique violation is not one."""
    ours = isinstance(error, Conflict) and error.by_constraint
    return isinstance(error, (RetryLater, LogUnavailable)) and not ours
