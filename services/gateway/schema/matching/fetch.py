"""Reading matches: one call to matching, one to offers, one to profile, however long the list."""

import asyncio
from collections.abc import Mapping, Sequence

import strawberry
from vivier.matching.v1 import matching_pb2 as pb

from services.gateway.context import RequestContext
from services.gateway.schema.common import listed, skill_names
from services.gateway.schema.linked_types import CourseMatch, Match, Offer, Person
from services.gateway.schema.matching.reason_texts import ReasonTexts
from services.gateway.schema.matching.types import Gate, Part, Reason
from services.gateway.schema.offers.fetch import fetch_courses, fetch_offers
from services.gateway.schema.pages import Connection, read_page
from services.gateway.schema.profile.fetch import fetch_people
from services.gateway.schema.profile.types import Evidence
from services.kit.auth import Role
from services.words.catalogue import Words


class MatchRenderer:
    """Renders matches for the caller: their language, and what they may see."""

    def __init__(self, context: RequestContext, language: str | None, people: Mapping[str, Person]) -> None:
        self._labels = context.state.labels
        self._wants = context.wants
        audience = "to" if context.caller.role is Role.PERSON else "about"
        self._texts = ReasonTexts(Words(language) if language else context.words, audience, self._labels)
        self._people = people
        self._evidence = {e.id: e for person in people.values() for s in person.skills or () for e in s.evidence}

    def match(self, message: pb.Match, offers: Mapping[str, Offer]) -> Match:
        return Match(
            person_id=strawberry.ID(message.person_id),
            offer_id=strawberry.ID(message.offer_id),
            score=message.score,
            matched=message.matched,
            parts=[self.part(part) for part in message.parts] if self._wants("parts") else [],
            gates=[self._gate(gate) for gate in message.gates] if self._wants("gates") else [],
            missing_skills=skill_names(self._labels, message.missing_skill_codes),
            formula_version=message.formula_version,
            offer_version=message.offer_version,
            person_version=message.person_version,
            offer=offers.get(message.offer_id),
            person=self._people.get(message.person_id),
        )

    def part(self, message: pb.Part) -> Part:
        return Part(
            name=message.name,
            weight=message.weight,
            value=message.value,
            known=message.known,
            reasons=[self._reason(reason) for reason in message.reasons] if self._wants("reasons") else [],
        )

    def _gate(self, message: pb.Gate) -> Gate:
        reason = self._reason(message.reason) if message.HasField("reason") else None
        return Gate(name=message.name, passed=message.passed, reason=reason)

    def _reason(self, message: pb.Reason) -> Reason:
        parameters = dict(message.parameters)
        known: Sequence[Evidence] = [e for i in message.evidence_ids if (e := self._evidence.get(strawberry.ID(i)))]
        return Reason(
            code=message.code,
            text=self._texts.of(message.code, parameters) if self._wants("text") else "",
            parameters=listed(parameters) if self._wants("parameters") else [],
            evidence=list(known),
        )


async def people_of(context: RequestContext, ids: Sequence[str]) -> Mapping[str, Person]:
    return await fetch_people(context, ids) if context.wants("evidence", "person") else {}


async def read_matches(
    context: RequestContext, messages: Sequence[pb.Match], language: str | None = None
) -> list[Match]:
    """Matches with their offers, people and words, as far as the document asks for them."""
    offer_ids = [m.offer_id for m in messages] if context.wants("offer") else []
    people, offers = await asyncio.gather(
        people_of(context, [m.person_id for m in messages]), fetch_offers(context, offer_ids)
    )
    renderer = MatchRenderer(context, language, people)
    return [renderer.match(message, offers) for message in messages]


async def matches_of_person(
    context: RequestContext, person_id: str, first: int, after: str | None
) -> Connection[Match]:
    page = await read_page(context.call_about, pb.ListMatchesRequest(person_id=person_id), first, after)
    return Connection[Match].of(page, await read_matches(context, page.items))


async def course_matches_of_person(
    context: RequestContext, person_id: str, first: int, after: str | None
) -> Connection[CourseMatch]:
    page = await read_page(context.call_about, pb.ListCourseMatchesRequest(person_id=person_id), first, after)
    courses = await fetch_courses(context, [m.course_id for m in page.items] if context.wants("course") else [])
    labels = context.state.labels
    found = [
        CourseMatch.from_proto(
            m, closed_skills=skill_names(labels, m.closed_skill_codes), course=courses.get(m.course_id)
        )
        for m in page.items
    ]
    return Connection[CourseMatch].of(page, found)


async def candidates_of(context: RequestContext, offer_id: str, first: int, after: str | None) -> Connection[Match]:
    page = await read_page(context.call, pb.ListCandidatesRequest(offer_id=offer_id), first, after)
    return Connection[Match].of(page, await read_matches(context, page.items))
