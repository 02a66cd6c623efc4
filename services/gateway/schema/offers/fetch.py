"""Reading from the offers service: single things by their ids, all of a request in one call."""

from collections.abc import Iterable, Sequence

from vivier.offers.v1 import offers_pb2 as pb

from services.gateway.context import RequestContext, unique
from services.gateway.schema.linked_types import Course, Offer
from services.gateway.schema.offers.types import Organisation

OFFERS = "offers"


async def fetch_offers(context: RequestContext, ids: Sequence[str]) -> dict[str, Offer]:
    """Offers by id, with their organisations where the document asks for those; missing ones are left out."""
    wanted = unique(ids)
    if not wanted:
        return {}
    request = pb.BatchGetOffersRequest(ids=wanted, with_organisations=context.wants("organisation"))
    answer = await context.call(OFFERS, "BatchGetOffers", request)
    organisations = _organisations(answer.organisations)
    return {
        o.id: Offer.from_proto(o, context.names, organisation=organisations.get(o.organisation_id))
        for o in answer.offers
    }


async def fetch_courses(context: RequestContext, ids: Sequence[str]) -> dict[str, Course]:
    wanted = unique(ids)
    if not wanted:
        return {}
    request = pb.BatchGetCoursesRequest(ids=wanted, with_organisations=context.wants("organisation"))
    answer = await context.call(OFFERS, "BatchGetCourses", request)
    organisations = _organisations(answer.organisations)
    return {
        c.id: Course.from_proto(c, context.names, organisation=organisations.get(c.organisation_id))
        for c in answer.courses
    }


async def fetch_organisations(context: RequestContext, ids: Sequence[str]) -> dict[str, Organisation]:
    wanted = unique(ids)
    if not wanted:
        return {}
    answer = await context.call(OFFERS, "BatchGetOrganisations", pb.BatchGetOrganisationsRequest(ids=wanted))
    return _organisations(answer.organisations)


def _organisations(messages: Iterable[pb.Organisation]) -> dict[str, Organisation]:
    return {each.id: Organisation.from_proto(each) for each in messages}
