"""A person, with what other services know of them; and mentorships, which join two people."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import orjson
import strawberry
from strawberry.scalars import JSON
from vivier.profile.v1 import profile_pb2 as pb

from services.gateway.context import Asking, Info, unique
from services.gateway.schema import matching, notifications
from services.gateway.schema.common import Outcome, Refused
from services.gateway.schema.convert import FromProto
from services.gateway.schema.fields import field
from services.gateway.schema.matching_types import CourseMatch, Match
from services.gateway.schema.notifications_types import NotificationList
from services.gateway.schema.pages import After, Connection, First
from services.gateway.schema.profile_types import Mentor, MentorshipState, PersonFields

PROFILE = "profile"


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
    person: Annotated["Person", strawberry.lazy("services.gateway.schema.people")] | None = None
    mentor: Mentor | None = None


@strawberry.type(description="As far as the caller may see; an employer sees no name and no words.")
class Person(PersonFields):
    @field("Matching offers, best first, computed now.", calls=1)
    async def matches(self, info: Info, first: First = 20, after: After = None) -> Connection[Match] | None:
        return await matching.matches_of_person(info.context, self.id, first, after)

    @field("Courses that close gaps to the offers near.", calls=1)
    async def course_matches(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[CourseMatch] | None:
        return await matching.course_matches_of_person(info.context, self.id, first, after)

    @field("Newest first.", calls=1)
    async def notifications(
        self, info: Info, unread_only: bool = False, first: First = 20, after: After = None
    ) -> NotificationList | None:
        return await notifications.inbox(info.context, f"person/{self.id}", unread_only, first, after)

    @field("Those that the caller takes part in.", calls=1)
    async def mentorships(self, info: Info) -> list[Mentorship] | None:
        answer = await info.context.ask(PROFILE, "ListMentorships", pb.ListMentorshipsRequest(page_size=100))
        return await with_both(info.context, [m for m in answer.mentorships if m.person_id == self.id])

    @field("Everything that is held about this person.", calls=1)
    async def export(self, info: Info) -> JSON | None:
        answer = await info.context.ask(PROFILE, "ExportPerson", pb.ExportPersonRequest(id=self.id))
        return JSON(orjson.loads(answer.json))


@strawberry.type
class PersonWritten:
    person: Person
    outcome: Outcome | None


@strawberry.type
class MentorshipWritten:
    mentorship: Mentorship


PersonResult = Annotated[PersonWritten | Refused, strawberry.union("PersonResult")]
MentorshipResult = Annotated[MentorshipWritten | Refused, strawberry.union("MentorshipResult")]


@strawberry.type(description="One result a row, in the order of the input.")
class PeopleWritten:
    results: list[PersonResult]


PeopleResult = Annotated[PeopleWritten | Refused, strawberry.union("PeopleResult")]


async def fetch_people(asking: Asking, ids: Sequence[str]) -> dict[str, Person]:
    """People by id, as far as the caller may see them; the others are left out."""
    wanted = unique(ids)
    if not wanted:
        return {}
    answer = await asking.ask(PROFILE, "BatchGetPeople", pb.BatchGetPeopleRequest(ids=wanted))
    return {person.id: Person.from_proto(person, asking.names) for person in answer.people}


async def fetch_mentors(asking: Asking, ids: Sequence[str]) -> dict[str, Mentor]:
    wanted = unique(ids)
    if not wanted:
        return {}
    answer = await asking.ask(PROFILE, "BatchGetMentors", pb.BatchGetMentorsRequest(ids=wanted))
    return {mentor.id: Mentor.from_proto(mentor) for mentor in answer.mentors}


async def with_both(asking: Asking, messages: Sequence[Any]) -> list[Mentorship]:
    """Mentorships with the people on both sides, where the document asks for them."""
    person_ids = [m.person_id for m in messages] if asking.wants("person") else []
    mentor_ids = [m.mentor_id for m in messages] if asking.wants("mentor") else []
    people, mentors = await asyncio.gather(fetch_people(asking, person_ids), fetch_mentors(asking, mentor_ids))
    return [Mentorship.from_proto(m, person=people.get(m.person_id), mentor=mentors.get(m.mentor_id)) for m in messages]
