"""Errors of GraphQL as clients see them: each has a stable code. An unexpected one shows only its trace id."""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError, ValueNode

from services.gateway.http.problems import INTERNAL_ERROR, UNAVAILABLE
from services.kit import telemetry
from services.kit.errors import Refused, RetryLater
from services.words.catalogue import Words

logger = logging.getLogger(__name__)
_AWAY = "a service that is needed for this does not answer; try again soon"
_RENAMED = {"page_size": "first", "page_token": "after"}


def coded(message: str, code: str, **more: Any) -> GraphQLError:
    """An error with a stable code."""
    return GraphQLError(message, extensions={"code": code, **more})


def formatted(errors: Iterable[GraphQLError], words: Words) -> list[dict[str, Any]]:
    """Errors as sent to clients; the messages of graphql-core itself stay English."""
    return [_formatted(error, words) for error in errors]


def all_unavailable(errors: Sequence[Mapping[str, Any]]) -> bool:
    return bool(errors) and all(error["extensions"].get("code") == UNAVAILABLE for error in errors)


def camel_path(path: str) -> str:
    """The GraphQL name of a proto's field: `place.postal_code` → `place.postalCode`."""
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
    """The refusal's own sentence, or else those of its fields."""
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
    elif cause is None or _is_client_error(error, cause):
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


def _is_client_error(error: GraphQLError, cause: Exception) -> bool:
    """A variable of a wrong type, found before execution, or when it is used as an argument."""
    if not isinstance(cause, GraphQLError):
        return False
    return error.path is None or any(isinstance(node, ValueNode) for node in cause.nodes or ())


def _mask(shown: dict[str, Any], cause: Exception, words: Words) -> None:
    trace = telemetry.trace_id()
    logger.error("a resolver failed at %s, trace %s", shown.get("path"), trace, exc_info=cause)
    shown["message"] = words.translated(INTERNAL_ERROR, {"trace": trace})
    shown["extensions"] = {"code": "INTERNAL", "traceId": trace}
