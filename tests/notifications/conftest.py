"""The real service over a real log. Tests say in the log what other services would have said there."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from harness import OPERATOR, SECRET, Ask, FakeClock, eventually, running
from vivier.common.v1 import operations_pb2
from vivier.common.v1.operations_pb2_grpc import OperationsServiceStub
from vivier.matching.v1 import events_pb2 as matching
from vivier.notifications.v1 import notifications_pb2 as pb
from vivier.notifications.v1.notifications_pb2_grpc import NotificationsServiceStub

from services.kit.auth import Caller, Role
from services.kit.bus import Event
from services.kit.bus_embedded import EmbeddedLog
from services.kit.ids import random_id
from services.kit.outbox import erased, outgoing
from services.notifications.app import NotificationsSettings, build

TOPICS = ("vivier.matching.v1", "vivier.profile.v1", "vivier.offers.v1")


def person(identifier: str) -> Caller:
    return Caller(Role.PERSON, identifier)


@dataclass
class System:
    """The service, the log it listens to, and the clock of both."""

    log: EmbeddedLog
    clock: FakeClock
    ask: Ask

    def say(self, key: str, message: Message) -> None:
        self.put(outgoing(key, message))

    def erase(self, key: str) -> None:
        self.put(erased("vivier.profile.v1", key))

    def put(self, *events: Event) -> None:
        self.log.append([replace(event, id=random_id(), time=self.clock()) for event in events])

    def status(self) -> operations_pb2.GetStatusResponse:
        stub = OperationsServiceStub(self.ask.neighbour.channel)
        return self.ask.neighbour.ask(stub.GetStatus, operations_pb2.GetStatusRequest(), OPERATOR)

    def settle(self) -> None:
        """Until everything that was said is handled."""

        def settled() -> bool:
            status = self.status()
            return status.ready and all(worker.lag == 0 for worker in status.workers)

        eventually(settled)

    def match(self, offer: str, *people: str, title: str = "Technicienne éolien") -> None:
        matched = [matching.MatchedPerson(person_id=each, score=0.8) for each in people]
        event = matching.OfferMatched(offer_id=offer, people=matched, title=title, organisation_name="Vents d’Ouest")
        self.say(f"offer-matches/{offer}", event)

    def inbox(self, who: str, **request: Any) -> pb.ListNotificationsResponse:
        return self.ask("ListNotifications", pb.ListNotificationsRequest(**request), person(who))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def log(tmp_path: Path, clock: FakeClock) -> Iterator[EmbeddedLog]:
    log = EmbeddedLog(tmp_path / "log.db")
    yield log
    log.close()


@pytest.fixture
def start(tmp_path: Path, log: EmbeddedLog, clock: FakeClock) -> Callable[..., AbstractContextManager[System]]:
    """Starts the service; a second time, over the same store, after the first has stopped."""

    @contextmanager
    def start(profile: str = "127.0.0.1:9") -> Iterator[System]:
        settings = NotificationsSettings(home=tmp_path, secret=SECRET, profile_address=profile)
        with running(build(settings, log, clock), NotificationsServiceStub) as ask:
            yield System(log, clock, ask)

    return start


@pytest.fixture
def system(start: Callable[..., AbstractContextManager[System]]) -> Iterator[System]:
    with start() as system:
        yield system
