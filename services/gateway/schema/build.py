"""The schema, put together from one part per neighbour. `python -m services.gateway.schema.build` prints it."""

from pathlib import Path

import strawberry
from strawberry.schema.config import StrawberryConfig

from services.gateway.schema.common import RefusedHandler
from services.gateway.schema.matching import MatchingQuery
from services.gateway.schema.notifications import NotificationsMutation, NotificationsQuery
from services.gateway.schema.offers import OffersMutation, OffersQuery
from services.gateway.schema.operations import OperationsMutation, OperationsQuery
from services.gateway.schema.profile import ProfileMutation, ProfileQuery
from services.gateway.schema.referential import ReferentialQuery

COMMITTED = Path(__file__).parents[1] / "schema.graphql"


@strawberry.type
class Query(OffersQuery, MatchingQuery, ProfileQuery, NotificationsQuery, ReferentialQuery, OperationsQuery):
    """What can be read."""


@strawberry.type
class Mutation(OffersMutation, ProfileMutation, NotificationsMutation, OperationsMutation):
    """What can be changed."""


def schema() -> strawberry.Schema:
    """The public schema."""
    config = StrawberryConfig(disable_field_suggestions=True)
    return strawberry.Schema(Query, Mutation, config=config, exception_handlers=[RefusedHandler()])


if __name__ == "__main__":
    print(schema().as_str())  # noqa: T201 — this is what it is for
