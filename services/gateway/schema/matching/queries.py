"""What can be asked of matching: search, explanations, and lists as they were shown."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import strawberry
from vivier.matching.v1 import matching_pb2 as pb

from services.gateway.context import Info, RequestContext
from services.gateway.schema.common import PointInput, short_text
from services.gateway.schema.convert import FromProto, numbers
from services.gateway.schema.enums import ContractType, GreenGrade, OfferKind
from services.gateway.schema.fields import field
from services.gateway.schema.linked_types import Course, Match, Offer
from services.gateway.schema.matching.fetch import MATCHING, Reader, people_of, read_matches
from services.gateway.schema.offers.fetch import fetch_courses, fetch_offers
from services.gateway.schema.pages import After, Connection, First, page
from services.kit.auth import Role
from services.kit.errors import Violation, invalid


@strawberry.input(description="A circle around a point, or around a place by its name or code.")
class NearInput:
    radius_km: float
    place: str | None = None
    point: PointInput | None = None


@strawberry.type
class FacetCount(FromProto):
    value: str
    count: int


@strawberry.type
class Facet(FromProto):
    name: str
    counts: list[FacetCount]


@strawberry.type
class OfferSearch(Connection[Offer]):
    facets: list[Facet]


@strawberry.type
class CourseSearch(Connection[Course]):
    facets: list[Facet]


@strawberry.type(description="What was shown at a time, for audit.")
class Shown:
    list: str
    subject_id: strawberry.ID
    rank: int
    at: datetime
    match: Match | None


def _circle(context: RequestContext, near: NearInput | None) -> pb.Circle | None:
    if near is None:
        return None
    circle = pb.Circle(radius_km=near.radius_km)
    if near.point is not None:
        circle.center.latitude, circle.center.longitude = near.point.latitude, near.point.longitude
        return circle
    guesses = context.state.referential.places_for(short_text("place", near.place or "", "near."), 1)
    if not guesses or guesses[0].place.latitude is None or guesses[0].place.longitude is None:
        raise invalid([Violation("near.place", "PLACE_UNKNOWN", "no such place is known; give a point instead")])
    circle.center.latitude, circle.center.longitude = guesses[0].place.latitude, guesses[0].place.longitude
    return circle


async def search_offers(
    context: RequestContext, request: pb.SearchOffersRequest, language: str | None, skip: int
) -> Any:
    """The answer, and the offers of its hits in order; an offer that has just gone is left out."""
    answer = await context.call(MATCHING, "SearchOffers", request)
    hits = answer.hits[skip:] if context.wants("nodes", "edges") else []
    explained = [request.person_id] if context.wants("match") and request.person_id else []
    offers, people = await asyncio.gather(
        fetch_offers(context, [hit.offer_id for hit in hits]), people_of(context, explained)
    )
    reader = Reader(context, language, people)
    for hit in hits:
        if (offer := offers.get(hit.offer_id)) is None:
            continue
        if context.wants("match") and hit.HasField("match"):
            offer.match = reader.match(hit.match, offers)
        if context.wants("ranking"):
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
        context, at = info.context, page(first, after)
        request = pb.SearchOffersRequest(
            text=text,
            within=_circle(context, near),
            include_remote=include_remote,
            skill_codes=skills,
            occupation_codes=occupations,
            kinds=numbers(kinds),
            green_grades=numbers(green_grades),
            contracts=numbers(contracts),
            person_id=for_person or (context.caller.subject if context.caller.role is Role.PERSON else ""),
            page_size=at.size,
            page_token=at.token,
            facets=context.wants("facets"),
        )
        answer, found = await search_offers(context, request, language, at.skip)
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
        context, at = info.context, page(first, after)
        request = pb.SearchCoursesRequest(
            text=text,
            within=_circle(context, near),
            include_remote=include_remote,
            skill_codes=skills,
            occupation_codes=occupations,
            funding=funding,
            page_size=at.size,
            page_token=at.token,
            facets=context.wants("facets"),
        )
        answer = await context.call(MATCHING, "SearchCourses", request)
        hits = answer.hits[at.skip :] if context.wants("nodes", "edges") else []
        courses = await fetch_courses(context, [hit.course_id for hit in hits])
        reader = Reader(context, language, {})
        for hit in hits:
            if hit.course_id in courses and context.wants("ranking"):
                courses[hit.course_id].ranking = [reader.part(part) for part in hit.parts]
        found = [(index, courses[hit.course_id]) for index, hit in enumerate(hits) if hit.course_id in courses]
        facets = [Facet.from_proto(facet) for facet in answer.facets]
        return CourseSearch.placed(at, found, answer.next_page_token, answer.total, facets=facets)

    @field("Why this person and this offer, or why not.")
    async def why(
        self, info: Info, person: strawberry.ID, offer: strawberry.ID, language: str | None = None
    ) -> Match | None:
        request = pb.ExplainRequest(person_id=person, offer_id=offer)
        answer = await info.context.call(MATCHING, "Explain", request)
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
        context, at = info.context, page(first, after)
        context.demand(Role.OPERATOR)
        request = pb.ListShownRequest(
            person_id=person or "", offer_id=offer or "", page_size=at.size, page_token=at.token
        )
        answer = await context.call(MATCHING, "ListShown", request)
        messages = answer.shown[at.skip :]
        matches = await read_matches(context, [message.match for message in messages])
        found = [_shown(message, match) for message, match in zip(messages, matches, strict=True)]
        return Connection[Shown].of(at, found, answer.next_page_token)


def _shown(message: pb.Shown, match: Match) -> Shown:
    at = datetime.fromtimestamp(message.at_unix_millis / 1000, UTC)
    return Shown(list=message.list, subject_id=strawberry.ID(message.subject_id), rank=message.rank, at=at, match=match)
