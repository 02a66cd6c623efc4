"""The schema, put together from one part per service. `python -m services.gateway.schema.build` prints it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import strawberry
from strawberry.schema.config import StrawberryConfig

from services.gateway.context import Readers
from services.gateway.schema.common import RefusedHandler
from services.gateway.schema.gateway.operations import OperationsMutation, OperationsQuery
from services.gateway.schema.gateway.referential import ReferentialQuery
from services.gateway.schema.matching.fetch import candidates_of, course_matches_of_person, matches_of_person
from services.gateway.schema.matching.queries import MatchingQuery
from services.gateway.schema.notifications.mutations import NotificationsMutation
from services.gateway.schema.notifications.queries import NotificationsQuery, inbox
from services.gateway.schema.offers.mutations import OffersMutation
from services.gateway.schema.offers.queries import OffersQuery
from services.gateway.schema.profile.fetch import mentorships_of
from services.gateway.schema.profile.mutations import ProfileMutation
from services.gateway.schema.profile.queries import ProfileQuery
from services.registry import GATEWAY

COMMITTED = Path(__file__).parents[1] / "schema.graphql"
READERS = Readers(
    candidates=candidates_of,
    matches=matches_of_person,
    course_matches=course_matches_of_person,
    notifications=inbox,
    mentorships=mentorships_of,
)


PARTS: Sequence[tuple[str, type, type | None]] = (
    ("offers", OffersQuery, OffersMutation),
    ("matching", MatchingQuery, None),
    ("profile", ProfileQuery, ProfileMutation),
    ("notifications", NotificationsQuery, NotificationsMutation),
    (GATEWAY, ReferentialQuery, None),
    (GATEWAY, OperationsQuery, OperationsMutation),
)
"""Whose it is, what can be read, and what can be changed."""


def schema(names: Iterable[str] = ()) -> strawberry.Schema:
    """The public schema of an installation with the services of these names; with all when none is named."""
    here = set(names)
    parts = [(query, mutation) for name, query, mutation in PARTS if name in here or not here]
    queries, mutations = [query for query, _ in parts], [mutation for _, mutation in parts if mutation]
    config = StrawberryConfig(disable_field_suggestions=True)
    return strawberry.Schema(
        strawberry.type(type("Query", tuple(queries), {})),
        strawberry.type(type("Mutation", tuple(mutations), {})),
        config=config,
        exception_handlers=[RefusedHandler()],
    )


if __name__ == "__main__":
    print(schema().as_str())  # noqa: T201 — this is what it is for
