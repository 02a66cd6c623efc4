"""Errors as the outside sees them: problem+json for plain HTTP, members of a union or coded errors in GraphQL.

An error that nobody expected shows its trace id and nothing else.
"""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from graphql import GraphQLError, ValueNode
from starlette.responses import Response

from services.kit import telemetry
from services.kit.auth import Caller
from services.kit.errors import Refused, RetryLater, filled
from services.kit.rpc.status import RETRY_AFTER_SECONDS
from services.words.catalogue import Words

logger = logging.getLogger(__name__)
UNAVAILABLE = "UNAVAILABLE"
TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    408: "Request timeout",
    413: "Content too large",
    415: "Unsupported media type",
    429: "Too many requests",
    500: "Internal server error",
    503: "Service unavailable",
}
_INTERNAL = "internal error, trace {trace}"
_AWAY = "a service that is needed for this does not answer; try again soon"
_RENAMED = {"page_size": "first", "page_token": "after"}


class Problem(Exception):
    """A plain HTTP error (RFC 9457); `{names}` in the detail, an English sentence, stand for facts."""

    def __init__(
        self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **facts: str
    ) -> None:
        super().__init__(filled(detail, facts))
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.facts = facts


def problem_response(problem: Problem, words: Words) -> Response:
    title = words.translated(TITLES.get(problem.status, "Error"))
    body = {"type": "about:blank", "title": title, "status": problem.status, "code": problem.code}
    body["detail"] = words.translated(problem.detail, problem.facts)
    headers = problem.headers | {"Content-Language": words.language}
    return Response(orjson.dumps(body), problem.status, headers, "application/problem+json")


def log_refusal(code: str, caller: Caller, what: str) -> None:
    """One line a refusal, without any word of the question: it may be about people."""
    logger.warning("refused %s of %s/%s: %s", code, caller.role, caller.client, what)


def unauthorized(detail: str) -> Problem:
    return Problem(401, "INVALID_TOKEN", detail, {"WWW-Authenticate": 'Bearer error="invalid_token"'})


def unavailable(detail: str) -> Problem:
    return Problem(503, UNAVAILABLE, detail, {"Retry-After": str(RETRY_AFTER_SECONDS)})


def internal() -> Problem:
    return Problem(500, "INTERNAL", _INTERNAL, trace=telemetry.trace_id())


def coded(message: str, code: str, **more: Any) -> GraphQLError:
    """An error with a stable code."""
    return GraphQLError(message, extensions={"code": code, **more})


def formatted(errors: Iterable[GraphQLError], words: Words) -> list[dict[str, Any]]:
    """GraphQL errors as they leave the house; what GraphQL itself says of a document stays English."""
    return [_formatted(error, words) for error in errors]


def all_unavailable(errors: Sequence[Mapping[str, Any]]) -> bool:
    return bool(errors) and all(error["extensions"].get("code") == UNAVAILABLE for error in errors)


def camel_path(path: str) -> str:
    """A field of a proto as its GraphQL name: `place.postal_code` → `place.postalCode`."""
    parts = [_RENAMED.get(part, part) for part in path.split(".")]
    return ".".join(re.sub(r"_([a-z0-9])", lambda found: found.group(1).upper(), part) for part in parts)


def fields_of(refusal: Refused, words: Words) -> list[dict[str, str]]:
    return [
        {
            "path": camel_path(v.path),
            "reason": v.reason,
            "description": words.translated(v.description, facts_of(v.facts)),
        }
        for v in refusal.violations
    ]


def message_of(refusal: Refused, words: Words) -> str:
    """Where the refusal says nothing itself, what it says of its fields."""
    fields = (words.translated("{path}: {description}", each) for each in fields_of(refusal, words))
    return words.translated(refusal.message, facts_of(refusal.facts)) or words.translated("; ").join(fields)


def facts_of(facts: Mapping[str, str]) -> dict[str, str]:
    """With a field's name as the API spells it."""
    return {name: camel_path(fact) if name == "field" else fact for name, fact in facts.items()}


def _formatted(error: GraphQLError, words: Words) -> dict[str, Any]:
    shown: dict[str, Any] = dict(error.formatted)
    cause = error.original_error
    shown["extensions"] = dict(error.extensions or {})
    if cause is None and error.extensions:
        shown["message"] = words.translated(error.message)
    elif cause is None or _is_the_askers(error, cause):
        shown["extensions"].setdefault("code", "INVALID_QUERY")
    elif isinstance(cause, Refused):
        shown["message"] = message_of(cause, words)
        shown["extensions"] = {"code": cause.reason, "kind": cause.kind.name}
        if cause.violations:
            shown["extensions"]["fields"] = fields_of(cause, words)
    elif isinstance(cause, RetryLater):
        shown["message"] = words.translated(_AWAY)
        shown["extensions"] = {"code": UNAVAILABLE}
    else:
        _mask(shown, cause, words)
    return shown


def _is_the_askers(error: GraphQLError, cause: Exception) -> bool:
    """A variable that does not fit, found before anything runs, or when it stands for an argument."""
    if not isinstance(cause, GraphQLError):
        return False
    return error.path is None or any(isinstance(node, ValueNode) for node in cause.nodes or ())


def _mask(shown: dict[str, Any], cause: Exception, words: Words) -> None:
    trace = telemetry.trace_id()
    logger.error("a resolver failed at %s, trace %s", shown.get("path"), trace, exc_info=cause)
    shown["message"] = words.translated(_INTERNAL, {"trace": trace})
    shown["extensions"] = {"code": "INTERNAL", "traceId": trace}
