"""Notices partitions that stand still: records wait there, and the group has not moved on for long."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.kit.backoff import Backoff
from services.kit.bus import Log, LogUnavailable

CHECKS = 6  # within the time that is long
LONGEST_PAUSE = 600.0  # seconds between two alarms


@dataclass(frozen=True, slots=True)
class _Progress:
    """How far the group is in a partition, and since when."""

    done: int
    since: float


class Watchdog:
    """Of one group. Whoever of its members looks sees the partitions of all of them.

    `alarm` gets the partitions, as `topic/number`, when they have stood still for `patience` seconds, and again, ever
    less often, while they do. A log that cannot be asked is no alarm: that shows elsewhere. Nor is a backlog: while
    this member is `busy` with as much as it takes at a time, what waits may wait for nothing else.
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
        self._standing: dict[str, _Progress] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watchdog {group}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        backoff, silent_until = Backoff(self._patience, LONGEST_PAUSE), 0.0
        while not self._stopping.wait(self._patience / CHECKS):
            try:
                self.stuck = [
                    place for topic in self._topics for place in self._stuck_partitions(topic, time.monotonic())
                ]
            except LogUnavailable:
                continue
            if not self.stuck:
                backoff.reset()
                silent_until = 0.0
            elif time.monotonic() >= silent_until:
                self._alarm(self.stuck)
                silent_until = time.monotonic() + backoff.pause()

    def _stuck_partitions(self, topic: str, now: float) -> Sequence[str]:
        ends = self._log.ends(topic)
        done = self._log.committed(self._group, topic)
        still = []
        for number, end in ends.items():
            place, reached = f"{topic}/{number}", done.get(number, 0)
            before = self._standing.get(place)
            if before is None or before.done != reached or end <= reached or self._busy():
                self._standing[place] = _Progress(reached, now)
            elif now - before.since > self._patience:
                still.append(place)
        return still
