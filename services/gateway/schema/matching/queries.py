"""Queries that matching answers: search, explanations, and lists as they were shown."""

import asyncio
from collections.abc import Sequence
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
from services.gateway.schema.matching.fetch import MatchRenderer, people_of, read_matches
from services.gateway.schema.offers.fetch import fetch_courses, fetch_offers
from services.gateway.schema.pages import After, Connection, First, Page, read_page
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


async def _offers_of_hits(
    context: RequestContext, hits: Sequence[pb.OfferHit], person_id: str, language: str | None
) -> list[tuple[int, Offer]]:
    """The offers of these hits, each with its place among them; one that has just gone is left out."""
    explained = [person_id] if context.wants("match") and person_id else []
    offers, people = await asyncio.gather(
        fetch_offers(context, [hit.offer_id for hit in hits]), people_of(context, explained)
    )
    renderer = MatchRenderer(context, language, people)
    for hit in hits:
        if (offer := offers.get(hit.offer_id)) is None:
            continue
        if context.wants("match") and hit.HasField("match"):
            offer.match = renderer.match(hit.match, offers)
        if context.wants("ranking"):
            offer.ranking = [renderer.part(part) for part in hit.parts]
    return [(index, offers[hit.offer_id]) for index, hit in enumerate(hits) if hit.offer_id in offers]


async def _courses_of_hits(
    context: RequestContext, hits: Sequence[pb.CourseHit], language: str | None
) -> list[tuple[int, Course]]:
    courses = await fetch_courses(context, [hit.course_id for hit in hits])
    renderer = MatchRenderer(context, language, {})
    for hit in hits:
        if hit.course_id in courses and context.wants("ranking"):
            courses[hit.course_id].ranking = [renderer.part(part) for part in hit.parts]
    return [(index, courses[hit.course_id]) for index, hit in enumerate(hits) if hit.course_id in courses]


def _hits(context: RequestContext, page: Page) -> Sequence[Any]:
    return page.items if context.wants("nodes", "edges") else []


def _facets(page: Page) -> list[Facet]:
    return [Facet.from_proto(facet) for facet in page.answer.facets]


@strawberry.type
class Query:
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
        context = info.context
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
            facets=context.wants("facets"),
        )
        page = await read_page(context.call, request, first, after)
        found = await _offers_of_hits(context, _hits(context, page), request.person_id, language)
        return OfferSearch.placed(page, found, facets=_facets(page))

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
        context = info.context
        request = pb.SearchCoursesRequest(
            text=text,
            within=_circle(context, near),
            include_remote=include_remote,
            skill_codes=skills,
            occupation_codes=occupations,
            funding=funding,
            facets=context.wants("facets"),
        )
        page = await read_page(context.call, request, first, after)
        found = await _courses_of_hits(context, _hits(context, page), language)
        return CourseSearch.placed(page, found, facets=_facets(page))

    @field("Why this person and this offer, or why not.")
    async def why(
        self, info: Info, person: strawberry.ID, offer: strawberry.ID, language: str | None = None
    ) -> Match | None:
        answer = await info.context.call(pb.ExplainRequest(person_id=person, offer_id=offer))
        (match,) = await read_matches(info.context, [answer.match], language)
        return match

    @field("Lists as they were shown to a person or about an offer; for audit.")
    async def shown(
        self,
        info: Info,
        person: strawberry.ID | None = None,
        offer: strawberry.ID | None = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Shown] | None:
        info.context.demand(Role.OPERATOR)
        request = pb.ListShownRequest(person_id=person or "", offer_id=offer or "")
        page = await read_page(info.context.call, request, first, after)
        matches = await read_matches(info.context, [each.match for each in page.items])
        found = [_shown(each, match) for each, match in zip(page.items, matches, strict=True)]
        return Connection[Shown].of(page, found)


def _shown(message: pb.Shown, match: Match) -> Shown:
    at = datetime.fromtimestamp(message.at_unix_millis / 1000, UTC)
    return Shown(list=message.list, subject_id=strawberry.ID(message.subject_id), rank=message.rank, at=at, match=match)
