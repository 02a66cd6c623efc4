"""Values that offers, courses and organisations share."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated

from services.common.values import OUTPUT_ONLY, Resolution
from services.kit.checks import Checks, is_blank
from services.kit.limits import each, number, text

MINIMUM_AGE = number(0, 30)
SKILLS = each(60)


class State(StrEnum):
    """Offers go through all of them; courses are never paused or filled."""

    DRAFT = "draft"
    PUBLISHED = "published"
    PAUSED = "paused"
    FILLED = "filled"
    CLOSED = "closed"
    EXPIRED = "expired"


OPEN = (State.PUBLISHED, State.PAUSED)


class GreenGrade(StrEnum):
    NONE = "none"
    BROWN = "brown"
    STRATEGIC = "strategic"
    GREEN = "green"


@dataclass(frozen=True, slots=True)
class GreenEvidence:
    source: str  # occupation or skill
    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Green:
    """`grade` is that of the best known occupation, None when none is known.

    Green skills stand in the evidence and never raise the grade: "sort waste" does not make an office cleaner's job
    one of the transition.
    """

    grade: GreenGrade | None = None
    evidence: tuple[GreenEvidence, ...] = ()


@dataclass(frozen=True, slots=True)
class SkillNeed:
    """A skill without code is kept in the words of who wrote it, and never matched."""

    code: Annotated[str, text(60)] = ""
    label: Annotated[str, text(300)] = ""
    required: bool = False
    resolution: Resolution | None = field(default=None, metadata=OUTPUT_ONLY)

    def check(self, checks: Checks, path: str) -> None:
        checks.require(f"{path}label", self.code or not is_blank(self.label), "REQUIRED", "must not be empty")


@dataclass(frozen=True, slots=True)
class Status:
    """Is it published, is it matched, and if not, why not? A skill in words alone is a reason that stands in no way."""

    searchable: bool
    matchable: bool
    sees_people: bool
    reasons: tuple[str, ...]


def year(checks: Checks, path: str, day: date | None) -> date | None:
    """A day, or moment, of these years."""
    if day is not None:
        checks.number(path, day.year, 1970, 2100)
    return day


def title(checks: Checks, path: str, value: str) -> str:
    value = checks.text(path, value, 200, required=True)
    checks.require(path, not value or len(value) >= 3, "TOO_SHORT", "at least 3 characters")
    return value
