"""Search, matches and their explanation: one call to matching, one to offers, one to profile, however long the list."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import strawberry
from vivier.matching.v1 import matching_pb2 as pb

from services.gateway.context import Asking, Info
from services.gateway.schema.common import OfferKind, PointInput
from services.gateway.schema.convert import numbers
from services.gateway.schema.fields import field
from services.gateway.schema.matching_types import (
    CourseMatch,
    CourseSearch,
    Facet,
    Gate,
    Match,
    OfferSearch,
    Part,
    Reason,
    Shown,
    listed,
)
from services.gateway.schema.offers import fetch_courses, fetch_offers
from services.gateway.schema.offers_types import ContractType, GreenGrade, Offer
from services.gateway.schema.pages import After, Connection, First, page
from services.gateway.schema.profile_types import Evidence, PersonFields
from services.gateway.schema.referential import LONGEST_TEXT, skill_names
from services.gateway.voice import Voice
from services.kit.auth import Role
from services.kit.checks import Checks
from services.kit.errors import Violation, invalid

if TYPE_CHECKING:
    from services.gateway.schema.people import Person

MATCHING = "matching"


@strawberry.input(description="A circle around a point, or around a place by its name or code.")
class NearInput:
    radius_km: float
    place: str | None = None
    point: PointInput | None = None


class Reader:
    """Turns matches into what this reader sees."""

    def __init__(self, asking: Asking, language: str | None, people: Mapping[str, PersonFields]) -> None:
        self._labels = asking.house.labels
        self._wants = asking.wants
        self._voice = Voice(language or asking.language, asking.caller.role is Role.PERSON, self._labels)
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
            person=cast("Person | None", self._people.get(message.person_id)),
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
            text=self._voice.say(message.code, parameters) if self._wants("text") else "",
            parameters=listed(parameters) if self._wants("parameters") else [],
            evidence=list(known),
        )


async def _people_of(asking: Asking, ids: Sequence[str]) -> Mapping[str, PersonFields]:
    from services.gateway.schema.people import fetch_people  # noqa: PLC0415 — a person knows its matches

    return await fetch_people(asking, ids) if asking.wants("evidence", "person") else {}


async def read_matches(asking: Asking, messages: Sequence[pb.Match], language: str | None = None) -> list[Match]:
    """Matches with their offers, people and words, as far as the document asks for them."""
    offer_ids = [m.offer_id for m in messages] if asking.wants("offer") else []
    people, offers = await asyncio.gather(
        _people_of(asking, [m.person_id for m in messages]), fetch_offers(asking, offer_ids)
    )
    reader = Reader(asking, language, people)
    return [reader.match(message, offers) for message in messages]


async def matches_of_person(asking: Asking, person_id: str, first: int, after: str | None) -> Connection[Match]:
    at = page(first, after)
    request = pb.ListMatchesRequest(person_id=person_id, page_size=at.size, page_token=at.token)
    answer = await asking.ask_about(MATCHING, "ListMatches", request, pb.ListMatchesResponse())
    return Connection[Match].of(at, await read_matches(asking, answer.matches[at.skip :]), answer.next_page_token)


async def course_matches_of_person(
    asking: Asking, person_id: str, first: int, after: str | None
) -> Connection[CourseMatch]:
    at = page(first, after)
    request = pb.ListCourseMatchesRequest(person_id=person_id, page_size=at.size, page_token=at.token)
    answer = await asking.ask_about(MATCHING, "ListCourseMatches", request, pb.ListCourseMatchesResponse())
    messages = answer.matches[at.skip :]
    courses = await fetch_courses(asking, [m.course_id for m in messages] if asking.wants("course") else [])
    labels = asking.house.labels
    found = [
        CourseMatch.from_proto(
            m, closed_skills=skill_names(labels, m.closed_skill_codes), course=courses.get(m.course_id)
        )
        for m in messages
    ]
    return Connection[CourseMatch].of(at, found, answer.next_page_token)


async def candidates_of(asking: Asking, offer_id: str, first: int, after: str | None) -> Connection[Match]:
    at = page(first, after)
    request = pb.ListCandidatesRequest(offer_id=offer_id, page_size=at.size, page_token=at.token)
    answer = await asking.ask(MATCHING, "ListCandidates", request)
    return Connection[Match].of(at, await read_matches(asking, answer.matches[at.skip :]), answer.next_page_token)


def _circle(asking: Asking, near: NearInput | None) -> pb.Circle | None:
    if near is None:
        return None
    circle = pb.Circle(radius_km=near.radius_km)
    if near.point is not None:
        circle.center.latitude, circle.center.longitude = near.point.latitude, near.point.longitude
        return circle
    guesses = asking.house.referential.places_for(_words(near.place or ""), 1)
    if not guesses or guesses[0].place.latitude is None or guesses[0].place.longitude is None:
        raise invalid([Violation("near.place", "PLACE_UNKNOWN", "no such place is known; give a point instead")])
    circle.center.latitude, circle.center.longitude = guesses[0].place.latitude, guesses[0].place.longitude
    return circle


def _words(text: str) -> str:
    checks = Checks("near.")
    text = checks.text("place", text, LONGEST_TEXT, required=True)
    checks.done()
    return text


async def search_offers(asking: Asking, request: pb.SearchOffersRequest, language: str | None, skip: int) -> Any:
    """The answer, and the offers of its hits in order; an offer that has just gone is left out."""
    answer = await asking.ask(MATCHING, "SearchOffers", request)
    hits = answer.hits[skip:] if asking.wants("nodes", "edges") else []
    explained = [request.person_id] if asking.wants("match") and request.person_id else []
    offers, people = await asyncio.gather(
        fetch_offers(asking, [hit.offer_id for hit in hits]), _people_of(asking, explained)
    )
    reader = Reader(asking, language, people)
    for hit in hits:
        if (offer := offers.get(hit.offer_id)) is None:
            continue
        if asking.wants("match") and hit.HasField("match"):
            offer.match = reader.match(hit.match, offers)
        if asking.wants("ranking"):
            offer.ranking = [reader.part(part) for part in hit.parts]
    return answer, [(index, offers[hit.offer_id]) for index, hit in enumerate(hits) if hit.offer_id in offers]


@strawberry.type
class MatchingQuery:
    @field("Open offers, best first: by relevance, or by the match of the person concerned.")
    async def offers(
        self,
        info: Info,
        text: str = "",
        near: NearInput | None = None,
        include_remote: bool = True,
        skills: list[str] | None = None,
        occupations: list[str] | None = None,
        kinds: list[OfferKind] | None = None,
        green_grades: list[GreenGrade] | None = None,
        contracts: list[ContractType] | None = None,
        for_person: strawberry.ID | None = None,
        language: str | None = None,
        first: First = 20,
        after: After = None,
    ) -> OfferSearch | None:
        asking, at = info.context, page(first, after)
        request = pb.SearchOffersRequest(
            text=text,
            within=_circle(asking, near),
            include_remote=include_remote,
            skill_codes=skills,
            occupation_codes=occupations,
            kinds=numbers(kinds),
            green_grades=numbers(green_grades),
            contracts=numbers(contracts),
            person_id=for_person or (asking.caller.subject if asking.caller.role is Role.PERSON else ""),
            page_size=at.size,
            page_token=at.token,
            facets=asking.wants("facets"),
        )
        answer, found = await search_offers(asking, request, language, at.skip)
        facets = [Facet.from_proto(facet) for facet in answer.facets]
        return OfferSearch.placed(at, found, answer.next_page_token, answer.total, facets=facets)

    @strawberry.field
    async def courses(
        self,
        info: Info,
        text: str = "",
        near: NearInput | None = None,
        include_remote: bool = True,
        skills: list[str] | None = None,
        occupations: list[str] | None = None,
        funding: list[str] | None = None,
        language: str | None = None,
        first: First = 20,
        after: After = None,
    ) -> CourseSearch | None:
        asking, at = info.context, page(first, after)
        request = pb.SearchCoursesRequest(
            text=text,
            within=_circle(asking, near),
            include_remote=include_remote,
            skill_codes=skills,
            occupation_codes=occupations,
            funding=funding,
            page_size=at.size,
            page_token=at.token,
            facets=asking.wants("facets"),
        )
        answer = await asking.ask(MATCHING, "SearchCourses", request)
        hits = answer.hits[at.skip :] if asking.wants("nodes", "edges") else []
        courses = await fetch_courses(asking, [hit.course_id for hit in hits])
        reader = Reader(asking, language, {})
        for hit in hits:
            if hit.course_id in courses and asking.wants("ranking"):
                courses[hit.course_id].ranking = [reader.part(part) for part in hit.parts]
        found = [(index, courses[hit.course_id]) for index, hit in enumerate(hits) if hit.course_id in courses]
        facets = [Facet.from_proto(facet) for facet in answer.facets]
        return CourseSearch.placed(at, found, answer.next_page_token, answer.total, facets=facets)

    @field("Why this person and this offer, or why not.")
    async def why(
        self, info: Info, person: strawberry.ID, offer: strawberry.ID, language: str | None = None
    ) -> Match | None:
        request = pb.ExplainRequest(person_id=person, offer_id=offer)
        answer = await info.context.ask(MATCHING, "Explain", request)
        found = await read_matches(info.context, [answer.match], language)
        return found[0] if found else None

    @field("Lists as they were shown to a person or about an offer; for audit.")
    async def shown(
        self,
        info: Info,
        person: strawberry.ID | None = None,
        offer: strawberry.ID | None = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Shown] | None:
        asking, at = info.context, page(first, after)
        asking.demand(Role.OPERATOR)
        request = pb.ListShownRequest(
            person_id=person or "", offer_id=offer or "", page_size=at.size, page_token=at.token
        )
        answer = await asking.ask(MATCHING, "ListShown", request)
        messages = answer.shown[at.skip :]
        matches = await read_matches(asking, [message.match for message in messages])
        found = [_shown(message, match) for message, match in zip(messages, matches, strict=True)]
        return Connection[Shown].of(at, found, answer.next_page_token)


def _shown(message: pb.Shown, match: Match) -> Shown:
    at = datetime.fromtimestamp(message.at_unix_millis / 1000, UTC)
    return Shown(list=message.list, subject_id=strawberry.ID(message.subject_id), rank=message.rank, at=at, match=match)
