"""Courses and their sessions."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from services.common.values import Occupation, Place, checked_occupation, checked_place
from services.kit.checks import Checks
from services.offers.domain.offer import check_title
from services.offers.domain.posting import Posting
from services.offers.domain.values import MAX_AGE, SkillNeed, check_year, checked_skills

LATE_ENTRY = timedelta(days=30)
"""A course ends so long after its last session has started: many let people in late."""

MAX_SESSIONS = 100
MAX_OCCUPATIONS = 20
FUNDING = frozenset(("CPF", "REGION", "OPCO", "FRANCE_TRAVAIL", "FREE", "SELF"))


@dataclass(frozen=True, slots=True)
class Session:
    """Without a start date one may enter at any time."""

    external_id: str
    place: Place | None
    start_date: date | None
    end_date: date | None
    seats: int
    remote: bool

    def check(self, checks: Checks, path: str) -> "Session":
        """With its texts trimmed; wrong fields are added to `checks`."""
        checks.number(f"{path}.seats", self.seats, 0, 10_000)
        check_year(checks, f"{path}.start_date", self.start_date)
        check_year(checks, f"{path}.end_date", self.end_date)
        if self.start_date and self.end_date:
            ordered = self.start_date <= self.end_date
            checks.require(f"{path}.end_date", ordered, "BEFORE_START", "must not be before the start")
        return replace(
            self,
            external_id=checks.text(f"{path}.external_id", self.external_id, 200),
            place=self.place and checked_place(checks, f"{path}.place", self.place),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseContent:
    """What the training body says. `id` and `organisation_id` only say which course is meant."""

    id: str
    organisation_id: str
    external_id: str
    source: str
    title: str
    description: str
    certification_code: str
    certification_label: str
    occupations: tuple[Occupation, ...]
    skills: tuple[SkillNeed, ...]
    sessions: tuple[Session, ...]
    funding: tuple[str, ...]
    price: float
    duration_hours: int
    minimum_age: int
    apply_url: str

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

    def check(self, checks: Checks) -> "CourseContent":
        """With its texts trimmed; wrong fields are added to `checks`."""
        checks.text("id", self.id, 100)
        checks.text("organisation_id", self.organisation_id, 100)
        checks.number("price", self.price, 0, 1_000_000)
        checks.number("duration_hours", self.duration_hours, 0, 10_000)
        checks.number("minimum_age", self.minimum_age, 0, MAX_AGE)
        self._check_funding(checks)
        checks.at_most("occupations", self.occupations, MAX_OCCUPATIONS)
        checks.at_most("sessions", self.sessions, MAX_SESSIONS)
        occupations, sessions = enumerate(self.occupations[:MAX_OCCUPATIONS]), enumerate(self.sessions[:MAX_SESSIONS])
        return replace(
            self,
            occupations=tuple(checked_occupation(checks, f"occupations[{at}]", each) for at, each in occupations),
            skills=checked_skills(checks, self.skills),
            sessions=tuple(each.check(checks, f"sessions[{at}]") for at, each in sessions),
            external_id=checks.text("external_id", self.external_id, 200),
            source=checks.text("source", self.source, 100),
            title=check_title(checks, self.title),
            description=checks.text("description", self.description, 20_000, lines=True),
            certification_code=checks.text("certification_code", self.certification_code, 20),
            certification_label=checks.text("certification_label", self.certification_label, 300),
            apply_url=checks.url("apply_url", self.apply_url),
        )

    def _check_funding(self, checks: Checks) -> None:
        checks.at_most("funding", self.funding, len(FUNDING))
        for number, source in enumerate(self.funding[: len(FUNDING)]):
            checks.choice(f"funding[{number}]", source, FUNDING)


class Course(Posting[CourseContent]):
    __slots__ = ()
    WORD = "course"


@dataclass(frozen=True, slots=True)
class CourseChanged:
    course: Course
