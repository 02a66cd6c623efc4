"""POST /graphql: read the request within its limits, refuse what costs too much, execute the rest, answer in JSON."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from types import CoroutineType
from typing import Any, TypeGuard

import orjson
from graphql import ExecutionResult, execute
from starlette.requests import Request
from starlette.responses import Response
from strawberry import Schema

from services.gateway.auth.caller import caller_of
from services.gateway.context import AppState, RequestContext, deadline, words_for
from services.gateway.graphql.costs import Refusals
from services.gateway.graphql.errors import all_unavailable, coded, formatted
from services.gateway.graphql.fast_path import CompiledExecutor, plain_attributes
from services.gateway.graphql.limits import INTROSPECTION, Document, Documents
from services.gateway.http.bodies import json_response, limited_body
from services.gateway.http.problems import Problem, log_refusal
from services.kit.auth import ANYONE, Caller, Role
from services.kit.rpc.status import RETRY_AFTER_SECONDS
from services.words.catalogue import Words

SMALL_BODY = 64 << 10
LARGE_BODY = 2 << 20
"""For those who upload a hundred offers or people at once."""
UPLOADERS = frozenset({Role.OPERATOR, Role.PARTNER, Role.RECRUITER, Role.TRAINING_BODY})


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One GraphQL request as it was sent."""

    query: str
    variables: Mapping[str, Any]
    operation: str | None


class Endpoint:
    """The GraphQL endpoint over one schema."""

    def __init__(self, schema: Schema, state: AppState) -> None:
        self._schema = plain_attributes(schema._schema)
        self._documents = Documents(self._schema)
        self._state = state

    async def __call__(self, request: Request) -> Response:
        caller = await caller_of(request, self._state, self._state.seconds)
        parsed = _parsed_request(await _body(request, caller, self._state.seconds))
        context = RequestContext(self._state, caller, words_for(request.headers), deadline(self._state.seconds))
        return await self._answer(parsed, context)

    async def _answer(self, request: GraphQLRequest, context: RequestContext) -> Response:
        started = time.perf_counter()
        try:
            document = self._documents.read(request.query, request.variables)
            _allow_introspection(document, context.caller)
        except Refusals as refusals:
            return _refused(refusals, request, context, time.perf_counter() - started)
        context.names, context.plans = document.names, document.plans
        result = await self._execute(document, request, context)
        return _response(result, context.words)

    async def _execute(self, document: Document, request: GraphQLRequest, context: RequestContext) -> ExecutionResult:
        result = execute(
            self._schema,
            document.tree,
            context_value=context,
            variable_values=dict(request.variables),
            operation_name=request.operation,
            executor_class=CompiledExecutor,
            is_awaitable=_is_awaitable,
            hide_suggestions=True,
            operation_extensions=None,
        )
        try:
            async with asyncio.timeout(
                self._state.seconds + 0.5
            ):  # calls end before: this is for a resolver that hangs
                return await result if isawaitable(result) else result
        except TimeoutError:
            return ExecutionResult(None, [coded("no time is left for this request", "UNAVAILABLE")])


def _is_awaitable(value: Any) -> TypeGuard[Awaitable[Any]]:
    """Our resolvers return values or coroutines, no other awaitables. Called once per value, so kept cheap."""
    return type(value) is CoroutineType


async def _body(request: Request, caller: Caller, seconds: float) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(415, "NOT_JSON", "send application/json")
    return await limited_body(request, LARGE_BODY if caller.role in UPLOADERS else SMALL_BODY, seconds)


def _parsed_request(body: bytes) -> GraphQLRequest:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, "NOT_JSON", "the body is not JSON: {error}", error=error.msg) from None
    if not isinstance(given, dict):
        raise Problem(400, "NOT_A_QUESTION", "send one object with `query`; batches are not taken")
    query: Any = given.get("query")
    variables = given.get("variables") or {}
    operation = given.get("operationName") or None
    good = isinstance(query, str) and isinstance(variables, dict) and isinstance(operation, str | None)
    if not good or not query.strip():
        raise Problem(400, "NOT_A_QUESTION", "`query` is a text, `variables` an object, `operationName` a text")
    return GraphQLRequest(query, variables, operation)


def _allow_introspection(document: Document, caller: Caller) -> None:
    if caller == ANYONE and not INTROSPECTION.isdisjoint(document.names):
        raise Refusals(coded("the schema is shown to those who have a token", "INTROSPECTION_DENIED"))


def _refused(refusals: Refusals, request: GraphQLRequest, context: RequestContext, seconds: float) -> Response:
    errors = formatted(refusals.errors, context.words)
    digest = hashlib.sha256(request.query.encode()).hexdigest()[:12]
    at = "".join(f" at {place.line}:{place.column}" for place in (refusals.errors[0].locations or ())[:1])
    what = f"document {digest} of {len(request.query)} characters{at}, in {seconds * 1e3:.1f} ms"
    log_refusal(errors[0]["extensions"]["code"], context.caller, what)
    return json_response({"errors": errors}, 400)


def _response(result: ExecutionResult, words: Words) -> Response:
    body: dict[str, Any] = {"data": result.data}
    if not result.errors:
        return json_response(body)
    body["errors"] = formatted(result.errors, words)
    empty = result.data is None or all(value is None for value in result.data.values())
    if empty and all_unavailable(body["errors"]):
        return json_response(body, 503, {"Retry-After": str(RETRY_AFTER_SECONDS)})
    return json_response(body)
