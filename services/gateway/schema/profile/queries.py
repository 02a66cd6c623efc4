"""Queries that the profile service answers: people, mentors and mentorships."""

from typing import TypeVar

import strawberry
from vivier.profile.v1 import profile_pb2 as pb

from services.gateway.context import Fetch, Info
from services.gateway.schema.convert import numbers
from services.gateway.schema.enums import MentorshipState
from services.gateway.schema.fields import field
from services.gateway.schema.linked_types import Mentorship, Person
from services.gateway.schema.offers.fetch import fetch_organisations
from services.gateway.schema.offers.types import Organisation
from services.gateway.schema.pages import After, Connection, First, read_page
from services.gateway.schema.profile.fetch import fetch_mentors, fetch_people, with_both
from services.gateway.schema.profile.types import Mentor
from services.kit.auth import Role

T = TypeVar("T")


@strawberry.type(description="Who asks, and what their token speaks for.")
class Me:
    role: str
    subject: strawberry.ID | None

    @strawberry.field
    async def person(self, info: Info) -> Person | None:
        return await _own(info, Role.PERSON, fetch_people)

    @strawberry.field
    async def mentor(self, info: Info) -> Mentor | None:
        return await _own(info, Role.MENTOR, fetch_mentors)

    @strawberry.field
    async def organisation(self, info: Info) -> Organisation | None:
        role = Role.TRAINING_BODY if self.role == Role.TRAINING_BODY else Role.RECRUITER
        return await _own(info, role, fetch_organisations)


async def _own(info: Info, role: Role, fetch: Fetch[T]) -> T | None:
    caller = info.context.caller
    return await info.context.load(fetch, caller.subject) if caller.role is role else None


@strawberry.type
class Query:
    @strawberry.field
    def me(self, info: Info) -> Me:
        caller = info.context.caller
        return Me(role=str(caller.role), subject=strawberry.ID(caller.subject) if caller.subject else None)

    @strawberry.field
    async def person(self, info: Info, id: strawberry.ID) -> Person | None:
        return await info.context.load(fetch_people, id)

    @field("A partner's own people, a mentor's mentees, an operator's all.")
    async def people(self, info: Info, first: First = 20, after: After = None) -> Connection[Person] | None:
        page = await read_page(info.context.call, pb.ListPeopleRequest(), first, after)
        return Connection[Person].of(page, [Person.from_proto(person) for person in page.items])

    @strawberry.field
    async def mentor(self, info: Info, id: strawberry.ID) -> Mentor | None:
        return await info.context.load(fetch_mentors, id)

    @strawberry.field
    async def mentors(
        self, info: Info, occupation: str | None = None, first: First = 20, after: After = None
    ) -> Connection[Mentor] | None:
        request = pb.ListMentorsRequest(occupation_code=occupation or "")
        page = await read_page(info.context.call, request, first, after)
        return Connection[Mentor].of(page, [Mentor.from_proto(mentor) for mentor in page.items])

    @field("The mentorships of the mentor who asks.")
    async def my_mentees(
        self, info: Info, states: list[MentorshipState] | None = None, first: First = 20, after: After = None
    ) -> Connection[Mentorship] | None:
        info.context.demand(Role.MENTOR)
        request = pb.ListMentorshipsRequest(states=numbers(states))
        page = await read_page(info.context.call, request, first, after)
        return Connection[Mentorship].of(page, await with_both(info.context, page.items))
