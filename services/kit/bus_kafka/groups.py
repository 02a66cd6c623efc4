"""Groups of Kafka: one member, on a client of its own.

The client fetches ahead and keeps the read position. `_rewind_to` has, for each partition that was polled, the first
offset that is not committed. A partition that moves away is removed from it at once, so a commit of its records is
`Fenced`, also when the partition comes back later.
"""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    KafkaError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)
from kafka.structs import MemberState

from services.kit.bus import Fenced, LogUnavailable, Record
from services.kit.bus_kafka.client import ANSWER_SECONDS, passing_faults
from services.kit.bus_kafka.records import Namespace, records_of

POLL_SLICE_SECONDS = 0.2  # how long `close` may have to wait for a poll of another thread
LEAVE_SECONDS = 2.0
_REBALANCED = (CommitFailedError, IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError)


class Member:
    """The port `Consumer`. `join` makes a client that is to be a member of the group."""

    def __init__(
        self, brokers: str, namespace: Namespace, topics: Sequence[str], join: Callable[[], KafkaConsumer]
    ) -> None:
        self._brokers = brokers
        self._namespace = namespace
        self._topics = [namespace.qualified(topic) for topic in topics]
        self._join = join
        self._turn = threading.Lock()
        self.closed = False
        self._rewind_to: dict[TopicPartition, int] = {}
        self._answered_at = time.monotonic()
        self._client: KafkaConsumer | None = self._joined()

    def poll(self, timeout: float, limit: int) -> Sequence[Record]:
        deadline = time.monotonic() + timeout
        while True:
            with self._turn:
                if self.closed:
                    return []
                found = self._fetch(min(max(deadline - time.monotonic(), 0.0), POLL_SLICE_SECONDS), limit)
            if found or time.monotonic() >= deadline:
                return found

    def commit(self, records: Sequence[Record]) -> None:
        done: dict[TopicPartition, int] = {}
        for record in records:
            place = TopicPartition(self._namespace.qualified(record.event.topic), record.partition)
            done[place] = max(done.get(place, 0), record.offset + 1)
        with self._turn:
            if done:
                self._commit(done)

    def rewind(self) -> None:
        with self._turn:
            if self._client is not None:
                for place in self._rewind_to.keys() & self._client.assignment():
                    self._client.seek(place, self._rewind_to[place])

    def close(self) -> None:
        self.closed = True
        with self._turn:
            self._leave()

    def _joined(self) -> KafkaConsumer:
        with passing_faults(self._brokers):
            client = self._join()
            client.subscribe(self._topics, listener=_RebalanceListener(self._forget))
        return client

    def _fetch(self, seconds: float, limit: int) -> list[Record]:
        if self._client is None:
            self._client = self._joined()
        try:
            with passing_faults(self._brokers):
                _keep_joining(self._client)
                found = self._client.poll(int(seconds * 1000), limit)
                self._check_connection(self._client, bool(found))
        except LogUnavailable as error:
            if not getattr(error.__cause__, "retriable", False):
                self._leave()  # nobody knows what still works in it: the next poll joins anew
            raise
        for place, rows in found.items():
            self._rewind_to.setdefault(place, rows[0].offset)
        return [r for place, rows in found.items() for r in records_of(self._namespace.local(place.topic), rows)]

    def _check_connection(self, client: KafkaConsumer, answered: bool) -> None:
        """The client never says that it reaches nobody; so a silence is asked about now and then."""
        if not answered and time.monotonic() - self._answered_at > ANSWER_SECONDS:
            client.committed(TopicPartition(self._topics[0], 0), timeout_ms=int(ANSWER_SECONDS * 1000))
            answered = True
        if answered:
            self._answered_at = time.monotonic()

    def _commit(self, done: dict[TopicPartition, int]) -> None:
        lost = [place for place in done if place not in self._rewind_to]
        if self.closed or self._client is None or lost:
            raise Fenced(f"{lost or 'all'} belongs to another consumer now")
        offsets = {place: OffsetAndMetadata(upto, "", -1) for place, upto in done.items()}
        with passing_faults(self._brokers):
            try:
                self._client.commit(offsets, timeout_ms=int(ANSWER_SECONDS * 1000))
            except _REBALANCED as error:
                raise Fenced(str(error)) from error
        for place, upto in done.items():
            self._rewind_to[place] = max(self._rewind_to[place], upto)

    def _forget(self, places: Collection[TopicPartition]) -> None:
        """Called within `poll` and `close`, by the client's own thread while it is waited for."""
        for place in places:
            self._rewind_to.pop(place, None)

    def _leave(self) -> None:
        client, self._client = self._client, None
        self._rewind_to.clear()
        if client is not None:
            with suppress(KafkaError, RuntimeError):
                client.close(autocommit=False, timeout_ms=int(LEAVE_SECONDS * 1000))


def _keep_joining(client: KafkaConsumer) -> None:
    """A leader whose poll ends between sharing out and being told its share would never ask again (0009)."""
    if client.group_metadata().state is not MemberState.STABLE:
        client._coordinator.request_rejoin()


class _RebalanceListener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells which partitions have moved away.

    In a rebalance all are given up before some are given back; the client goes on where it was in those that stay.
    """

    def __init__(self, forget: Callable[[Collection[TopicPartition]], None]) -> None:
        self._forget = forget
        self._given_up: set[TopicPartition] = set()

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self._given_up = set(revoked)

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self._forget(self._given_up - set(assigned))
        self._given_up.clear()

    def on_partitions_lost(self, lost: Collection[TopicPartition]) -> None:
        self._forget(lost)
