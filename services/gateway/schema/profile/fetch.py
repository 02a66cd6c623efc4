"""Reading from the profile service: people, mentors and mentorships."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from vivier.profile.v1 import profile_pb2 as pb

from services.gateway.context import RequestContext
from services.gateway.schema.linked_types import Mentorship, Person
from services.gateway.schema.profile.types import Mentor


async def fetch_people(context: RequestContext, ids: Iterable[str]) -> dict[str, Person]:
    """People by id, as far as the caller may see them; the others are left out."""
    answer = await context.call_batch(pb.BatchGetPeopleRequest, ids)
    return {person.id: Person.from_proto(person, context.names) for person in answer.people}


async def fetch_mentors(context: RequestContext, ids: Iterable[str]) -> dict[str, Mentor]:
    answer = await context.call_batch(pb.BatchGetMentorsRequest, ids)
    return {mentor.id: Mentor.from_proto(mentor) for mentor in answer.mentors}


async def with_both(context: RequestContext, messages: Sequence[Any]) -> list[Mentorship]:
    """Mentorships with the people on both sides, where the document asks for them."""
    person_ids = [m.person_id for m in messages] if context.wants("person") else []
    mentor_ids = [m.mentor_id for m in messages] if context.wants("mentor") else []
    people, mentors = await asyncio.gather(fetch_people(context, person_ids), fetch_mentors(context, mentor_ids))
    return [Mentorship.from_proto(m, person=people.get(m.person_id), mentor=mentors.get(m.mentor_id)) for m in messages]


async def mentorships_of(context: RequestContext, person_id: str) -> list[Mentorship]:
    answer = await context.call(pb.ListMentorshipsRequest(page_size=100))
    return await with_both(context, [m for m in answer.mentorships if m.person_id == person_id])
