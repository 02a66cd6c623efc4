"""Mutations of the offers service, and their results."""

from typing import Annotated

import strawberry
from vivier.offers.v1 import offers_pb2 as pb

from services.gateway.context import Info
from services.gateway.schema.common import IdInput, Refused, rows_of
from services.gateway.schema.convert import FromProto, write
from services.gateway.schema.enums import Outcome
from services.gateway.schema.fields import call_mutation, mutation
from services.gateway.schema.inputs import write_input
from services.gateway.schema.linked_types import Course, Offer
from services.gateway.schema.offers.inputs import CourseInput, OfferInput, OrganisationInput
from services.gateway.schema.offers.types import Organisation


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
class OrganisationWritten(FromProto):
    organisation: Organisation
    outcome: Outcome | None = None


@strawberry.type
class OfferWritten(FromProto):
    offer: Offer
    outcome: Outcome | None = None


@strawberry.type
class CourseWritten(FromProto):
    course: Course
    outcome: Outcome | None = None


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


@strawberry.type
class Mutation:
    upsert_organisation = call_mutation(
        pb.UpsertOrganisationRequest,
        write_input("UpsertOrganisationInput", organisation=OrganisationInput),
        OrganisationResult,
    )

    @mutation("Creates or updates by (organisation, externalId), each row for itself.")
    async def upsert_offers(self, info: Info, input: UpsertOffersInput) -> OffersResult:
        answer = await info.context.call(write(input, pb.UpsertOffersRequest))
        return OffersWritten(results=rows_of(answer.results, OfferWritten, info.context.words))

    publish_offer = call_mutation(pb.PublishOfferRequest, IdInput, OfferResult)
    pause_offer = call_mutation(pb.PauseOfferRequest, IdInput, OfferResult)
    fill_offer = call_mutation(pb.FillOfferRequest, IdInput, OfferResult, "Every opening is taken.")
    close_offer = call_mutation(pb.CloseOfferRequest, IdInput, OfferResult, "Given up without having been filled.")

    @mutation("Creates or updates by (organisation, externalId), each row for itself.")
    async def upsert_courses(self, info: Info, input: UpsertCoursesInput) -> CoursesResult:
        answer = await info.context.call(write(input, pb.UpsertCoursesRequest))
        return CoursesWritten(results=rows_of(answer.results, CourseWritten, info.context.words))

    publish_course = call_mutation(pb.PublishCourseRequest, IdInput, CourseResult)
    close_course = call_mutation(pb.CloseCourseRequest, IdInput, CourseResult)
