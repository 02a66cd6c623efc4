"""Errors named after what the receiver should do.

This module imports only the standard library, so that a domain may raise from it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

_NAME = re.compile(r"{(\w+)}")


class Kind(Enum):
    """How a refusal looks from outside; `rpc` maps each to one gRPC code."""

    INVALID = "invalid"  # the request can never be right: mend it
    NOT_FOUND = "not_found"  # missing, or not yours: the two look alike
    CONFLICT = "conflict"  # right, but not in this state
    EXISTS = "exists"  # the same key was used for something else
    DENIED = "denied"  # this kind of caller may not do it
    EXHAUSTED = "exhausted"  # over a limit that will pass


@dataclass(frozen=True)
class Violation:
    """One wrong field: its path in the request (`place.point.latitude`), a reason code, and an English sentence.

    `{names}` in the sentence stand for `facts`; the fact `field` is the path of a field, as anywhere in a refusal.
    """

    path: str
    reason: str
    description: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.path}: {filled(self.description, self.facts)}"


class Refused(Exception):
    """An expected refusal: tell the user.

    `reason` is a stable UPPER_SNAKE code; `message` is an English sentence, in which `{names}` stand for `facts`;
    `violations` says which fields, and says it all where there is no message. `services/words` has other languages.
    """

    def __init__(
        self, kind: Kind, reason: str, message: str, violations: Sequence[Violation] = (), **facts: str
    ) -> None:
        super().__init__(filled(message, facts) or "; ".join(map(str, violations)))
        self.kind = kind
        self.reason = reason
        self.message = message
        self.violations = tuple(violations)
        self.facts = facts


def filled(sentence: str, facts: Mapping[str, str]) -> str:
    """The sentence with its facts; one that it came without shows as an ellipsis."""
    return _NAME.sub(lambda name: facts.get(name[1], "…"), sentence)


def invalid(violations: Sequence[Violation]) -> Refused:
    """The request has wrong fields; all of them are named at once."""
    return Refused(Kind.INVALID, "INVALID_FIELDS", "", violations)


def not_found(what: str, identifier: str) -> Refused:
    """Nothing of that id for this caller; the same answer whether it never was or belongs to somebody else."""
    message = f"no such {what.replace('_', ' ')}"
    return Refused(Kind.NOT_FOUND, f"{what.upper()}_NOT_FOUND", message, what=what, id=identifier)


def denied(reason: str, message: str, **facts: str) -> Refused:
    """This kind of caller may not do this at all, whatever the id."""
    return Refused(Kind.DENIED, reason, message, (), **facts)


class RetryLater(Exception):
    """A passing fault outside: the same call may succeed later."""


class Conflict(RetryLater):
    """Somebody else's write came first: all of it done again may succeed at once.

    `by_constraint`: a key was taken, or a row that is referred to is gone. When that is so again, it is our mistake.
    """

    def __init__(self, message: str, by_constraint: bool = False) -> None:
        super().__init__(message)
        self.by_constraint = by_constraint


class Unusable(Exception):
    """What stands where an engine should be can never serve: an operator has to change something, and is told what."""


class Poison(Exception):
    """This message can never be handled: dead-letter it, with this reason."""
