"""Notices partitions that stand still: records wait there, but the group has not committed anything for long."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.kit.backoff import Backoff
from services.kit.bus import Log, LogUnavailable
from services.kit.ticker import Ticker

CHECKS = 6  # within `patience`
LONGEST_PAUSE = 600.0  # seconds between two alarms


@dataclass(frozen=True, slots=True)
class _Progress:
    """How far the group is in a partition, and since when."""

    done: int
    since: float


class Watchdog(Ticker):
    """Watches all partitions of one group, whichever member reads them.

    `alarm` gets the partitions, as `topic/number`, when they have stood still for `patience` seconds, and again with
    growing pauses while they do. A log that is unavailable raises no alarm. Nor does a backlog: while this member is
    `busy` with full batches, records may simply be waiting for their turn.
    """

    def __init__(
        self,
        log: Log,
        group: str,
        topics: Sequence[str],
        patience: float,
        alarm: Callable[[Sequence[str]], None],
        busy: Callable[[], bool],
    ) -> None:
        self.stuck: Sequence[str] = ()
        self._log = log
        self._group = group
        self._topics = topics
        self._patience = patience
        self._alarm = alarm
        self._busy = busy
        self._progress: dict[str, _Progress] = {}
        self._backoff, self._silent_until = Backoff(patience, LONGEST_PAUSE), 0.0
        super().__init__(f"watchdog {group}", patience / CHECKS, self._check)

    def _check(self) -> None:
        now = time.monotonic()
        try:
            self.stuck = [place for topic in self._topics for place in self._stuck_in(topic, now)]
        except LogUnavailable:
            return
        if not self.stuck:
            self._backoff.reset()
            self._silent_until = 0.0
        elif now >= self._silent_until:
            self._alarm(self.stuck)
            self._silent_until = time.monotonic() + self._backoff.pause()

    def _stuck_in(self, topic: str, now: float) -> Sequence[str]:
        ends = self._log.ends(topic)
        done = self._log.committed(self._group, topic)
        still = []
        for number, end in ends.items():
            place, reached = f"{topic}/{number}", done.get(number, 0)
            before = self._progress.get(place)
            if before is None or before.done != reached or end <= reached or self._busy():
                self._progress[place] = _Progress(reached, now)
            elif now - before.since > self._patience:
                still.append(place)
        return still
