"""Typed decorators for resolvers with a description."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast, get_args

import strawberry
from google.protobuf.message import Message

from services.gateway.context import Info, RequestContext
from services.gateway.graphql.costs import CALLS
from services.gateway.schema.convert import write

F = TypeVar("F", bound=Callable[..., Any])
Read = Callable[[RequestContext, Any], Awaitable[Any]]


def field(description: str, calls: int = 0) -> Callable[[F], F]:
    """`calls`: calls of an upstream for each parent; they count against the limits of a document."""
    return cast(Callable[[F], F], strawberry.field(description=description, metadata={CALLS: calls}))


def mutation(description: str) -> Callable[[F], F]:
    return cast(Callable[[F], F], strawberry.mutation(description=description))


def call_mutation(
    request: type[Message], given: type, result: Any, description: str | None = None, read: Read | None = None
) -> Any:
    """A mutation that is one call: its input, a `given`, is written as the request of that name.

    The answer is read as the first type of the union `result`, by its fields or by `read`.
    """
    written = get_args(get_args(result)[0])[0]

    async def resolve(info: Info, input: Any) -> Any:
        answer = await info.context.call(write(input, request))
        return await read(info.context, answer) if read else written.from_proto(answer)

    resolve.__annotations__ |= {"input": given, "return": result}
    return strawberry.mutation(resolver=resolve, description=description)
