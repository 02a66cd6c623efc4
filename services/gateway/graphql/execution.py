"""POST /graphql: read the request within its bounds, refuse what costs too much, run the rest, say it in JSON."""

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

from services.gateway.context import ARRIVAL, Asking, House, deadline, words_for
from services.gateway.errors import Problem, all_unavailable, coded, formatted, log_refusal, unauthorized, unavailable
from services.gateway.graphql.costs import Refusals
from services.gateway.graphql.fast_path import CompiledExecutor, plain_attributes
from services.gateway.graphql.limits import INTROSPECTION, Document, Documents
from services.gateway.tokens import TokenRefused
from services.kit.auth import ANYONE, Caller, Role
from services.kit.errors import RetryLater
from services.kit.rpc.status import RETRY_AFTER_SECONDS
from services.words.catalogue import Words

SMALL_BODY = 64 << 10
LARGE_BODY = 2 << 20
"""For those who upload a hundred offers or people at once."""
_LAST = {"Connection": "close"}
"""Whatever else comes of a body that was not read to its end is not waited for."""
UPLOADERS = frozenset({Role.OPERATOR, Role.PARTNER, Role.RECRUITER, Role.TRAINING_BODY})


@dataclass(frozen=True, slots=True)
class Question:
    """One GraphQL request as it was sent."""

    query: str
    variables: Mapping[str, Any]
    operation: str | None


class Endpoint:
    """The GraphQL endpoint over one schema."""

    def __init__(self, schema: Schema, house: House, seconds: float) -> None:
        self._schema = plain_attributes(schema._schema)
        self._documents = Documents(self._schema)
        self._house = house
        self._seconds = seconds

    async def __call__(self, request: Request) -> Response:
        caller = await caller_of(request, self._house, self._seconds)
        question = _question(await _body(request, caller, self._seconds))
        asking = Asking(self._house, caller, words_for(request.headers), deadline(self._seconds))
        return await self._answer(question, asking)

    async def _answer(self, question: Question, asking: Asking) -> Response:
        started = time.perf_counter()
        try:
            document = self._documents.read(question.query, question.variables)
            _allow_introspection(document, asking.caller)
        except Refusals as refusals:
            return _refused(refusals, question, asking, time.perf_counter() - started)
        asking.names, asking.plans = document.names, document.plans
        result = await self._execute(document, question, asking)
        return _response(result, asking.words)

    async def _execute(self, document: Document, question: Question, asking: Asking) -> ExecutionResult:
        result = execute(
            self._schema,
            document.tree,
            context_value=asking,
            variable_values=dict(question.variables),
            operation_name=question.operation,
            executor_class=CompiledExecutor,
            is_awaitable=_is_awaitable,
            hide_suggestions=True,
            operation_extensions=None,
        )
        try:
            async with asyncio.timeout(self._seconds + 0.5):  # calls end before: this is for what waits on nothing
                return await result if isawaitable(result) else result
        except TimeoutError:
            return ExecutionResult(None, [coded("no time is left for this request", "UNAVAILABLE")])


def _is_awaitable(value: Any) -> TypeGuard[Awaitable[Any]]:
    """Our resolvers return values or coroutines, nothing else that could be awaited; asked of every value."""
    return type(value) is CoroutineType


async def caller_of(request: Request, house: House, seconds: float) -> Caller:
    """Who the token speaks for; anyone where there is none. A wrong token is a 401, never anyone."""
    try:
        request.state.caller = caller = _bearer(request, house)
        if await house.delegations.hold(caller, deadline(seconds)):
            return caller
    except RetryLater:
        raise unavailable("who asks cannot be found out now") from None
    raise unauthorized("whoever acts with this token no longer manages the person")


def _bearer(request: Request, house: House) -> Caller:
    header = request.headers.get("authorization")
    if header is None:
        return ANYONE
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthorized("send `Authorization: Bearer` and a token of /oauth/token")
    try:
        return house.tokens.read(token.strip())
    except TokenRefused as refusal:
        raise unauthorized(str(refusal)) from None


async def _body(request: Request, caller: Caller, seconds: float) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(415, "NOT_JSON", "send application/json")
    return await limited_body(request, LARGE_BODY if caller.role in UPLOADERS else SMALL_BODY, seconds)


async def limited_body(request: Request, most: int, seconds: float) -> bytes:
    """The body, read no further than `most` bytes, of a request that is answered within so many seconds."""
    data = bytearray()
    try:
        async with asyncio.timeout(seconds * ARRIVAL):
            async for chunk in request.stream():
                data += chunk
                if len(data) > most:
                    raise Problem(413, "BODY_TOO_LARGE", "at most {most} bytes", _LAST, most=str(most))
    except TimeoutError:
        raise Problem(408, "BODY_TOO_SLOW", "at most {most} seconds", _LAST, most=f"{seconds * ARRIVAL:g}") from None
    return bytes(data)


def _question(body: bytes) -> Question:
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
    return Question(query, variables, operation)


def _allow_introspection(document: Document, caller: Caller) -> None:
    if caller == ANYONE and not INTROSPECTION.isdisjoint(document.names):
        raise Refusals(coded("the schema is shown to those who have a token", "INTROSPECTION_DENIED"))


def _refused(refusals: Refusals, question: Question, asking: Asking, seconds: float) -> Response:
    errors = formatted(refusals.errors, asking.words)
    digest = hashlib.sha256(question.query.encode()).hexdigest()[:12]
    at = "".join(f" at {place.line}:{place.column}" for place in (refusals.errors[0].locations or ())[:1])
    what = f"document {digest} of {len(question.query)} characters{at}, in {seconds * 1e3:.1f} ms"
    log_refusal(errors[0]["extensions"]["code"], asking.caller, what)
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


def json_response(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, "application/json")
