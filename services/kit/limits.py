"""Limits of fields, written beside the fields: `title: Annotated[str, text(200, required=True)]`. `checked` reads them.

A limit is a function `(checks, path, value) -> value as it is kept`, which adds what is wrong to `checks`; the methods
of `Checks` are limits too (`Annotated[str, Checks.url]`). What concerns several fields stands in the dataclass's
`check(checks, path)`, which sees the values as they came; of several limits of a field, each sees what the one before
kept. Standard library only.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Any, TypeVar, get_type_hints

from services.kit.checks import Checks

Limit = Callable[[Checks, str, Any], Any]
T = TypeVar("T")


def checked(checks: Checks, value: T, path: str = "") -> T:
    """The dataclass with its fields as they are kept; `path` is what their paths begin with, as in "place."."""
    if check := getattr(value, "check", None):
        check(checks, path)
    changed: dict[str, Any] = {}
    for name, limit in _limits(value.__class__):  # type: ignore[arg-type]
        given = changed[name] if name in changed else getattr(value, name)
        kept = limit(checks, path + name, given)
        if kept is not given:  # a copy of what is right already would cost more than its checks
            changed[name] = kept
    return replace(value, **changed) if changed else value  # type: ignore[type-var]


@cache
def _limits(kind: Any) -> list[tuple[str, Limit]]:
    hints = get_type_hints(kind, include_extras=True)
    return [(name, limit) for name, hint in hints.items() for limit in getattr(hint, "__metadata__", ())]


def within(checks: Checks, path: str, value: Any) -> Any:
    """A dataclass by the limits of its own fields; None stays None."""
    return value and checked(checks, value, f"{path}.")


def text(longest: int, required: bool = False, lines: bool = False) -> Limit:
    return partial(Checks.text, longest=longest, required=required, lines=lines)


def number(low: float, high: float) -> Limit:
    """Between low and high, both included."""
    return partial(Checks.number, low=low, high=high)


def matching(pattern: str, reason: str, description: str) -> Limit:
    """Text that has this form as a whole."""
    form = re.compile(pattern)

    def limit(checks: Checks, path: str, value: str) -> str:
        checks.require(path, form.fullmatch(value), reason, description)
        return value

    return limit


def each(most: int, limit: Limit = within) -> Limit:
    """At most so many, each within this limit; None stays None."""

    def limit_each(checks: Checks, path: str, values: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
        checks.at_most(path, values or (), most)
        return values and tuple(limit(checks, f"{path}[{at}]", value) for at, value in enumerate(values[:most]))

    return limit_each
