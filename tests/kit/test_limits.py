"""Limits beside the fields of a dataclass: what is kept, and what is named as wrong, by its path."""

from dataclasses import dataclass
from typing import Annotated

from services.kit.checks import Checks
from services.kit.limits import checked, each, matching, number, text, within


@dataclass(frozen=True, slots=True)
class Part:
    name: Annotated[str, text(5, required=True)]
    low: int = 0
    high: Annotated[int, number(0, 10)] = 0

    def check(self, checks: Checks, path: str) -> None:
        checks.require(f"{path}high", self.low <= self.high, "OUT_OF_ORDER", "must not be below {field}", field="low")


@dataclass(frozen=True, slots=True)
class Whole:
    code: Annotated[str, text(9), matching("[A-Z]+", "NOT_A_CODE", "must be a code")] = "A"
    part: Annotated[Part | None, within] = None
    parts: Annotated[tuple[Part, ...] | None, each(2)] = None
    free: str = " as it came "


def wrong(value: Whole, path: str = "") -> list[str]:
    checks = Checks()
    checked(checks, value, path)
    return [f"{each.path} {each.reason}" for each in checks.violations]


def test_fields_are_kept_as_their_limits_say() -> None:
    value = Whole(" AB ", Part(" a "), (Part("b"), Part(" c ")))
    assert checked(Checks(), value) == Whole("AB", Part("a"), (Part("b"), Part("c")))
    assert checked(Checks(), Whole(parts=())) == Whole(parts=())


def test_every_wrong_field_is_named_by_its_path() -> None:
    assert wrong(Whole("a")) == ["code NOT_A_CODE"]
    value = Whole(part=Part(""), parts=(Part("a", 2), Part("abcdef", high=11)))
    assert wrong(value, "whole.") == [
        "whole.part.name REQUIRED",
        "whole.parts[0].high OUT_OF_ORDER",
        "whole.parts[1].name TOO_LONG",
        "whole.parts[1].high OUT_OF_RANGE",
    ]


def test_of_too_many_only_the_first_are_looked_at() -> None:
    assert wrong(Whole(parts=(Part("a"), Part("b"), Part("")))) == ["parts TOO_MANY"]
