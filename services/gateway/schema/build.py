"""The schema, put together from the packages of all services. `python -m services.gateway.schema.build` prints it.

A service's part is `services.gateway.schema.NAME`: `queries` has a class `Query`, `mutations` a class `Mutation`.
"""

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import strawberry
from strawberry.schema.config import StrawberryConfig

from services.gateway.schema.common import RefusedHandler
from services.gateway.schema.linked_types import Readers
from services.gateway.schema.matching.fetch import candidates_of, course_matches_of_person, matches_of_person
from services.gateway.schema.notifications.queries import inbox
from services.gateway.schema.profile.fetch import mentorships_of
from services.registry import SERVICES

COMMITTED = Path(__file__).parents[1] / "schema.graphql"
READERS = Readers(
    candidates=candidates_of,
    matches=matches_of_person,
    course_matches=course_matches_of_person,
    notifications=inbox,
    mentorships=mentorships_of,
)
_PARTS = {"queries": "Query", "mutations": "Mutation"}
"""Module of a service's package here → its class, which has the fields at the root."""


def schema(names: Iterable[str] = ()) -> strawberry.Schema:
    """The public schema of an installation with the services of these names; with all when none is named."""
    here = set(names)
    services = [entry.name for entry in SERVICES if entry.name in here or not here]
    query, mutation = (_merged(services, module, name) for module, name in _PARTS.items())
    config = StrawberryConfig(disable_field_suggestions=True)
    return strawberry.Schema(query, mutation, config=config, exception_handlers=[RefusedHandler()])


def _merged(services: Iterable[str], module: str, name: str) -> type:
    """The root type with the fields of all services that have some."""
    modules = [f"{__package__}.{service}.{module}" for service in services]
    parts = tuple(getattr(import_module(each), name) for each in modules if _exists(each))
    return strawberry.type(type(name, parts, {}))


def _exists(module: str) -> bool:
    return find_spec(module.rpartition(".")[0]) is not None and find_spec(module) is not None


if __name__ == "__main__":
    print(schema().as_str())  # noqa: T201 — this is what it is for
