"""Errors of plain HTTP as clients see them: problem+json (RFC 9457). An unexpected one shows only its trace id."""

import logging
from collections.abc import Mapping

import orjson
from starlette.responses import Response

from services.kit import telemetry
from services.kit.auth import Caller
from services.kit.errors import filled
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
INTERNAL_ERROR = "internal error, trace {trace}"


class Problem(Exception):
    """One error; its detail is an English sentence, in which `{names}` stand for facts."""

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
    """One line for each refused request, without any text of it, since that may be about people."""
    logger.warning("refused %s of %s/%s: %s", code, caller.role, caller.client, what)


def unauthorized(detail: str) -> Problem:
    return Problem(401, "INVALID_TOKEN", detail, {"WWW-Authenticate": 'Bearer error="invalid_token"'})


def unavailable(detail: str) -> Problem:
    return Problem(503, UNAVAILABLE, detail, {"Retry-After": str(RETRY_AFTER_SECONDS)})


def internal() -> Problem:
    return Problem(500, "INTERNAL", INTERNAL_ERROR, trace=telemetry.trace_id())
