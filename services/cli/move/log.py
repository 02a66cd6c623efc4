"""The event log: every record goes to the same partition in the same order, and each group goes on where it was.

A group's place is how many records of a partition it has done with; that is its offset on the brokers, where a topic
that was just made has no gaps. Until all is compared the brokers must not compact what they were given.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from functools import partial
from typing import Any
from uuid import UUID

from kafka import KafkaAdminClient, OffsetAndMetadata, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, NoError, TopicAuthorizationFailedError, UnknownTopicIdError

from services.cli.move.report import CannotMove, Checksum, Comparison, Progress, Say
from services.kit.bus import Log, LogUnavailable, Record
from services.kit.bus_embedded import EmbeddedLog
from services.kit.bus_kafka import KafkaLog
from services.kit.bus_kafka.client import AdminConnection
from services.kit.bus_kafka.records import Namespace
from services.kit.settings import Settings

BATCH, BATCH_BYTES = 500, 4 << 20
"""In one append, which has to be through within some seconds, also on a slow network."""

_EVER = str(2**63 - 1)
_LAGS = ("min.compaction.lag.ms", "max.compaction.lag.ms")
Checksums = Mapping[int, Checksum]
"""By partition."""


class Topics:
    """From the file of `here` to the brokers of `there`. `made` are the ids of topics that this move made, by name."""

    files: Sequence[str] = ("log.db",)

    def __init__(self, here: Settings, there: Settings, made: dict[str, str], note: Callable[[], None]) -> None:
        self._path = here.home / self.files[0]
        self._there = there
        self._made, self._save_journal = made, note
        self._namespace = Namespace(there.namespace)
        self._lags: dict[str, dict[str, str]] = {}

    def check(self) -> None:
        """Raises CannotMove where the brokers are away, hold something by these names, or may not be written to."""
        topics, groups = self._topics(), self._groups()
        names = {self._namespace.qualified(topic) for topic in topics}
        with closing(AdminConnection(self._there.kafka)) as brokers:
            try:
                held = names & set(brokers.ask(lambda client: client.list_topics()))
                known = {each["group_id"] for each in brokers.ask(lambda client: client.list_groups())}
                held |= known & {self._namespace.qualified(group) for group in groups}
                if not held:
                    trial = {"num_partitions": 1, "replication_factor": self._there.kafka_replication}
                    wanted = dict.fromkeys(names, trial)
                    brokers.ask(lambda client: client.create_topics(wanted, validate_only=True))
            except LogUnavailable as error:
                raise CannotMove(self._why(error)) from None
        if held:
            raise CannotMove(
                f"--kafka: {self._there.kafka} is not empty, {min(held)} exists there: give another --namespace"
            )

    def copy(self, say: Say) -> Iterator[Comparison]:
        with (
            closing(EmbeddedLog(self._path)) as here,
            closing(KafkaLog(self._there.kafka, self._there.namespace, self._there.kafka_replication)) as there,
            closing(AdminConnection(self._there.kafka)) as brokers,
        ):
            for topic, partitions in self._topics().items():
                self._make(there, brokers, topic, partitions)
                groups = {group: here.committed(group, topic) for group in self._groups()}
                given, done = _copy_topic(here, there, topic, groups, say)
                yield _compared(topic, given, _checksums(there, topic))
                for group, counts in done.items():
                    if counts:
                        yield self._set_offsets(there, brokers, group, topic, counts)

    def remove(self) -> None:
        """What this move made, and nothing else: topics are known by their ids."""
        if not self._made:
            return
        groups = [self._namespace.qualified(group) for group in self._groups()]
        with closing(AdminConnection(self._there.kafka)) as brokers:
            for number in self._made.values():
                brokers.ask(partial(_delete, topic=UUID(number)))
            brokers.ask(partial(_forget, groups=groups))
        self._made.clear()

    def commit(self) -> None:
        """From now on the topics compact themselves."""
        with closing(AdminConnection(self._there.kafka)) as brokers:
            for name, lags in self._lags.items():
                brokers.ask(partial(_configure, topic=name, values=lags))

    def _make(self, there: Log, brokers: AdminConnection, topic: str, partitions: int) -> None:
        name = self._namespace.qualified(topic)
        there.ensure_topic(topic, partitions)
        (made,) = brokers.ask(lambda client: client.describe_topics([name]))
        self._made[name] = str(made["topic_id"])
        self._save_journal()
        resource = ConfigResource(ConfigResourceType.TOPIC, name)
        found = brokers.ask(lambda client: client.describe_configs([resource], config_filter="all"))["topic"][name]
        self._lags[name] = {lag: found[lag]["value"] for lag in _LAGS}
        brokers.ask(partial(_configure, topic=name, values=dict.fromkeys(_LAGS, _EVER)))

    def _set_offsets(
        self, there: Log, brokers: AdminConnection, group: str, topic: str, counts: Counter[int]
    ) -> Comparison:
        """The group goes on after what it has done with."""
        team, name = self._namespace.qualified(group), self._namespace.qualified(topic)
        offsets = {TopicPartition(name, number): OffsetAndMetadata(done, "", -1) for number, done in counts.items()}
        brokers.ask(partial(_alter, group=team, offsets=offsets))
        after = {number: done for number, done in there.committed(group, topic).items() if done}
        return Comparison(f"{group} in {topic}", counts.total(), sum(after.values()), after == counts)

    def _topics(self) -> Mapping[str, int]:
        return dict(self._rows("SELECT topic, count(*) FROM partitions GROUP BY topic ORDER BY topic"))

    def _groups(self) -> Sequence[str]:
        return [team for (team,) in self._rows("SELECT DISTINCT team FROM owners WHERE next > 0 ORDER BY team")]

    def _rows(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()

    def _why(self, error: LogUnavailable) -> str:
        if isinstance(error.__cause__, TopicAuthorizationFailedError):
            return f"--kafka: {self._there.kafka} does not let this user create topics"
        return f"--kafka: {error}"


def _copy_topic(
    here: Log, there: Log, topic: str, groups: Mapping[str, Mapping[int, int]], say: Say
) -> tuple[Checksums, Mapping[str, Counter[int]]]:
    """What there is of each partition, and how many of its records each group has done with."""
    checksums = _empty_checksums(here, topic)
    done: dict[str, Counter[int]] = {group: Counter() for group in groups}
    progress = Progress(say, topic, sum(here.ends(topic).values()))
    for batch in _batches(here.replay(topic)):
        there.append([record.event for record in batch])
        for record in batch:
            _add_record(checksums, record)
            for group, places in groups.items():
                if record.offset < places.get(record.partition, 0):
                    done[group][record.partition] += 1
        progress.more(len(batch))
    progress.end()
    return checksums, done


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    size = 0
    for record in records:
        batch.append(record)
        size += len(record.event.payload or b"")
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _compared(topic: str, given: Checksums, taken: Checksums) -> Comparison:
    here, there = (sum(checksum.count for checksum in checksums.values()) for checksums in (given, taken))
    return Comparison(topic, here, there, given == taken)


def _checksums(log: Log, topic: str) -> Checksums:
    """Of all that is there now; offsets must have no gaps, or the groups' places would be wrong."""
    checksums = _empty_checksums(log, topic)
    for record in log.replay(topic):
        if record.offset != checksums[record.partition].count:
            raise CannotMove(f"{topic}/{record.partition} has a gap before {record.offset}: somebody else writes there")
        _add_record(checksums, record)
    return checksums


def _empty_checksums(log: Log, topic: str) -> Checksums:
    return {number: Checksum() for number in log.ends(topic)}


def _add_record(checksums: Checksums, record: Record) -> None:
    event = record.event
    headers = list(event.headers.items())
    checksums[record.partition].add_ordered(
        (event.key, event.type, event.payload, event.id, event.time.isoformat(), headers)
    )


def _configure(client: KafkaAdminClient, topic: str, values: Mapping[str, str]) -> None:
    client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, dict(values))])


def _alter(client: KafkaAdminClient, group: str, offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> None:
    for error in client.alter_group_offsets(group, offsets).values():
        if error is not NoError:
            raise error


def _delete(client: KafkaAdminClient, topic: UUID) -> None:
    with suppress(UnknownTopicIdError):
        client.delete_topics([topic])


def _forget(client: KafkaAdminClient, groups: Sequence[str]) -> None:
    with suppress(KafkaError):
        client.delete_groups(list(groups))
