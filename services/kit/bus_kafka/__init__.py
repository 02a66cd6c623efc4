"""The event log on Apache Kafka, for many machines.

Durability is the brokers': every replica in sync has a record before `append` returns. Where only one broker keeps it,
that one writes it through to the disk first. Topics compact themselves, see `_CONTENTS`. Why it is as it is, and what
was tried: docs/decisions/0009.

Nothing connects before it is used. Whatever the brokers do not answer within some ten seconds is `LogUnavailable`.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from kafka import KafkaAdminClient, KafkaConsumer, OffsetSpec, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.errors import TopicAlreadyExistsError

from services.kit.bus import Consumer, Event, Record, partition_of
from services.kit.bus_kafka.client import ANSWER_SECONDS, AdminConnection, options, passing_faults, unavailable
from services.kit.bus_kafka.groups import Member
from services.kit.bus_kafka.producer import LARGEST_REQUEST, Appender, Placed
from services.kit.bus_kafka.records import Namespace, records_of, row_of

HOUR, DAY = 3_600_000, 86_400_000  # milliseconds
_EVER = 2**63 - 1
_CONTENTS: Mapping[str, object] = {
    "cleanup.policy": "compact",
    "min.compaction.lag.ms": HOUR,  # who was away for less misses nothing at all
    "max.compaction.lag.ms": DAY,  # when erased bytes are gone, in a partition that is being written to
    "delete.retention.ms": 365 * DAY,  # how long a store may have been away, or come from a backup, and still be told
    "max.message.bytes": LARGEST_REQUEST,
    "message.timestamp.after.max.ms": _EVER,  # a publisher's clock may be wrong: that is no reason to refuse
    "message.timestamp.before.max.ms": _EVER,
}
_SAFE_REPLICAS = 3
_READ_AHEAD = 500


class KafkaLog:
    """The port `Log` over the brokers at `host:port,…`.

    `session` is how long a process may be silent before its partitions go to others, `busy` how long it may take for
    the records of one poll, in seconds. `replication` -1 is what the brokers are set to.
    """

    def __init__(
        self, brokers: str, namespace: str = "", replication: int = -1, session: float = 10.0, busy: float = 120.0
    ) -> None:
        self._brokers = brokers
        self._namespace = Namespace(namespace)
        self._replication = replication
        self._session = session
        self._busy = busy
        self._admin = AdminConnection(brokers)
        self._appender = Appender(brokers)
        self._partitions: dict[str, int] = {}
        self._members: list[Member] = []

    def ensure_topic(self, topic: str, partitions: int) -> None:
        if not self._partitions_of(topic):
            self._admin.ask(lambda client: self._create(client, self._namespace.qualified(topic), partitions))

    def append(self, events: Sequence[Event]) -> None:
        if events:
            self._appender.append([self._placed(event) for event in events])

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        member = Member(self._brokers, self._namespace, topics, lambda: self._client(self._namespace.qualified(group)))
        self._members = [*(each for each in self._members if not each.closed), member]
        return member

    def replay(self, topic: str, upto: Mapping[int, int] | None = None) -> Iterator[Record]:
        ends = self.ends(topic)
        bounds = ends if upto is None else {number: min(upto.get(number, end), end) for number, end in ends.items()}
        places = {self._place(topic, number): bound for number, bound in bounds.items() if bound}
        if places:
            with passing_faults(self._brokers):
                client = self._client(None)
            try:
                yield from self._read(client, topic, places)
            finally:
                client.close()

    def ends(self, topic: str) -> Mapping[int, int]:
        specs = {self._place(topic, number): OffsetSpec.LATEST for number in range(self._partitions_of(topic))}
        if not specs:
            return {}
        found = self._admin.ask(lambda client: client.list_partition_offsets(specs))
        return {place.partition: found[place].offset for place in specs}

    def committed(self, group: str, topic: str) -> Mapping[int, int]:
        name, places = (
            self._namespace.qualified(group),
            [self._place(topic, n) for n in range(self._partitions_of(topic))],
        )
        if not places:
            return {}
        found = self._admin.ask(lambda client: client.list_group_offsets({name: places}))[name]
        return {place.partition: max(found[place].offset, 0) for place in places}

    def compact(self, topic: str) -> int:
        return 0

    def close(self) -> None:
        """Members leave too: each has a thread and connections of its own."""
        for member in self._members:
            member.close()
        self._appender.close()
        self._admin.close()

    def _place(self, topic: str, number: int) -> TopicPartition:
        return TopicPartition(self._namespace.qualified(topic), number)

    def _placed(self, event: Event) -> Placed:
        partitions = self._partitions_of(event.topic)
        if not partitions:
            raise ValueError(f"topic {event.topic} was never created")
        return self._namespace.qualified(event.topic), partition_of(event.key, partitions), row_of(event)

    def _partitions_of(self, topic: str) -> int:
        """0 where there is no such topic."""
        known = self._partitions.get(topic, 0)
        if not known:
            name = self._namespace.qualified(topic)
            known = len(self._admin.ask(lambda client: client.describe_topics([name]))[0]["partitions"])
            if known:
                self._partitions[topic] = known
        return known

    def _create(self, client: KafkaAdminClient, name: str, partitions: int) -> None:
        replicas = self._replication if self._replication > 0 else _default_replicas(client)
        settings = {key: str(value) for key, value in {**_CONTENTS, **_durability(replicas)}.items()}
        wanted = {"num_partitions": partitions, "replication_factor": replicas, "configs": settings}
        with suppress(TopicAlreadyExistsError):
            client.create_topics({name: wanted})
        client.wait_for_topics([name], timeout_ms=int(ANSWER_SECONDS * 1000))

    def _client(self, group: str | None) -> KafkaConsumer:
        return KafkaConsumer(
            **options(self._brokers),
            group_id=group,
            session_timeout_ms=int(self._session * 1000),
            heartbeat_interval_ms=int(min(self._session / 3, 1.0) * 1000),  # also how soon a rebalance is noticed
            max_poll_interval_ms=int(self._busy * 1000),
            partition_assignment_strategy=[RoundRobinPartitionAssignor],
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )

    def _read(self, client: KafkaConsumer, topic: str, places: dict[TopicPartition, int]) -> Iterator[Record]:
        """Until every bound is passed: there may be no record just before it."""
        client.assign(list(places))
        client.seek_to_beginning()
        patience = time.monotonic() + 2 * ANSWER_SECONDS
        while places:
            with passing_faults(self._brokers):
                found = client.poll(int(ANSWER_SECONDS * 1000), _READ_AHEAD)
                reached = [place for place, bound in places.items() if (client.position(place, 0) or 0) >= bound]
            for place, rows in found.items():
                yield from records_of(topic, (row for row in rows if row.offset < places[place]))
            for place in reached:
                client.pause(place)
                del places[place]
            if found or reached:
                patience = time.monotonic() + 2 * ANSWER_SECONDS
            elif time.monotonic() > patience:
                raise unavailable(self._brokers, f"nothing more comes from {sorted(places)}")


def _durability(replicas: int) -> Mapping[str, object]:
    """A record outlives a power cut on one disk when it is written through, on several machines when two have it."""
    if replicas == 1:
        return {"flush.messages": 1}
    return {"min.insync.replicas": 2} if replicas >= _SAFE_REPLICAS else {}


def _default_replicas(client: KafkaAdminClient) -> int:
    broker = str(client.describe_cluster()["brokers"][0]["broker_id"])
    found = client.describe_configs([ConfigResource(ConfigResourceType.BROKER, broker)], config_filter="all")
    return int(found["broker"][broker]["default.replication.factor"]["value"])
