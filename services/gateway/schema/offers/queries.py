"""What can be asked of the offers service."""

import strawberry
from vivier.offers.v1 import offers_pb2 as pb

from services.gateway.context import Info
from services.gateway.schema.convert import numbers
from services.gateway.schema.enums import OfferState
from services.gateway.schema.fields import field
from services.gateway.schema.linked_types import Course, Offer
from services.gateway.schema.offers.fetch import OFFERS, fetch_courses, fetch_offers, fetch_organisations
from services.gateway.schema.offers.types import Organisation
from services.gateway.schema.pages import After, Connection, First, page


@strawberry.type
class OffersQuery:
    @strawberry.field
    async def offer(self, info: Info, id: strawberry.ID) -> Offer | None:
        return await info.context.load(fetch_offers, id)

    @strawberry.field
    async def course(self, info: Info, id: strawberry.ID) -> Course | None:
        return await info.context.load(fetch_courses, id)

    @strawberry.field
    async def organisation(self, info: Info, id: strawberry.ID) -> Organisation | None:
        return await info.context.load(fetch_organisations, id)

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
        answer = await info.context.call(OFFERS, "ListOffers", request)
        offers = [Offer.from_proto(offer) for offer in answer.offers[at.skip :]]
        if info.context.wants("organisation"):
            ids = [offer.organisation_id for offer in offers]
            organisations = await fetch_organisations(info.context, ids)
            for offer in offers:
                offer.organisation = organisations.get(offer.organisation_id)
        return Connection[Offer].of(at, offers, answer.next_page_token)
