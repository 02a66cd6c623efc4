"""Queries that the offers service answers."""

import strawberry
from vivier.offers.v1 import offers_pb2 as pb

from services.gateway.context import Info
from services.gateway.schema.convert import numbers
from services.gateway.schema.enums import OfferState
from services.gateway.schema.fields import field
from services.gateway.schema.linked_types import Course, Offer
from services.gateway.schema.offers.fetch import fetch_courses, fetch_offers, fetch_organisations
from services.gateway.schema.offers.types import Organisation
from services.gateway.schema.pages import After, Connection, First, read_page


@strawberry.type
class Query:
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
        request = pb.ListOffersRequest(organisation_id=organisation_id or "", states=numbers(states))
        page = await read_page(info.context.call, request, first, after)
        offers = [Offer.from_proto(offer) for offer in page.items]
        if info.context.wants("organisation"):
            organisations = await fetch_organisations(info.context, [offer.organisation_id for offer in offers])
            for offer in offers:
                offer.organisation = organisations.get(offer.organisation_id)
        return Connection[Offer].of(page, offers)
