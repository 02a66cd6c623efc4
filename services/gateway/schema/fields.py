"""Resolvers with a word for the reader, typed."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import strawberry

from services.gateway.graphql.costs import CALLS

F = TypeVar("F", bound=Callable[..., Any])


def field(description: str, calls: int = 0) -> Callable[[F], F]:
    """`calls`: how often a neighbour is asked for each parent; it counts against what a document may cost."""
    return cast(Callable[[F], F], strawberry.field(description=description, metadata={CALLS: calls}))


def mutation(description: str) -> Callable[[F], F]:
    return cast(Callable[[F], F], strawberry.mutation(description=description))
