"""What can be changed in the offers service, and what comes of it."""

from typing import Annotated

import strawberry
from google.protobuf.message import Message
from vivier.offers.v1 import offers_pb2 as pb

from services.gateway.context import Info
from services.gateway.schema.common import IdInput, Refused, outcome_of
from services.gateway.schema.convert import write
from services.gateway.schema.enums import Outcome
from services.gateway.schema.fields import mutation
from services.gateway.schema.linked_types import Course, Offer
from services.gateway.schema.offers.fetch import OFFERS
from services.gateway.schema.offers.inputs import CourseInput, OfferInput, OrganisationInput
from services.gateway.schema.offers.types import Organisation
from services.words.catalogue import Words


@strawberry.input
class UpsertOrganisationInput:
    organisation: OrganisationInput
    request_id: str | None = None


@strawberry.input
class UpsertOffersInput:
    offers: list[OfferInput] = strawberry.field(description="At most 100.")
    publish: bool = strawberry.field(default=False, description="Publish what is created or still a draft.")
    request_id: str | None = None


@strawberry.input
class UpsertCoursesInput:
    courses: list[CourseInput] = strawberry.field(description="At most 100.")
    publish: bool = False
    request_id: str | None = None


@strawberry.type
class OrganisationWritten:
    organisation: Organisation
    outcome: Outcome | None


@strawberry.type
class OfferWritten:
    offer: Offer
    outcome: Outcome | None


@strawberry.type
class CourseWritten:
    course: Course
    outcome: Outcome | None


OrganisationResult = Annotated[OrganisationWritten | Refused, strawberry.union("OrganisationResult")]
OfferResult = Annotated[OfferWritten | Refused, strawberry.union("OfferResult")]
CourseResult = Annotated[CourseWritten | Refused, strawberry.union("CourseResult")]


@strawberry.type(description="One result a row, in the order of the input.")
class OffersWritten:
    results: list[OfferResult]


@strawberry.type(description="One result a row, in the order of the input.")
class CoursesWritten:
    results: list[CourseResult]


OffersResult = Annotated[OffersWritten | Refused, strawberry.union("OffersResult")]
CoursesResult = Annotated[CoursesWritten | Refused, strawberry.union("CoursesResult")]


async def _offer_verb(info: Info, verb: str, request: Message) -> OfferResult:
    answer = await info.context.call(OFFERS, verb, request)
    return OfferWritten(offer=Offer.from_proto(answer.offer), outcome=None)


async def _course_verb(info: Info, verb: str, request: Message) -> CourseResult:
    answer = await info.context.call(OFFERS, verb, request)
    return CourseWritten(course=Course.from_proto(answer.course), outcome=None)


def _offer_row(row: pb.OfferResult, words: Words) -> OfferResult:
    if row.HasField("refusal"):
        return Refused.of_row(row.refusal, words)
    return OfferWritten(offer=Offer.from_proto(row.offer), outcome=outcome_of(row.outcome))


def _course_row(row: pb.CourseResult, words: Words) -> CourseResult:
    if row.HasField("refusal"):
        return Refused.of_row(row.refusal, words)
    return CourseWritten(course=Course.from_proto(row.course), outcome=outcome_of(row.outcome))


@strawberry.type
class OffersMutation:
    @strawberry.mutation
    async def upsert_organisation(self, info: Info, input: UpsertOrganisationInput) -> OrganisationResult:
        answer = await info.context.call(OFFERS, "UpsertOrganisation", write(input, pb.UpsertOrganisationRequest))
        organisation = Organisation.from_proto(answer.organisation)
        return OrganisationWritten(organisation=organisation, outcome=outcome_of(answer.outcome))

    @mutation("Creates or updates by (organisation, externalId), each row for itself.")
    async def upsert_offers(self, info: Info, input: UpsertOffersInput) -> OffersResult:
        answer = await info.context.call(OFFERS, "UpsertOffers", write(input, pb.UpsertOffersRequest))
        return OffersWritten(results=[_offer_row(row, info.context.words) for row in answer.results])

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
        answer = await info.context.call(OFFERS, "UpsertCourses", write(input, pb.UpsertCoursesRequest))
        return CoursesWritten(results=[_course_row(row, info.context.words) for row in answer.results])

    @strawberry.mutation
    async def publish_course(self, info: Info, input: IdInput) -> CourseResult:
        return await _course_verb(info, "PublishCourse", write(input, pb.PublishCourseRequest))

    @strawberry.mutation
    async def close_course(self, info: Info, input: IdInput) -> CourseResult:
        return await _course_verb(info, "CloseCourse", write(input, pb.CloseCourseRequest))
