"""The relay: moves the outbox's rows to the log.

A row is deleted only after the log has its event. A crash between the two appends the event a second time under the
same id, which the receivers' inbox drops.

Rows of one key go in order. A key that fails is retried with growing pauses, and holds back only its own rows. When
several keys fail in a row the log itself is taken to be unavailable, and the sweep ends.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from opentelemetry import trace
from sqlalchemy import Row, delete, func, select

from services.kit import telemetry
from services.kit.backoff import Backoff
from services.kit.bus import Event, Log, LogUnavailable
from services.kit.database import in_values
from services.kit.errors import RetryLater
from services.kit.outbox import OUTBOX, Units

logger = logging.getLogger(__name__)
_tracer = trace.get_tracer(__name__)
BATCH = 500
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
FAILURES_IN_A_ROW = 3


@dataclass(slots=True)
class _FailingKey:
    backoff: Backoff
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class Lag:
    """What the log does not have yet: the number of rows, and the age of the oldest."""

    rows: int
    oldest: timedelta  # never negative, whatever the clock does


class Relay:
    """One per service. In several processes over one store only one relay works; the others stand by."""

    def __init__(self, units: Units, log: Log, every: float = 2.0) -> None:
        self._units = units
        self._log = log
        self._every = every
        self._failing: dict[str, _FailingKey] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let the sweep at hand finish. What is left in the outbox goes at the next start."""
        self._stopping.set()
        self._units.published.set()
        self._thread.join()

    def lag(self) -> Lag:
        with self._units.reading() as connection:
            rows, oldest = connection.execute(select(func.count(), func.min(OUTBOX.c.time))).one()
        age = timedelta(0) if oldest is None else self._units.clock() - oldest
        return Lag(rows, max(age, timedelta(0)))

    def sweep(self, alone: Callable[[], bool] = lambda: True) -> int:
        """Carry what is due now; how many rows reached the log. It ends where another relay may be at work."""
        moved = 0
        while taken := self._due():
            sent = self._send(taken, alone)
            self._delete(sent)
            moved += len(sent)
            if len(taken) < BATCH or not sent or not alone():
                break
        return moved

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._units.database.only_one("relay") as alone:
                    self._work(alone)
            except RetryLater as error:
                logger.warning("the relay cannot stand for its turn: %s", error)
            self._stopping.wait(self._every)

    def _work(self, alone: Callable[[], bool]) -> None:
        while not self._stopping.is_set() and alone():
            self._units.published.clear()
            try:
                self.sweep(alone)
            except RetryLater as error:
                logger.warning("outbox sweep put off: %s", error)
                self._stopping.wait(self._every)
            if not self._stopping.is_set():
                self._units.published.wait(self._pause())

    def _pause(self) -> float:
        soonest = min((each.until for each in self._failing.values()), default=float("inf"))
        return min(self._every, max(soonest - time.monotonic(), FIRST_PAUSE))

    def _due(self) -> Sequence[Row[Any]]:
        now = time.monotonic()
        held = [key for key, failing in self._failing.items() if failing.until > now]
        query = select(OUTBOX).order_by(OUTBOX.c.place).limit(BATCH)
        if held:
            query = query.where(~in_values(OUTBOX.c.key, held))
        with self._units.reading() as connection:
            return connection.execute(query).all()

    def _send(self, rows: Sequence[Row[Any]], alone: Callable[[], bool]) -> list[Row[Any]]:
        """All at once; where that fails, key by key, those with the fewest failures first."""
        if not any(row.key in self._failing for row in rows) and self._append(rows):
            return list(rows)
        by_key = {key: list(group) for key, group in groupby(sorted(rows, key=attrgetter("key")), attrgetter("key"))}
        sent: list[Row[Any]] = []
        failed = 0
        for key in sorted(by_key, key=self._failures):
            if failed == FAILURES_IN_A_ROW or not alone():
                break
            if self._append(by_key[key]):
                sent += by_key[key]
                failed = 0
                self._failing.pop(key, None)
            else:
                failed += 1
                self._put_off(key)
        return sent

    def _append(self, rows: Sequence[Row[Any]]) -> bool:
        events = [Event(r.topic, r.key, r.type, r.payload, r.id, r.time, r.headers) for r in rows]
        try:
            with _tracer.start_as_current_span("outbox.relay", links=_links(events)):
                self._log.append(events)
        except LogUnavailable as error:
            logger.warning("log does not take %d events: %s", len(events), error)
            return False
        except Exception:  # one key's fault must not end the relay of all the others
            logger.exception("log refuses %d events", len(events))
            return False
        return True

    def _failures(self, key: str) -> int:
        failing = self._failing.get(key)
        return 0 if failing is None else failing.backoff.failures

    def _put_off(self, key: str) -> None:
        failing = self._failing.setdefault(key, _FailingKey(Backoff(FIRST_PAUSE, LONGEST_PAUSE)))
        failing.until = time.monotonic() + failing.backoff.pause()

    def _delete(self, rows: Sequence[Row[Any]]) -> None:
        if rows:
            with self._units.database.transaction() as connection:
                connection.execute(delete(OUTBOX).where(in_values(OUTBOX.c.place, [row.place for row in rows])))


def _links(events: Sequence[Event]) -> list[trace.Link]:
    contexts = (trace.get_current_span(telemetry.extract(e.headers)).get_span_context() for e in events if e.headers)
    return [trace.Link(context) for context in contexts if context.is_valid]
