"""Reading from the offers service: single things by their ids, all of a request in one call."""

from collections.abc import Iterable

from vivier.offers.v1 import offers_pb2 as pb

from services.gateway.context import RequestContext
from services.gateway.schema.linked_types import Course, Offer
from services.gateway.schema.offers.types import Organisation


async def fetch_offers(context: RequestContext, ids: Iterable[str]) -> dict[str, Offer]:
    """Offers by id, with their organisations where the document asks for those; missing ones are left out."""
    wants = context.wants("organisation")
    answer = await context.call_batch(pb.BatchGetOffersRequest, ids, with_organisations=wants)
    owners = _organisations(answer.organisations)
    offers = answer.offers
    return {o.id: Offer.from_proto(o, context.names, organisation=owners.get(o.organisation_id)) for o in offers}


async def fetch_courses(context: RequestContext, ids: Iterable[str]) -> dict[str, Course]:
    wants = context.wants("organisation")
    answer = await context.call_batch(pb.BatchGetCoursesRequest, ids, with_organisations=wants)
    owners = _organisations(answer.organisations)
    courses = answer.courses
    return {c.id: Course.from_proto(c, context.names, organisation=owners.get(c.organisation_id)) for c in courses}


async def fetch_organisations(context: RequestContext, ids: Iterable[str]) -> dict[str, Organisation]:
    return _organisations((await context.call_batch(pb.BatchGetOrganisationsRequest, ids)).organisations)


def _organisations(messages: Iterable[pb.Organisation]) -> dict[str, Organisation]:
    return {each.id: Organisation.from_proto(each) for each in messages}
