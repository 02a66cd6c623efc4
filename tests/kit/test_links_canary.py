"""A small system sends one-time links; then the tokens are searched for in all files, events, logs and metrics."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.wrappers_pb2 import StringValue
from harness import OPERATOR, SECRET, FakeClock, bytes_on_disk, eventually
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import Connection, MetaData

from services.kit import telemetry
from services.kit.bus import Event, Record
from services.kit.bus_embedded import EmbeddedLog
from services.kit.clock import system_clock
from services.kit.database import open_database
from services.kit.deliveries import Deliveries, Delivery, deliveries_table, enqueue
from services.kit.errors import RetryLater
from services.kit.ids import random_id
from services.kit.links import Link, Links
from services.kit.outbox import Unit, Units, outgoing
from services.kit.rpc.client import Neighbour
from services.kit.service import Service, Subscription
from services.kit.ticker import Ticker

TOPIC = "google.protobuf"
PURPOSE = "confirm-an-answer"
OWNED = MetaData()
LINKS = Links(OWNED)
SENT = MetaData()
DELIVERIES = deliveries_table(SENT)


def contract(name: str, *methods: str) -> ServiceDescriptor:
    """A contract whose calls take and give a text."""
    file = descriptor_pb2.FileDescriptorProto(name=f"canary/{name}.proto", package="canary", syntax="proto3")
    file.dependency.append("google/protobuf/wrappers.proto")
    service = file.service.add(name=name)
    for method in methods:
        text = ".google.protobuf.StringValue"
        service.method.add(name=method, input_type=text, output_type=text)
    pool = descriptor_pool.Default()
    pool.Add(file)
    return pool.FindServiceByName(f"canary.{name}")


OWNER = contract("Owner", "AskForLink", "MintLink", "LookAtLink", "UseLink")
SENDER = contract("Sender")


class Owner:
    """Owns what the links act on. Its events say which link is due, and nothing more."""

    def __init__(self, folder: Path, log: EmbeddedLog) -> None:
        self.published: list[Event] = []
        self.units = Units(open_database(folder / "owner.db", OWNED), {str: self._due}, system_clock, random_id)
        serves = {"AskForLink": self.ask, "MintLink": self.mint, "LookAtLink": self.look, "UseLink": self.use}
        self.service = Service(
            name="owner",
            address="127.0.0.1:0",
            secret=SECRET,
            log=log,
            units=self.units,
            contract=OWNER,
            serves=serves,
            publishes_on=[TOPIC],
        )

    def _due(self, subject: str) -> Event:
        self.published.append(outgoing(f"link/{subject}", StringValue(value=subject)))
        return self.published[-1]

    def ask(self, _: Any, request: StringValue) -> StringValue:
        with self.units() as unit:
            unit.publish(request.value)
        return request

    def mint(self, _: Any, request: StringValue) -> StringValue:
        link = Link(PURPOSE, request.value, "person/ana")
        with self.units() as unit:
            return StringValue(value=LINKS.mint(unit.connection, link, self.units.clock(), timedelta(days=1)))

    def look(self, _: Any, request: StringValue) -> StringValue:
        with self.units.reading() as connection:
            return StringValue(value=LINKS.look(connection, PURPOSE, request.value, self.units.clock()).subject)

    def use(self, _: Any, request: StringValue) -> StringValue:
        with self.units() as unit:
            return StringValue(value=LINKS.use(unit.connection, PURPOSE, request.value, self.units.clock()).subject)


class Sender:
    """Sends what is due, with a token asked for at that moment. The first attempt at each fails after it was sent."""

    def __init__(self, folder: Path, log: EmbeddedLog, mint: Callable[[str], str]) -> None:
        self.clock = FakeClock()
        self.letters: dict[str, list[str]] = {}
        self._mint = mint
        units = Units(open_database(folder / "sender.db", SENT), {}, self.clock, random_id)
        deliveries = Deliveries(units, DELIVERIES, {"mail": self}, threading.Event())
        self.service = Service(
            name="sender",
            address="127.0.0.1:0",
            secret=SECRET,
            log=log,
            units=units,
            contract=SENDER,
            serves={},
            publishes_on=[],
            subscriptions=[Subscription("sender", [TOPIC], {"google.protobuf.StringValue": self._queue})],
            tickers=[Ticker("sender: deliveries", 0.05, deliveries.round)],
        )

    def _queue(self, unit: Unit, record: Record) -> None:
        subject = StringValue.FromString(record.event.payload or b"").value
        enqueue(unit.connection, DELIVERIES, [Delivery(record.event.id, "mail", subject)], self.clock())

    def prepare(self, due: Sequence[Delivery]) -> None:
        """Nothing is asked for all of them."""

    def send(self, delivery: Delivery) -> str:
        sent = self.letters.setdefault(delivery.target, [])
        sent.append(self._mint(delivery.target))
        if len(sent) == 1:
            raise RetryLater("the mail server did not answer")
        return ""

    def settled(self, connection: Connection, delivery: Delivery, reason: str) -> None:
        """Nothing is kept of it."""


@contextmanager
def started(*services: Service) -> Iterator[None]:
    for service in services:
        service.start()
    try:
        for service in services:
            assert service.settled.wait(30)
        yield
    finally:
        for service in services:
            service.stop()


class Watched:
    """Metrics and spans of this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.metrics, self.spans = InMemoryMetricReader(), InMemorySpanExporter()
        meter = MeterProvider([self.metrics]).get_meter("vivier")
        tracing = TracerProvider()
        tracing.add_span_processor(SimpleSpanProcessor(self.spans))
        monkeypatch.setattr(telemetry, "_meter", meter)
        monkeypatch.setattr(telemetry, "_rpc", meter.create_histogram("vivier.rpc.duration"))
        monkeypatch.setattr(telemetry, "_age", meter.create_histogram("vivier.event.age"))
        monkeypatch.setattr(telemetry, "_tracer", tracing.get_tracer("vivier"))

    def text(self) -> str:
        collected = self.metrics.get_metrics_data()
        assert collected is not None
        return collected.to_json() + "".join(span.to_json() for span in self.spans.get_finished_spans())


def test_a_token_is_in_no_file_event_log_or_metric(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    watched = Watched(monkeypatch)
    log = EmbeddedLog(tmp_path / "log.db")
    owner = Owner(tmp_path, log)
    neighbour = Neighbour(owner.service.address, SECRET, OWNER)

    def ask(method: str, text: str) -> str:
        call = neighbour.channel.unary_unary(
            f"/{OWNER.full_name}/{method}", StringValue.SerializeToString, StringValue.FromString
        )
        return str(neighbour.ask(call, StringValue(value=text), OPERATOR).value)

    sender = Sender(tmp_path, log, lambda subject: ask("MintLink", subject))
    subjects = [f"answer-{number}" for number in range(3)]
    with started(owner.service, sender.service):
        for subject in subjects:
            ask("AskForLink", subject)
        for attempt in (1, 2):
            eventually(lambda n=attempt: all(len(sender.letters.get(s, [])) == n for s in subjects), 30)
            sender.clock.move(minutes=5)
        for subject in subjects:
            void, good = sender.letters[subject]
            assert ask("LookAtLink", good) == subject
            assert ask("UseLink", good) == subject
            for token, reason in ((void, "LINK_UNKNOWN"), (good, "LINK_USED")):
                with pytest.raises(Exception, match="link") as refused:
                    ask("UseLink", token)
                assert getattr(refused.value, "reason", "") == reason
        left = {f"file {name}": held for name, held in bytes_on_disk(tmp_path).items()}
        left["metrics and spans"] = watched.text().encode()
        records = list(log.replay(TOPIC))
    left["events"] = repr([*records, *owner.published]).encode()
    left["files afterwards"] = b"".join(bytes_on_disk(tmp_path).values())
    left["log output"] = "".join([caplog.text, *capfd.readouterr()]).encode()
    neighbour.close()
    log.close()
    searched = {
        "file owner.db-wal": PURPOSE,
        "file log.db-wal": "answer-2",
        "file sender.db-wal": "answer-1",
        "events": "answer-0",
    }
    for what, known in searched.items():
        assert known.encode() in left[what], f"{what} is not searched at all"
    assert b"canary.Owner.MintLink" in left["metrics and spans"]
    assert b"did not answer" in left["log output"]
    for token in (token for letters in sender.letters.values() for token in letters):
        assert {what for what, held in left.items() if token.encode() in held} == set()
