"""Jobs, apprenticeships, internships and volunteering."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from services.common.values import Occupation, OfferKind, Place, Remote, checked_occupation, checked_place
from services.kit.checks import Checks
from services.offers.domain.posting import Posting
from services.offers.domain.values import MAX_AGE, SkillNeed, check_year, checked_skills

LIFETIME = timedelta(days=60)
"""How long an offer stays published when its author says no end: forgotten ones must not live for ever."""

MAX_SALARY = 10_000_000
_LICENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,29}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


class ContractType(StrEnum):
    PERMANENT = "permanent"
    FIXED_TERM = "fixed_term"
    TEMPORARY = "temporary"
    SEASONAL = "seasonal"
    APPRENTICESHIP = "apprenticeship"
    PROFESSIONALISATION = "professionalisation"
    INTERNSHIP = "internship"
    CIVIC_SERVICE = "civic_service"
    VOLUNTEERING = "volunteering"
    SELF_EMPLOYED = "self_employed"
    INTEGRATION = "integration"


class SalaryPeriod(StrEnum):
    HOUR = "hour"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Salary:
    """Gross. A maximum of 0: not said."""

    minimum: float
    maximum: float
    currency: str = "EUR"
    period: SalaryPeriod | None = None

    def check(self, checks: Checks) -> None:
        checks.number("salary.minimum", self.minimum, 0, MAX_SALARY)
        checks.number("salary.maximum", self.maximum, 0, MAX_SALARY)
        ordered = not self.maximum or self.minimum <= self.maximum
        checks.require("salary.maximum", ordered, "BELOW_MINIMUM", "must not be less than the minimum")
        checks.require("salary.currency", _CURRENCY.fullmatch(self.currency), "NOT_A_CURRENCY", "three capital letters")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferContent:
    """What the employer says. `id` and `organisation_id` only say which offer is meant.

    A new field has a default, with which older documents are read, and stands last: the digest follows the order.
    """

    id: str
    organisation_id: str
    external_id: str
    source: str
    kind: OfferKind | None
    title: str
    description: str
    occupation: Occupation
    skills: tuple[SkillNeed, ...]
    place: Place | None
    remote: Remote | None
    contract: ContractType | None
    duration_months: int
    weekly_hours: float
    salary: Salary | None
    start_date: date | None
    openings: int = 1
    licences: tuple[str, ...]
    minimum_age: int
    disability_friendly: bool
    answer_days: int
    apply_url: str
    end: datetime | None
    language: str = "fr"
    remote_days: int = 0

    def expiry(self, published_at: datetime) -> datetime:
        return self.end or published_at + LIFETIME

    def gaps(self) -> list[str]:
        """A fully remote offer needs no place."""
        reasons = []
        if self.remote is not Remote.FULL and not (self.place and self.place.known):
            reasons.append("PLACE_UNRESOLVED")
        if not self.occupation.known:
            reasons.append("OCCUPATION_UNRESOLVED")
        return reasons

    def unresolved(self) -> bool:
        return any(not skill.code for skill in self.skills)

    def check(self, checks: Checks) -> "OfferContent":
        """With its texts trimmed; wrong fields are added to `checks`."""
        self._check_numbers(checks)
        self._check_codes(checks)
        check_year(checks, "start_date", self.start_date)
        check_year(checks, "expires_at", self.end)
        if self.salary is not None:
            self.salary.check(checks)
        return replace(
            self,
            occupation=checked_occupation(checks, "occupation", self.occupation),
            skills=checked_skills(checks, self.skills),
            place=self.place and checked_place(checks, "place", self.place),
            external_id=checks.text("external_id", self.external_id, 200),
            source=checks.text("source", self.source, 100),
            title=check_title(checks, self.title),
            description=checks.text("description", self.description, 20_000, lines=True),
            apply_url=checks.url("apply_url", self.apply_url),
        )

    def _check_numbers(self, checks: Checks) -> None:
        checks.number("duration_months", self.duration_months, 0, 120)
        checks.number("weekly_hours", self.weekly_hours, 0, 60)
        checks.number("remote_days", self.remote_days, 0, 7)
        checks.number("openings", self.openings, 1, 1000)
        checks.number("minimum_age", self.minimum_age, 0, MAX_AGE)
        checks.number("answer_days", self.answer_days, 0, 90)

    def _check_codes(self, checks: Checks) -> None:
        checks.text("id", self.id, 100)
        checks.text("organisation_id", self.organisation_id, 100)
        checks.require("language", _LANGUAGE.fullmatch(self.language), "NOT_A_LANGUAGE", "a code like fr or fr-FR")
        checks.at_most("licences", self.licences, 10)
        for number, licence in enumerate(self.licences[:10]):
            checks.require(f"licences[{number}]", _LICENCE.fullmatch(licence), "NOT_A_CODE", "a short code like B")


def check_title(checks: Checks, value: str) -> str:
    title = checks.text("title", value, 200, required=True)
    checks.require("title", not title or len(title) >= 3, "TOO_SHORT", "at least 3 characters")
    return title


class Offer(Posting[OfferContent]):
    __slots__ = ()
    WORD = "offer"


@dataclass(frozen=True, slots=True)
class OfferChanged:
    offer: Offer
