"""Offers, courses, people and matches: the types that refer to one another across services.

What a field reads from another service comes through `Readers`, so that no type knows how things are read.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, cast

import orjson
import strawberry
from strawberry.scalars import JSON
from vivier.profile.v1 import profile_pb2

from services.gateway.context import Info, RequestContext
from services.gateway.schema.common import SkillName
from services.gateway.schema.convert import FromProto
from services.gateway.schema.enums import MentorshipState
from services.gateway.schema.fields import field
from services.gateway.schema.matching.types import Gate, Part
from services.gateway.schema.notifications.types import NotificationList
from services.gateway.schema.offers.types import CourseFields, OfferFields, Organisation
from services.gateway.schema.pages import After, Connection, First
from services.gateway.schema.profile.types import Mentor, PersonFields

T = TypeVar("T")
RANKING = "In a search: every factor that moved this hit."


@strawberry.type
class Course(CourseFields):
    organisation: Organisation | None = None
    ranking: list[Part] = strawberry.field(default_factory=list, description=RANKING)


@strawberry.type
class CourseMatch(FromProto):
    person_id: strawberry.ID
    course_id: strawberry.ID
    score: float
    closed_skills: list[SkillName] = strawberry.field(description="What it adds and the person lacks.")
    offer_ids: list[strawberry.ID] = strawberry.field(description="Offers that it brings closer, at most 20.")
    offer_count: int
    gap_count: int
    session_id: str | None
    distance_km: float | None
    formula_version: str
    course: Course | None = None


@strawberry.type
class Offer(OfferFields):
    organisation: Organisation | None = None
    match: "Match | None" = strawberry.field(
        default=None, description="Of the person whose token this is, or of `forPerson`; null elsewhere."
    )
    ranking: list[Part] = strawberry.field(default_factory=list, description=RANKING)

    @field("The ranked people who agreed to be seen; for its own verified organisation.", calls=1)
    async def candidates(self, info: Info, first: First = 20, after: After = None) -> "Connection[Match] | None":
        return await _readers(info).candidates(info.context, self.id, first, after)


@strawberry.type
class Match:
    person_id: strawberry.ID
    offer_id: strawberry.ID
    score: float = strawberry.field(description="0 to 1.")
    matched: bool = strawberry.field(description="All gates passed, and the score reaches the threshold.")
    parts: list[Part]
    gates: list[Gate]
    missing_skills: list[SkillName]
    formula_version: str
    offer_version: int
    person_version: int
    offer: Offer | None = None
    person: "Person | None" = strawberry.field(
        default=None, description="As far as the reader may see it; an employer sees no name."
    )


@strawberry.type
class Mentorship(FromProto):
    id: strawberry.ID
    person_id: strawberry.ID
    mentor_id: strawberry.ID
    state: MentorshipState | None
    message: str | None
    asked_at: datetime | None
    changed_at: datetime | None
    version: int
    person: "Person | None" = None
    mentor: Mentor | None = None


@strawberry.type(description="As far as the caller may see; an employer sees no name and no words.")
class Person(PersonFields):
    @field("Matching offers, best first, computed now.", calls=1)
    async def matches(self, info: Info, first: First = 20, after: After = None) -> Connection[Match] | None:
        return await _readers(info).matches(info.context, self.id, first, after)

    @field("Courses that close gaps to the offers near.", calls=1)
    async def course_matches(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[CourseMatch] | None:
        return await _readers(info).course_matches(info.context, self.id, first, after)

    @field("Newest first.", calls=1)
    async def notifications(
        self, info: Info, unread_only: bool = False, first: First = 20, after: After = None
    ) -> NotificationList | None:
        inbox = _readers(info).notifications
        return await inbox(info.context, f"person/{self.id}", unread_only, first, after)

    @field("Those that the caller takes part in.", calls=1)
    async def mentorships(self, info: Info) -> list[Mentorship] | None:
        return await _readers(info).mentorships(info.context, self.id)

    @field("Everything that is held about this person.", calls=1)
    async def export(self, info: Info) -> JSON | None:
        answer = await info.context.call(profile_pb2.ExportPersonRequest(id=self.id))
        return JSON(orjson.loads(answer.json))


Paged = Callable[[RequestContext, str, int, str | None], Awaitable[T]]
"""Takes an id, `first` and `after`."""


@dataclass(frozen=True, slots=True)
class Readers:
    """How fields of one service's types are read from another service; `schema.build` fills it."""

    candidates: Paged[Connection[Match]]
    matches: Paged[Connection[Match]]
    course_matches: Paged[Connection[CourseMatch]]
    notifications: Callable[[RequestContext, str, bool, int, str | None], Awaitable[NotificationList]]
    mentorships: Callable[[RequestContext, str], Awaitable[list[Mentorship]]]


def _readers(info: Info) -> Readers:
    return cast(Readers, info.context.state.readers)
