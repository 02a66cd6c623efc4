"""What Kafka alone has: records from outside, brokers that are away, topics and their settings, names of an
installation. What it has in common with the other log is in tests/contracts."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from brokers import admin, forget
from engines import address_of, fresh_namespace
from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from services.cli.ports import free_ports
from services.kit import deadletters
from services.kit.adapters import open_log
from services.kit.bus import Event, LogUnavailable, Record
from services.kit.bus_embedded import EmbeddedLog
from services.kit.bus_kafka import KafkaLog
from services.kit.bus_kafka.records import LARGEST_EVENT
from services.kit.errors import Unusable
from services.kit.ids import random_id
from services.kit.settings import Settings

TOPIC = "vivier.test.v1"
SAID = "vivier.test.v1.Said"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def brokers() -> str:
    return address_of("kafka")


@pytest.fixture
def namespace(brokers: str) -> Iterator[str]:
    name = fresh_namespace()
    yield name
    forget(brokers, name)


@pytest.fixture
def log(brokers: str, namespace: str) -> Iterator[KafkaLog]:
    log = KafkaLog(brokers, namespace)
    log.ensure_topic(TOPIC, 2)
    yield log
    log.close()


def event(key: str, body: bytes | None = b"x", time: datetime = NOW, topic: str = TOPIC) -> Event:
    return Event(topic, key, SAID, body, random_id(), time)


class Outsider:
    """Writes to the brokers past the log."""

    def __init__(self, brokers: str, namespace: str) -> None:
        self._topic = f"{namespace}.{TOPIC}"
        self._producer = KafkaProducer(bootstrap_servers=brokers, max_request_size=LARGEST_EVENT)

    def write(self, key: bytes, value: bytes | None, *headers: tuple[str, bytes]) -> None:
        self._producer.send(self._topic, value, key, list(headers), partition=0).get(10)

    def close(self) -> None:
        self._producer.close()


@pytest.fixture
def outsider(brokers: str, namespace: str, log: KafkaLog) -> Iterator[Outsider]:
    outsider = Outsider(brokers, namespace)
    yield outsider
    outsider.close()


@pytest.mark.parametrize(
    "wrong", ["", ",", "localhost", "host:port", "h:1,", "h:1, h:2", "kafka://u:secret@h:1", "u:secret@h:1"]
)
def test_an_invalid_address_is_reported(wrong: str) -> None:
    with pytest.raises(Unusable, match="VIVIER_KAFKA must look like host:port") as refused:
        KafkaLog(wrong)
    assert "secret" not in str(refused.value)


OURS = {"ce_id": b"1", "ce_type": SAID.encode(), "ce_time": b"2026-03-01T00:00:00+00:00"}


@pytest.mark.parametrize(
    ("key", "headers"),
    [
        (b"offer/1", {}),
        (b"", {"content-type": b"text/plain"}),
        (b"\xff\x00key", OURS),
        (b"offer/1", OURS | {"ce_time": b"yesterday"}),
        (b"offer/1", OURS | {"ce_time": b"2026-03-01"}),
        (b"offer/1", OURS | {"ce_id": b""}),
        (b"offer/1", OURS | {"odd": b"\xff\x00"}),
        (b"offer/1", {name: value for name, value in OURS.items() if name != "ce_type"}),
        (b"offer/\x00", OURS),
        (b"offer/1", OURS | {"ce_id": b"\x00"}),
        (b"offer/1", OURS | {"odd": b"\x00"}),
        (b"k" * 1001, OURS),
        (b"offer/1", OURS | {"ce_id": b"i" * 1001}),
    ],
    ids=[
        *("bare", "empty key", "key", "time", "zoneless", "no id", "header", "no type"),
        *("nul in key", "nul in id", "nul in header", "long key", "long id"),
    ],
)
def test_a_foreign_record_is_poison_with_its_bytes(log: KafkaLog, outsider: Outsider, key, headers) -> None:
    outsider.write(key, b"\xff\x00\xfe", *headers.items())
    (record,) = log.replay(TOPIC)
    assert (record.event.type, record.event.payload) == ("", b"\xff\x00\xfe")
    assert record.event.id == f"{TOPIC}/0/0"
    assert "\0" not in record.event.key + "".join(record.event.headers.values())
    assert len(record.event.key) <= 1000
    assert record.event.time.tzinfo is not None


def test_a_tombstone_from_outside_is_one(log: KafkaLog, outsider: Outsider) -> None:
    outsider.write(b"person/1", None)
    (record,) = log.replay(TOPIC)
    assert (record.event.key, record.event.payload) == ("person/1", None)


def test_foreign_records_become_dead_letters_and_the_rest_goes_on(system, log, outsider, eventually) -> None:
    """Twenty megabytes of it too."""
    large = os.urandom(1 << 20) * 20
    outsider.write(b"\xff", b"\x00garbage")
    outsider.write(b"large", large)
    good = event("offer/1")
    log.append([good])
    with system.worker(log=log) as worker:
        eventually(lambda: worker.lag() == 0)
        assert worker.dead_letters == 2
    letters = deadletters.page(system.units)
    assert sorted((each.record.event.payload for each in letters), key=len) == [b"\x00garbage", large]
    assert {each.reason for each in letters} == {"a payload without a type: not written by this system"}
    assert system.effects() == [("offer/1", b"x")]


def test_brokers_that_are_away_are_named() -> None:
    def ask(what) -> None:
        message = rf"does not answer at {nowhere} \(VIVIER_KAFKA\)"
        with closing(KafkaLog(nowhere)) as away, pytest.raises(LogUnavailable, match=message):
            what(away)

    nowhere = f"127.0.0.1:{free_ports(1)[0]}"
    questions = [
        lambda log: log.append([event("offer/1")]),
        lambda log: log.ensure_topic(TOPIC, 2),
        lambda log: log.ends(TOPIC),
        lambda log: log.committed("g", TOPIC),
        lambda log: log.consumer("g", [TOPIC]),
        lambda log: list(log.replay(TOPIC)),
    ]
    with ThreadPoolExecutor(len(questions)) as at_once:
        assert list(at_once.map(ask, questions)) == [None] * len(questions)


def test_a_topic_keeps_the_newest_of_each_key_and_is_durable_on_one_disk(log, brokers, namespace) -> None:
    with admin(brokers) as client:
        found = client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, f"{namespace}.{TOPIC}")])
    settings = {name: each["value"] for name, each in found["topic"][f"{namespace}.{TOPIC}"].items()}
    assert settings["cleanup.policy"] == "compact"
    assert settings["flush.messages"] == "1"
    assert int(settings["delete.retention.ms"]) == timedelta(days=365) / timedelta(milliseconds=1)


@pytest.mark.parametrize("time", [NOW + timedelta(days=400), datetime(1970, 1, 1, tzinfo=UTC), datetime.min])
def test_a_publishers_clock_may_be_wrong(log: KafkaLog, time: datetime) -> None:
    given = event("offer/1", time=time.replace(tzinfo=UTC))
    log.append([given])
    assert [record.event for record in log.replay(TOPIC)] == [given]


def test_installations_on_the_same_brokers_are_isolated(log: KafkaLog, brokers: str) -> None:
    name = fresh_namespace()
    other = KafkaLog(brokers, name)
    other.ensure_topic(TOPIC, 3)
    other.append([event("offer/1", b"other")])
    log.append([event("offer/1", b"mine")])
    consumers = [log.consumer("g", [TOPIC]), other.consumer("g", [TOPIC])]
    assert [polled(each).event.payload for each in consumers] == [b"mine", b"other"]
    assert (len(log.ends(TOPIC)), len(other.ends(TOPIC))) == (2, 3)
    other.close()
    forget(brokers, name)


def polled(consumer) -> Record:
    until = time.monotonic() + 20
    while not (found := consumer.poll(1, 10)):
        assert time.monotonic() < until
    return found[0]


def test_without_a_namespace_topics_have_their_own_names(brokers: str) -> None:
    topic = fresh_namespace() + ".v1"
    log = KafkaLog(brokers)
    log.ensure_topic(topic, 1)
    log.append([event("offer/1", topic=topic)])
    assert [record.event.topic for record in log.replay(topic)] == [topic]
    log.close()
    forget(brokers, topic.removesuffix(".v1"))


def test_an_event_that_is_too_large_is_its_callers_error_alone(log: KafkaLog) -> None:
    with pytest.raises(ValueError, match="larger than the log takes"):
        log.append([event("offer/1"), event("offer/2", bytes(LARGEST_EVENT))])
    assert not any(log.ends(TOPIC).values())
    large = event("offer/2", os.urandom(1 << 20) * 23)
    log.append([large])
    assert [record.event for record in log.replay(TOPIC)] == [large]


def test_a_text_that_cannot_be_stored_is_its_callers_error_alone(log: KafkaLog) -> None:
    with pytest.raises(UnicodeEncodeError):
        log.append([event("offer/1"), event("\ud800")])
    assert not any(log.ends(TOPIC).values())


def test_the_settings_choose_the_log(tmp_path, brokers: str, namespace: str) -> None:
    one = open_log(Settings(home=tmp_path, secret="s"))
    many = open_log(Settings(home=tmp_path, secret="s", kafka=brokers, namespace=namespace, kafka_replication=1))
    assert (type(one), type(many)) == (EmbeddedLog, KafkaLog)
    many.ensure_topic(TOPIC, 1)
    assert len(many.ends(TOPIC)) == 1
    one.close()
    many.close()
