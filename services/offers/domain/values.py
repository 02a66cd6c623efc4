"""Values that offers, courses and organisations share."""

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from services.common.values import OUTPUT_ONLY, Resolution
from services.kit.checks import Checks

MAX_SKILLS = 60
MAX_AGE = 30


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

    code: str = ""
    label: str = ""
    required: bool = False
    resolution: Resolution | None = field(default=None, metadata=OUTPUT_ONLY)


@dataclass(frozen=True, slots=True)
class Status:
    """Is it published, is it matched, and if not, why not? A skill in words alone is a reason that stands in no way."""

    searchable: bool
    matchable: bool
    sees_people: bool
    reasons: tuple[str, ...]


def check_year(checks: Checks, path: str, day: date | None) -> None:
    if day is not None:
        checks.number(path, day.year, 1970, 2100)


def checked_skills(checks: Checks, skills: tuple[SkillNeed, ...]) -> tuple[SkillNeed, ...]:
    """With their texts trimmed; wrong fields are added to `checks`."""
    checks.at_most("skills", skills, MAX_SKILLS)
    return tuple(_checked_skill(checks, f"skills[{at}]", skill) for at, skill in enumerate(skills[:MAX_SKILLS]))


def _checked_skill(checks: Checks, path: str, skill: SkillNeed) -> SkillNeed:
    label = checks.text(f"{path}.label", skill.label, 300, required=not skill.code)
    return replace(skill, code=checks.text(f"{path}.code", skill.code, 60), label=label)
