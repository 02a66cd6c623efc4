"""A running service: its server, relay, consumers and periodic jobs, started and stopped in order.

Start: the server (answering "not ready"), topics, relay, `prepare` (rebuilding an index, say), then the consumers.
An engine that is away at start is waited for without limit; the health check fails meanwhile. Later it fails while the
store, or what `needs` checks, is away. A log that is away later does not count: calls are answered, and events stay in
the outbox.
Stop: `interrupt` ends open streams, new calls are refused, consumers finish their batch and the relay its sweep, then
files are closed.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from google.protobuf.descriptor import ServiceDescriptor

from services.kit import requests, telemetry
from services.kit.backoff import Backoff
from services.kit.bus import Log, LogUnavailable
from services.kit.consumer import Worker
from services.kit.dispatch import Listens
from services.kit.errors import RetryLater, Unusable
from services.kit.operations import DESCRIPTOR, Operations
from services.kit.outbox import Units
from services.kit.relay import Relay
from services.kit.rpc.server import Function, Server
from services.kit.ticker import Ticker

logger = logging.getLogger(__name__)
PARTITIONS = 8
HOUR = 3600.0
COMPACT_SECONDS = 600.0
HEALTH_SECONDS = 2.0
TRUNCATE_SECONDS = 2.0
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 10.0


@dataclass(frozen=True, slots=True)
class Subscription:
    """One consumer group of a service. `group` begins with the service's name."""

    group: str
    topics: Sequence[str]
    listens: Listens
    batch: int = 200  # records handled in one transaction; fewer where one record writes much


class Service:
    """Build it in the service's `app.py`; `start` returns when calls are answered, `ready` may come later.

    `serves` is the table of `contract`; `publishes_on` are the service's own topics. `prepare` runs once, before the
    consumers. `counts` are shown to operators. `needs` raises while something is away that calls cannot do without.
    `interrupt` and `close` are called first and last when it stops.
    """

    def __init__(
        self,
        *,
        name: str,
        address: str,
        secret: str,
        log: Log,
        units: Units,
        contract: ServiceDescriptor,
        serves: Mapping[str, Function],
        publishes_on: Sequence[str],
        subscriptions: Sequence[Subscription] = (),
        tickers: Sequence[Ticker] = (),
        prepare: Callable[[], None] = lambda: None,
        counts: Callable[[], Mapping[str, int]] = dict,
        needs: Callable[[], object] = lambda: None,
        interrupt: Callable[[], None] = lambda: None,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self._log = log
        self._units = units
        self._publishes_on = publishes_on
        self._topics = {*publishes_on, *(topic for s in subscriptions for topic in s.topics)}
        self._relay = Relay(units, log)
        self._workers = [Worker(log, s.group, s.topics, units, s.listens, s.batch) for s in subscriptions]
        self._tickers = [
            *tickers,
            Ticker(f"{name}: old requests", HOUR, self._prune),
            Ticker(f"{name}: compaction", COMPACT_SECONDS, self._compact),
            Ticker(f"{name}: health", HEALTH_SECONDS, self._check_health),
            Ticker(f"{name}: erased bytes", TRUNCATE_SECONDS, units.wal_truncation.retry),
        ]
        self._prepare = prepare
        self._interrupt = interrupt
        self._close = close
        self._operations = Operations(name, units, self._relay, self._workers, counts, needs)
        tables = [(contract, serves), (DESCRIPTOR, self._operations.serves())]
        self._server = Server(address, secret, tables)
        self.address = self._server.address
        self.settled = threading.Event()  # set once it is ready, or cannot become so
        self._running: list[Relay | Worker | Ticker] = []
        self._stopping = threading.Event()
        self._starter = threading.Thread(target=self._begin, name=f"{name}: start", daemon=True)
        outbox = partial(self._measured, lambda: {name: self._relay.lag().rows})
        lag = partial(self._measured, lambda: {w.group: w.lag() for w in self._workers})
        stuck = partial(self._measured, lambda: {w.group: w.stuck() for w in self._workers})
        telemetry.watch(f"vivier.{name}.outbox.rows", "{row}", "committed, not yet in the log", outbox)
        telemetry.watch(f"vivier.{name}.lag", "{record}", "in the log, not yet handled", lag)
        telemetry.watch(f"vivier.{name}.stuck", "{partition}", "records wait, no progress", stuck)

    def start(self) -> None:
        self._server.set_ready(False)
        self._server.start()
        self._starter.start()

    def stop(self, grace: float = 1.0) -> None:
        self._stopping.set()
        self._interrupt()
        self._server.stop(grace)
        self._starter.join()
        for each in reversed(self._running):
            each.stop()
        self._close()
        self._units.database.close()

    def trouble(self) -> list[str]:
        """Why it is not ready; empty when it is."""
        return self._operations.trouble()

    def _begin(self) -> None:
        try:
            self._retry_until_done(self._units.database.migrate)
            self._retry_until_done(self._ensure_topics)
            if self._stopping.is_set():
                return
            self._run([self._relay])
            self._retry_until_done(self._prepare)
        except (Unusable, OSError) as error:
            logger.error("%s cannot start: %s", self.name, error)
            return self._give_up(str(error))
        except Exception as error:
            logger.exception("%s cannot start", self.name)
            return self._give_up(f"{type(error).__name__}: {error}")
        if self._stopping.is_set():
            return
        self._run([*self._workers, *self._tickers])
        self._operations.reasons.clear()
        self._server.set_ready(True)
        self.settled.set()

    def _give_up(self, reason: str) -> None:
        self._operations.reasons[:] = [reason]
        self.settled.set()

    def _retry_until_done(self, step: Callable[[], None]) -> None:
        """With pauses: an engine that is missing may be starting as well."""
        backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE)
        while not self._stopping.is_set():
            try:
                return step()
            except (RetryLater, LogUnavailable) as error:
                self._operations.reasons[:] = [str(error)]
                logger.warning("%s waits and tries again: %s", self.name, error)
                self._stopping.wait(backoff.pause())

    def _ensure_topics(self) -> None:
        for topic in sorted(self._topics):
            self._log.ensure_topic(topic, PARTITIONS)

    def _check_health(self) -> None:
        self._server.set_ready(not self.trouble())

    def _run(self, threads: Sequence[Relay | Worker | Ticker]) -> None:
        for each in threads:
            each.start()
            self._running.append(each)

    def _prune(self) -> None:
        with self._units() as unit:
            requests.prune(unit.connection, self._units.clock())

    def _compact(self) -> None:
        for topic in self._publishes_on:
            try:
                self._log.compact(topic)
            except LogUnavailable as error:
                logger.info("compaction of %s goes on next time: %s", topic, error)

    def _measured(self, read: Callable[[], Mapping[str, int]]) -> Mapping[str, float]:
        """Empty while the service stops, or while the store or the log is away."""
        try:
            return {} if self._stopping.is_set() else read()
        except (RetryLater, LogUnavailable):
            return {}
