"""Values that offers, courses and organisations share."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.kit.checks import Checks

CONFIDENT = 0.6
"""From here on a resolved code or place is good enough to match on."""

MAX_SKILLS = 60
MAX_AGE = 30
_COUNTRY = re.compile(r"[A-Z]{2}")


class State(StrEnum):
    """Offers go through all of them; courses are never paused or filled."""

    DRAFT = "draft"
    PUBLISHED = "published"
    PAUSED = "paused"
    FILLED = "filled"
    CLOSED = "closed"
    EXPIRED = "expired"


OPEN = (State.PUBLISHED, State.PAUSED)


class Outcome(StrEnum):
    """What an idempotent write did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


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
class Resolution:
    """How a code was found for words."""

    source: str
    confidence: float
    referential_version: str


@dataclass(frozen=True, slots=True)
class Point:
    """WGS 84, degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Place:
    country_code: str = "FR"
    commune_code: str = ""
    postal_code: str = ""
    label: str = ""
    point: Point | None = None
    resolution: Resolution | None = None

    @property
    def known(self) -> bool:
        return self.point is not None and _sure(self.resolution)


@dataclass(frozen=True, slots=True)
class Occupation:
    code: str = ""
    label: str = ""
    resolution: Resolution | None = None

    @property
    def known(self) -> bool:
        return bool(self.code) and _sure(self.resolution)


@dataclass(frozen=True, slots=True)
class SkillNeed:
    """A skill without code is kept in the words of who wrote it, and never matched."""

    code: str = ""
    label: str = ""
    required: bool = False
    resolution: Resolution | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """Is it published, is it matched, and if not, why not? A skill in words alone is a reason that stands in no way."""

    searchable: bool
    matchable: bool
    sees_people: bool
    reasons: tuple[str, ...]


def _sure(resolution: Resolution | None) -> bool:
    return resolution is not None and resolution.confidence >= CONFIDENT


def check_year(checks: Checks, path: str, day: date | None) -> None:
    if day is not None:
        checks.require(path, 1970 <= day.year <= 2100, "OUT_OF_RANGE", "must be between 1970 and 2100")


def check_place(checks: Checks, path: str, place: Place) -> None:
    checks.require(
        f"{path}.country_code", _COUNTRY.fullmatch(place.country_code), "NOT_A_COUNTRY", "two capital letters"
    )
    checks.text(f"{path}.commune_code", place.commune_code, 10)
    checks.text(f"{path}.postal_code", place.postal_code, 12)
    checks.text(f"{path}.label", place.label, 200)
    if place.point is not None:
        checks.point(f"{path}.point", place.point.latitude, place.point.longitude)


def check_occupation(checks: Checks, path: str, occupation: Occupation) -> None:
    checks.text(f"{path}.code", occupation.code, 20)
    checks.text(f"{path}.label", occupation.label, 300)


def check_skills(checks: Checks, skills: tuple[SkillNeed, ...]) -> None:
    checks.at_most("skills", skills, MAX_SKILLS)
    for number, skill in enumerate(skills[:MAX_SKILLS]):
        path = f"skills[{number}]"
        checks.text(f"{path}.code", skill.code, 60)
        checks.text(f"{path}.label", skill.label, 300, required=not skill.code)
