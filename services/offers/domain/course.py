"""Courses and their sessions."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Annotated

from services.common.values import Occupation, Place
from services.kit.checks import Checks
from services.kit.limits import each, number, text, within
from services.offers.domain.posting import Posting
from services.offers.domain.values import MINIMUM_AGE, SKILLS, SkillNeed, title, year

LATE_ENTRY = timedelta(days=30)
"""A course ends so long after its last session has started: many let people in late."""

FUNDING = frozenset(("CPF", "REGION", "OPCO", "FRANCE_TRAVAIL", "FREE", "SELF"))


@dataclass(frozen=True, slots=True)
class Session:
    """Without a start date one may enter at any time."""

    external_id: Annotated[str, text(200)]
    place: Annotated[Place | None, within]
    start_date: Annotated[date | None, year]
    end_date: Annotated[date | None, year]
    seats: Annotated[int, number(0, 10_000)]
    remote: bool

    def check(self, checks: Checks, path: str) -> None:
        if self.start_date and self.end_date:
            ordered = self.start_date <= self.end_date
            checks.require(f"{path}end_date", ordered, "BEFORE_START", "must not be before the start")


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseContent:
    """What the training body says. `id` and `organisation_id` only say which course is meant."""

    id: Annotated[str, text(100)]
    organisation_id: Annotated[str, text(100)]
    external_id: Annotated[str, text(200)]
    source: Annotated[str, text(100)]
    title: Annotated[str, title]
    description: Annotated[str, text(20_000, lines=True)]
    certification_code: Annotated[str, text(20)]
    certification_label: Annotated[str, text(300)]
    occupations: Annotated[tuple[Occupation, ...], each(20)]
    skills: Annotated[tuple[SkillNeed, ...], SKILLS]
    sessions: Annotated[tuple[Session, ...], each(100)]
    funding: Annotated[tuple[str, ...], each(len(FUNDING), partial(Checks.choice, known=FUNDING))]
    price: Annotated[float, number(0, 1_000_000)]
    duration_hours: Annotated[int, number(0, 10_000)]
    minimum_age: Annotated[int, MINIMUM_AGE]
    apply_url: Annotated[str, Checks.url]

    def expiry(self, _published_at: datetime) -> datetime | None:
        """A course without sessions, or that one may enter at any time, never ends."""
        starts = [session.start_date for session in self.sessions if session.start_date]
        if not starts or len(starts) < len(self.sessions):
            return None
        return datetime.combine(max(starts), time(), UTC) + LATE_ENTRY

    def gaps(self) -> list[str]:
        """It must teach a known skill or lead to a known occupation, somewhere that is known if it has sessions."""
        reasons = []
        known_place = any(session.remote or (session.place and session.place.known) for session in self.sessions)
        if self.sessions and not known_place:
            reasons.append("PLACE_UNRESOLVED")
        if not any(skill.code for skill in self.skills) and not any(each.known for each in self.occupations):
            reasons.append("OCCUPATION_UNRESOLVED")
        return reasons

    def unresolved(self) -> bool:
        return any(not skill.code for skill in self.skills)


class Course(Posting[CourseContent]):
    __slots__ = ()
    WORD = "course"


@dataclass(frozen=True, slots=True)
class CourseChanged:
    course: Course
