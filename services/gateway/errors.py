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
from services.kit.errors import Refused, RetryLater
from services.kit.rpc.status import RETRY_AFTER_SECONDS

logger = logging.getLogger(__name__)
UNAVAILABLE = "UNAVAILABLE"
_TITLES = {
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
_RENAMED = {"page_size": "first", "page_token": "after"}


class Problem(Exception):
    """A plain HTTP error (RFC 9457)."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})


def problem_response(problem: Problem) -> Response:
    title = _TITLES.get(problem.status, "Error")
    body = {"type": "about:blank", "title": title, "status": problem.status, "code": problem.code}
    body["detail"] = problem.detail
    return Response(orjson.dumps(body), problem.status, problem.headers, "application/problem+json")


def log_refusal(code: str, caller: Caller, what: str) -> None:
    """One line a refusal, without any word of the question: it may be about people."""
    logger.warning("refused %s of %s/%s: %s", code, caller.role, caller.client, what)


def unauthorized(detail: str) -> Problem:
    return Problem(401, "INVALID_TOKEN", detail, {"WWW-Authenticate": 'Bearer error="invalid_token"'})


def unavailable(detail: str) -> Problem:
    return Problem(503, UNAVAILABLE, detail, {"Retry-After": str(RETRY_AFTER_SECONDS)})


def internal() -> Problem:
    return Problem(500, "INTERNAL", f"erreur interne, trace {telemetry.trace_id()}")


def coded(message: str, code: str, **more: Any) -> GraphQLError:
    """An error with a stable code."""
    return GraphQLError(message, extensions={"code": code, **more})


def formatted(errors: Iterable[GraphQLError]) -> list[dict[str, Any]]:
    """GraphQL errors as they leave the house."""
    return [_formatted(error) for error in errors]


def all_unavailable(errors: Sequence[Mapping[str, Any]]) -> bool:
    return bool(errors) and all(error["extensions"].get("code") == UNAVAILABLE for error in errors)


def camel_path(path: str) -> str:
    """A field of a proto as its GraphQL name: `place.postal_code` → `place.postalCode`."""
    parts = [_RENAMED.get(part, part) for part in path.split(".")]
    return ".".join(re.sub(r"_([a-z0-9])", lambda found: found.group(1).upper(), part) for part in parts)


def fields_of(refusal: Refused) -> list[dict[str, str]]:
    return [{"path": camel_path(v.path), "reason": v.reason, "description": v.description} for v in refusal.violations]


def _formatted(error: GraphQLError) -> dict[str, Any]:
    shown: dict[str, Any] = dict(error.formatted)
    cause = error.original_error
    shown["extensions"] = dict(error.extensions or {})
    if cause is None or _is_the_askers(error, cause):
        shown["extensions"].setdefault("code", "INVALID_QUERY")
    elif isinstance(cause, Refused):
        shown["message"] = cause.message
        shown["extensions"] = {"code": cause.reason, "kind": cause.kind.name}
        if cause.violations:
            shown["extensions"]["fields"] = fields_of(cause)
    elif isinstance(cause, RetryLater):
        shown["message"] = "a service that is needed for this does not answer; try again soon"
        shown["extensions"] = {"code": UNAVAILABLE}
    else:
        _mask(shown, cause)
    return shown


def _is_the_askers(error: GraphQLError, cause: Exception) -> bool:
    """A variable that does not fit, found before anything runs, or when it stands for an argument."""
    if not isinstance(cause, GraphQLError):
        return False
    return error.path is None or any(isinstance(node, ValueNode) for node in cause.nodes or ())


def _mask(shown: dict[str, Any], cause: Exception) -> None:
    trace = telemetry.trace_id()
    logger.error("a resolver failed at %s, trace %s", shown.get("path"), trace, exc_info=cause)
    shown["message"] = f"erreur interne, trace {trace}"
    shown["extensions"] = {"code": "INTERNAL", "traceId": trace}
