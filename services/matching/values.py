"""What matching knows of offers, people and courses: coded attributes, learned from events."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum

from services.common.values import OfferKind, Point, Remote


class AgeBand(IntEnum):
    """The bands that a rule of law or of an offer can tell apart; 0 is unknown."""

    UNKNOWN = 0
    UNDER_16 = 1
    FROM_16 = 2  # 16 and 17
    FROM_18 = 3  # 18 to 20
    FROM_21 = 4  # 21 to 25
    FROM_26 = 5  # 26 to 29
    FROM_30 = 6


@dataclass(frozen=True, slots=True)
class Offer:
    id: str
    version: int
    organisation_id: str
    organisation_name: str
    title: str
    description: str
    occupation_code: str | None  # None: not resolved
    required_skills: frozenset[str]
    wished_skills: frozenset[str]
    place: Point | None
    contract: str  # the proto name without its prefix, lower case: permanent, fixed_term…
    weekly_hours: float  # 0: not said
    start_date: date | None  # None: as soon as possible
    licences: frozenset[str]
    minimum_age: int  # 0: the law's own
    green_grade: str  # none, brown, strategic, green, or "" when not known
    published_at: datetime
    expires_at: datetime | None
    kind: OfferKind = OfferKind.JOB  # also one that only a newer release knows
    remote: Remote = Remote.NONE
    searchable: bool = True  # published, and not over
    matchable: bool = True  # and well enough described
    sees_people: bool = True  # its organisation is verified

    @property
    def all_skills(self) -> Set[str]:
        return self.required_skills | self.wished_skills

    @property
    def occupation_codes(self) -> Set[str]:
        return frozenset((self.occupation_code,)) if self.occupation_code else frozenset()


@dataclass(frozen=True, slots=True)
class HeldSkill:
    code: str
    confirmed: bool = False
    evidence_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """`None` means never asked; an empty collection means asked, and the answer was "none"."""

    id: str
    version: int
    age_band: AgeBand = AgeBand.UNKNOWN
    place: Point | None = None
    travel_limit_km: int | None = None
    anywhere: bool = False
    licences: frozenset[str] | None = None
    wished_occupations: frozenset[str] | None = None
    wished_kinds: frozenset[OfferKind] | None = None
    minimum_hours: float | None = None
    maximum_hours: float | None = None
    available_from: date | None = None
    skills: Mapping[str, HeldSkill] | None = None
    past_occupations: frozenset[str] = frozenset()
    matchable: bool = True
    visible_to_employers: bool = False
    partner_ids: frozenset[str] = frozenset()
    mentor_ids: frozenset[str] = frozenset()
    language: str = "fr"

    @property
    def all_skills(self) -> Set[str]:
        return (self.skills or {}).keys()

    @property
    def occupation_codes(self) -> Set[str]:
        """Wished and past ones."""
        return (self.wished_occupations or frozenset()) | self.past_occupations


@dataclass(frozen=True, slots=True)
class CourseSession:
    id: str
    place: Point | None
    start_date: date | None
    remote: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    id: str
    version: int
    organisation_id: str
    organisation_name: str
    title: str
    description: str
    taught_skills: frozenset[str]
    occupation_codes: frozenset[str]
    sessions: tuple[CourseSession, ...] = ()
    funding: frozenset[str] = field(default_factory=frozenset)
    minimum_age: int = 0
    green_grade: str = ""
    searchable: bool = True

    @property
    def all_skills(self) -> Set[str]:
        return self.taught_skills


Value = Offer | Person | Course
"""What an index holds."""
