"""What the offers service is asked: single things by loader, lists by one batch call, writes as they come."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import strawberry
from google.protobuf.message import Message
from strawberry.dataloader import DataLoader
from vivier.offers.v1 import offers_pb2 as pb

from services.gateway.context import Asking, Info, unique
from services.gateway.schema.common import IdInput, Outcome, Refused
from services.gateway.schema.convert import members_of, numbers, write
from services.gateway.schema.fields import field, mutation
from services.gateway.schema.offers_inputs import UpsertCoursesInput, UpsertOffersInput, UpsertOrganisationInput
from services.gateway.schema.offers_types import (
    Course,
    CourseResult,
    CoursesResult,
    CoursesWritten,
    CourseWritten,
    Offer,
    OfferResult,
    OffersResult,
    OfferState,
    OffersWritten,
    OfferWritten,
    Organisation,
    OrganisationResult,
    OrganisationWritten,
)
from services.gateway.schema.pages import After, Connection, First, page

OFFERS = "offers"


async def fetch_offers(asking: Asking, ids: Sequence[str]) -> dict[str, Offer]:
    """Offers by id, with their organisations where the document asks for those; missing ones are left out."""
    wanted = unique(ids)
    if not wanted:
        return {}
    request = pb.BatchGetOffersRequest(ids=wanted, with_organisations=asking.wants("organisation"))
    answer = await asking.ask(OFFERS, "BatchGetOffers", request)
    organisations = _organisations(answer.organisations)
    return {
        o.id: Offer.from_proto(o, asking.names, organisation=organisations.get(o.organisation_id))
        for o in answer.offers
    }


async def fetch_courses(asking: Asking, ids: Sequence[str]) -> dict[str, Course]:
    wanted = unique(ids)
    if not wanted:
        return {}
    request = pb.BatchGetCoursesRequest(ids=wanted, with_organisations=asking.wants("organisation"))
    answer = await asking.ask(OFFERS, "BatchGetCourses", request)
    organisations = _organisations(answer.organisations)
    return {
        c.id: Course.from_proto(c, asking.names, organisation=organisations.get(c.organisation_id))
        for c in answer.courses
    }


async def fetch_organisations(asking: Asking, ids: Sequence[str]) -> dict[str, Organisation]:
    wanted = unique(ids)
    if not wanted:
        return {}
    answer = await asking.ask(OFFERS, "BatchGetOrganisations", pb.BatchGetOrganisationsRequest(ids=wanted))
    return {str(key): value for key, value in _organisations(answer.organisations).items()}


def _organisations(messages: Iterable[pb.Organisation]) -> Mapping[str, Organisation]:
    return {each.id: Organisation.from_proto(each) for each in messages}


def loader(asking: Asking, name: str, fetch: Any) -> DataLoader[str, Any]:
    """The loader of this request: several single questions become one call."""
    if name not in asking.loaders:

        async def load(ids: list[str]) -> list[Any]:
            found = await fetch(asking, ids)
            return [found.get(each) for each in ids]

        asking.loaders[name] = DataLoader(load_fn=load, max_batch_size=100)
    return asking.loaders[name]


@strawberry.type
class OffersQuery:
    @strawberry.field
    async def offer(self, info: Info, id: strawberry.ID) -> Offer | None:
        found: Offer | None = await loader(info.context, "offers", fetch_offers).load(id)
        return found

    @strawberry.field
    async def course(self, info: Info, id: strawberry.ID) -> Course | None:
        found: Course | None = await loader(info.context, "courses", fetch_courses).load(id)
        return found

    @strawberry.field
    async def organisation(self, info: Info, id: strawberry.ID) -> Organisation | None:
        found: Organisation | None = await loader(info.context, "organisations", fetch_organisations).load(id)
        return found

    @field("The caller's own, in any state; an operator names the organisation.")
    async def my_offers(
        self,
        info: Info,
        states: list[OfferState] | None = None,
        organisation_id: strawberry.ID | None = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Offer] | None:
        at = page(first, after)
        request = pb.ListOffersRequest(
            organisation_id=organisation_id or "",
            states=numbers(states),
            page_size=at.size,
            page_token=at.token,
        )
        answer = await info.context.ask(OFFERS, "ListOffers", request)
        offers = [Offer.from_proto(offer) for offer in answer.offers[at.skip :]]
        if info.context.wants("organisation"):
            ids = [offer.organisation_id for offer in offers]
            organisations = await fetch_organisations(info.context, ids)
            for offer in offers:
                offer.organisation = organisations.get(offer.organisation_id)
        return Connection[Offer].of(at, offers, answer.next_page_token)


async def _offer_verb(info: Info, verb: str, request: Message) -> OfferResult:
    answer = await info.context.ask(OFFERS, verb, request)
    return OfferWritten(offer=Offer.from_proto(answer.offer), outcome=None)


async def _course_verb(info: Info, verb: str, request: Message) -> CourseResult:
    answer = await info.context.ask(OFFERS, verb, request)
    return CourseWritten(course=Course.from_proto(answer.course), outcome=None)


def outcome_of(number: int) -> Any:
    return members_of(Outcome).get(number)


def _offer_row(row: pb.OfferResult) -> OfferResult:
    if row.HasField("refusal"):
        return Refused.of_row(row.refusal)
    return OfferWritten(offer=Offer.from_proto(row.offer), outcome=outcome_of(row.outcome))


def _course_row(row: pb.CourseResult) -> CourseResult:
    if row.HasField("refusal"):
        return Refused.of_row(row.refusal)
    return CourseWritten(course=Course.from_proto(row.course), outcome=outcome_of(row.outcome))


@strawberry.type
class OffersMutation:
    @strawberry.mutation
    async def upsert_organisation(self, info: Info, input: UpsertOrganisationInput) -> OrganisationResult:
        answer = await info.context.ask(OFFERS, "UpsertOrganisation", write(input, pb.UpsertOrganisationRequest))
        organisation = Organisation.from_proto(answer.organisation)
        return OrganisationWritten(organisation=organisation, outcome=outcome_of(answer.outcome))

    @mutation("Creates or updates by (organisation, externalId), each row for itself.")
    async def upsert_offers(self, info: Info, input: UpsertOffersInput) -> OffersResult:
        answer = await info.context.ask(OFFERS, "UpsertOffers", write(input, pb.UpsertOffersRequest))
        return OffersWritten(results=[_offer_row(row) for row in answer.results])

    @strawberry.mutation
    async def publish_offer(self, info: Info, input: IdInput) -> OfferResult:
        return await _offer_verb(info, "PublishOffer", write(input, pb.PublishOfferRequest))

    @strawberry.mutation
    async def pause_offer(self, info: Info, input: IdInput) -> OfferResult:
        return await _offer_verb(info, "PauseOffer", write(input, pb.PauseOfferRequest))

    @mutation("Every opening is taken.")
    async def fill_offer(self, info: Info, input: IdInput) -> OfferResult:
        return await _offer_verb(info, "FillOffer", write(input, pb.FillOfferRequest))

    @mutation("Given up without having been filled.")
    async def close_offer(self, info: Info, input: IdInput) -> OfferResult:
        return await _offer_verb(info, "CloseOffer", write(input, pb.CloseOfferRequest))

    @mutation("Creates or updates by (organisation, externalId), each row for itself.")
    async def upsert_courses(self, info: Info, input: UpsertCoursesInput) -> CoursesResult:
        answer = await info.context.ask(OFFERS, "UpsertCourses", write(input, pb.UpsertCoursesRequest))
        return CoursesWritten(results=[_course_row(row) for row in answer.results])

    @strawberry.mutation
    async def publish_course(self, info: Info, input: IdInput) -> CourseResult:
        return await _course_verb(info, "PublishCourse", write(input, pb.PublishCourseRequest))

    @strawberry.mutation
    async def close_course(self, info: Info, input: IdInput) -> CourseResult:
        return await _course_verb(info, "CloseCourse", write(input, pb.CloseCourseRequest))
