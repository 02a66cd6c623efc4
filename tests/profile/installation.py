"""A real profile service over a real log, in a home folder of its own, and who calls it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.message import Message
from harness import OPERATOR, SECRET, Ask, FakeClock, eventually, running
from vivier.common.v1 import common_pb2 as common
from vivier.common.v1 import operations_pb2, operations_pb2_grpc
from vivier.profile.v1 import events_pb2, profile_pb2_grpc
from vivier.profile.v1 import profile_pb2 as pb

from services.kit.auth import Caller, Role
from services.kit.bus import Event
from services.kit.bus_embedded import EmbeddedLog
from services.profile.app import ProfileSettings, build
from services.referential import open_snapshot

T = TypeVar("T", bound=Message)
TOPIC = "vivier.profile.v1"
PARTNER = Caller(Role.PARTNER, "asso-1", "test")
OTHER_PARTNER = Caller(Role.PARTNER, "asso-2", "test")
MENTOR = Caller(Role.MENTOR, "m1", "test")
OTHER_MENTOR = Caller(Role.MENTOR, "m2", "test")
RECRUITER = Caller(Role.RECRUITER, "org-1", "test")
TRAINING_BODY = Caller(Role.TRAINING_BODY, "org-2", "test")
SERVICE = Caller(Role.SERVICE, "notifications", "test")
ANYONE = Caller(Role.ANYONE)
SKILLS = sorted(open_snapshot().skill_codes())[:5]
OCCUPATIONS = sorted(open_snapshot().occupation_codes())[:5]


def self_of(person_id: str) -> Caller:
    return Caller(Role.PERSON, person_id, "test")


def row(**fields: Any) -> pb.Person:
    """Somebody of 20 in Montreuil who says little; `fields` change some."""
    said: dict[str, Any] = {
        "external_id": "zoe",
        "birth_month": "2006-03",
        "place": common.Place(postal_code="93100", label="Montreuil"),
    }
    return pb.Person(**(said | fields))


class Home:
    """One installation: its folder, its clock, its log. `serve` runs the service, as often as one likes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.log = EmbeddedLog(folder / "log.db")
        self.ask: Ask

    @contextmanager
    def serve(self, **settings: Any) -> Iterator[Ask]:
        given = {"home": self.folder, "secret": SECRET, "profile_address": "127.0.0.1:0"}
        service = build(ProfileSettings(**(given | settings)), self.log, self.clock)
        with running(service, profile_pb2_grpc.ProfileServiceStub) as ask:
            assert not service.trouble(), service.trouble()
            self.ask = ask
            yield ask

    def upsert(self, *rows: pb.Person, caller: Caller = PARTNER, **more: Any) -> list[pb.PersonResult]:
        return list(self.ask("UpsertPeople", pb.UpsertPeopleRequest(people=rows, **more), caller).results)

    def made(
        self, caller: Caller = PARTNER, consents: tuple[int, ...] = (), request_id: str = "", **fields: Any
    ) -> pb.Person:
        """Somebody who was written without a refusal."""
        (result,) = self.upsert(row(**fields), caller=caller, consents=consents, request_id=request_id)
        assert not result.refusal.reason, result.refusal
        return result.person

    def get(self, *ids: str, caller: Caller = PARTNER) -> list[pb.Person]:
        return list(self.ask("BatchGetPeople", pb.BatchGetPeopleRequest(ids=ids), caller).people)

    def do(self, method: str, caller: Caller = PARTNER, **fields: Any) -> Any:
        """`do("PutSkill", caller, person_id=…)`"""
        return self.ask(method, getattr(pb, f"{method}Request")(**fields), caller)

    def mentor(self, caller: Caller = MENTOR, **fields: Any) -> pb.Mentor:
        said = {"display_name": "Nadia", "association": "article-1", "capacity": 2, "open": True}
        return self.do("UpsertMentor", caller, mentor=pb.Mentor(**(said | fields))).mentor

    def mentee(self, person: pb.Person, mentor: Caller = MENTOR, message: str = "") -> pb.Mentorship:
        """The person's accepted mentorship."""
        asked = self.do("AskMentor", PARTNER, person_id=person.id, mentor_id=mentor.subject, message=message)
        return self.do("AcceptMentorship", mentor, id=asked.mentorship.id).mentorship

    def counts(self) -> dict[str, int]:
        """What an operator is told."""
        address = self.ask.neighbour.channel
        status = operations_pb2_grpc.OperationsServiceStub(address).GetStatus
        return dict(self.ask.neighbour.ask(status, operations_pb2.GetStatusRequest(), OPERATOR).counts)

    def events(self) -> list[Event]:
        """What the log holds; it may have dropped what something newer replaces."""
        return [record.event for record in self.log.replay(TOPIC)]

    def erased(self) -> set[str]:
        """Keys with a tombstone."""
        return {event.key for event in self.events() if event.payload is None}

    def told(self, key: str, kind: type[T], version: int) -> T:
        """What was told at this version, which is still the newest."""

        def newest() -> T | None:
            found = [each.payload for each in self.events() if each.key == key and each.payload]
            message = kind.FromString(found[-1]) if found else None
            return message if message and _version(message) == version else None

        answer: T = eventually(newest)
        return answer

    def told_of(self, person_id: str, version: int) -> events_pb2.PersonChanged:
        return self.told(f"person/{person_id}", events_pb2.PersonChanged, version)


def _version(message: Any) -> int:
    return int(message.mentor.version if isinstance(message, events_pb2.MentorChanged) else message.version)
