"""Typed decorators for resolvers with a description."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import strawberry

from services.gateway.graphql.costs import CALLS

F = TypeVar("F", bound=Callable[..., Any])


def field(description: str, calls: int = 0) -> Callable[[F], F]:
    """`calls`: calls of an upstream for each parent; they count against the limits of a document."""
    return cast(Callable[[F], F], strawberry.field(description=description, metadata={CALLS: calls}))


def mutation(description: str) -> Callable[[F], F]:
    return cast(Callable[[F], F], strawberry.mutation(description=description))
