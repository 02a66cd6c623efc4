"""The real service over a real log. Tests say in the log what other services would have said there."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from harness import OPERATOR, SECRET, Ask, FakeClock, eventually, running
from schemas import rows_of
from vivier.common.v1 import operations_pb2
from vivier.common.v1.operations_pb2_grpc import OperationsServiceStub
from vivier.matching.v1 import events_pb2 as matching
from vivier.notifications.v1 import notifications_pb2 as pb
from vivier.notifications.v1.notifications_pb2_grpc import NotificationsServiceStub
from vivier.offers.v1 import events_pb2 as offers
from vivier.offers.v1 import offers_pb2
from vivier.profile.v1 import events_pb2 as profile_events
from vivier.profile.v1 import profile_pb2

from services.kit.auth import Caller, Role
from services.kit.bus import Event
from services.kit.bus_embedded import EmbeddedLog
from services.kit.errors import Kind, Refused
from services.kit.ids import random_id
from services.kit.outbox import outgoing, tombstone
from services.kit.rpc.server import Call, Server
from services.notifications.app import NotificationsSettings, build
from services.notifications.mailer import Letter

TOPICS = ("vivier.matching.v1", "vivier.profile.v1", "vivier.offers.v1")
Start = Callable[[], AbstractContextManager["System"]]


@dataclass
class FakeMailer:
    """Keeps letters; raises what it is told to, for as long as it is told to."""

    letters: list[Letter] = field(default_factory=list)
    trouble: Exception | None = None
    tried: int = 0
    before_sending: Callable[[Letter], None] = lambda letter: None

    def send(self, letter: Letter) -> None:
        self.tried += 1
        self.before_sending(letter)
        if self.trouble is not None:
            raise self.trouble
        self.letters.append(letter)


class FakeProfile:
    """A small real server in place of `profile`, which can refuse."""

    def __init__(self) -> None:
        self.people: dict[str, profile_pb2.Person] = {}
        self.refuses = False
        self.asked = 0
        contract = profile_pb2.DESCRIPTOR.services_by_name["ProfileService"]
        table = {method.name: self._unforeseen for method in contract.methods}
        self.server = Server("127.0.0.1:0", SECRET, [(contract, {**table, "BatchGetPeople": self._people})])
        self.server.start()

    def add(self, identifier: str, email: str = "", language: str = "fr", name: str = "Inès") -> None:
        identity = profile_pb2.Identity(given_name=name, email=email or f"{identifier}@example.org")
        self.people[identifier] = profile_pb2.Person(id=identifier, identity=identity, language=language)

    def _people(self, call: Call, request: Any) -> profile_pb2.BatchGetPeopleResponse:
        self.asked += 1
        if self.refuses or call.caller != Caller(Role.SERVICE, "notifications"):
            raise Refused(Kind.DENIED, "NOT_NOW", "refused for a test")
        return profile_pb2.BatchGetPeopleResponse(people=[self.people[i] for i in request.ids if i in self.people])

    def _unforeseen(self, call: Call, request: Any) -> Any:
        raise AssertionError("nobody asks this")


@dataclass
class System:
    """The service, what it stands on, and what tests say to it."""

    log: EmbeddedLog
    clock: FakeClock
    ask: Ask
    home: Path

    def say(self, key: str, message: Message) -> None:
        self.put(outgoing(key, message))

    def put(self, *events: Event) -> None:
        self.log.append([replace(event, id=random_id(), time=self.clock()) for event in events])

    def match(self, offer: str, *people: str, title: str = "Technicienne éolien") -> None:
        matched = [matching.MatchedPerson(person_id=each, score=0.8) for each in people]
        event = matching.OfferMatched(offer_id=offer, people=matched, title=title, organisation_name="Vents d’Ouest")
        self.say(f"offer-matches/{offer}", event)

    def offer(self, identifier: str, state: str, version: int) -> None:
        offer = offers_pb2.Offer(id=identifier, state=f"OFFER_STATE_{state}", version=version)
        self.say(f"offer/{identifier}", offers.OfferChanged(offer=offer))

    def know(self, identifier: str, version: int = 1, partners: list[str] = [], mentors: list[str] = []) -> None:  # noqa: B006
        event = profile_events.PersonChanged(
            person_id=identifier, version=version, partner_ids=partners, mentor_ids=mentors
        )
        self.say(f"person/{identifier}", event)

    def mentorship(self, identifier: str, state: str, who: str = "ana", mentor: str = "max") -> None:
        event = profile_events.MentorshipChanged(
            id=identifier, person_id=who, mentor_id=mentor, state=f"MENTORSHIP_STATE_{state}"
        )
        self.say(f"mentorship/{identifier}", event)

    def erase(self, key: str) -> None:
        self.put(tombstone("vivier.profile.v1", key))

    def inbox(self, who: str, role: Role = Role.PERSON, **request: Any) -> pb.ListNotificationsResponse:
        return self.ask("ListNotifications", pb.ListNotificationsRequest(**request), Caller(role, who))

    def prefer(self, who: str, mail: str, daily_cap: int = 5) -> None:
        wish = pb.Preferences(mail=f"FREQUENCY_{mail}", daily_cap=daily_cap)
        self.ask("SetPreferences", pb.SetPreferencesRequest(preferences=wish), Caller(Role.PERSON, who))

    def status(self) -> operations_pb2.GetStatusResponse:
        stub = OperationsServiceStub(self.ask.neighbour.channel)
        return self.ask.neighbour.ask(stub.GetStatus, operations_pb2.GetStatusRequest(), OPERATOR)

    def settle(self) -> None:
        """Until everything that was said is handled."""

        def settled() -> bool:
            status = self.status()
            return status.ready and all(worker.lag == 0 for worker in status.workers)

        eventually(settled)

    def rows(self, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
        return rows_of(self.home, "notifications", f"SELECT {columns} FROM {table} ORDER BY 1")

    def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that the service keeps of its own."""
        return {t: self.rows(t) for t in ("notifications", "mails", "offers", "people", "preferences", "erased")}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EmbeddedLog]:
    log = EmbeddedLog(tmp_path / "log.db")
    yield log
    log.close()


@pytest.fixture
def mailer() -> FakeMailer:
    return FakeMailer()


@pytest.fixture
def profile() -> Iterator[FakeProfile]:
    profile = FakeProfile()
    yield profile
    profile.server.stop(0)


@pytest.fixture
def start(
    tmp_path: Path,
    log: EmbeddedLog,
    clock: FakeClock,
    mailer: FakeMailer,
    profile: FakeProfile,
    monkeypatch: pytest.MonkeyPatch,
) -> Start:
    """Starts the service; a second time, over the same store, after the first has stopped."""
    monkeypatch.setattr("services.notifications.app.ROUND_SECONDS", 0.2)

    @contextmanager
    def start() -> Iterator[System]:
        settings = NotificationsSettings(home=tmp_path, secret=SECRET, profile_address=profile.server.address)
        service = build(settings, log, clock, mailer=mailer)
        with running(service, NotificationsServiceStub) as ask:
            yield System(log, clock, ask, tmp_path)

    return start


@pytest.fixture
def system(start: Start) -> Iterator[System]:
    with start() as system:
        yield system
