"""Jobs, apprenticeships, internships and volunteering."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from services.common.values import Occupation, OfferKind, Place, Remote
from services.kit.checks import Checks
from services.kit.limits import each, matching, number, text, within
from services.offers.domain.posting import Posting
from services.offers.domain.values import MINIMUM_AGE, SKILLS, SkillNeed, title, year

LIFETIME = timedelta(days=60)
"""How long an offer stays published when its author says no end: forgotten ones must not live for ever."""

_LICENCE = matching("[A-Za-z0-9][A-Za-z0-9 ._-]{0,29}", "NOT_A_CODE", "a short code like B")
_LANGUAGE = matching("[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", "NOT_A_LANGUAGE", "a code like fr or fr-FR")


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

    minimum: Annotated[float, number(0, 10_000_000)]
    maximum: Annotated[float, number(0, 10_000_000)]
    currency: Annotated[str, matching("[A-Z]{3}", "NOT_A_CURRENCY", "three capital letters")] = "EUR"
    period: SalaryPeriod | None = None

    def check(self, checks: Checks, path: str) -> None:
        ordered = not self.maximum or self.minimum <= self.maximum
        checks.require(f"{path}maximum", ordered, "BELOW_MINIMUM", "must not be less than the minimum")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferContent:
    """What the employer says. `id` and `organisation_id` only say which offer is meant.

    A new field has a default, with which older documents are read, and stands last: the digest follows the order.
    """

    id: Annotated[str, text(100)]
    organisation_id: Annotated[str, text(100)]
    external_id: Annotated[str, text(200)]
    source: Annotated[str, text(100)]
    kind: OfferKind | None
    title: Annotated[str, title]
    description: Annotated[str, text(20_000, lines=True)]
    occupation: Annotated[Occupation, within]
    skills: Annotated[tuple[SkillNeed, ...], SKILLS]
    place: Annotated[Place | None, within]
    remote: Remote | None
    contract: ContractType | None
    duration_months: Annotated[int, number(0, 120)]
    weekly_hours: Annotated[float, number(0, 60)]
    salary: Annotated[Salary | None, within]
    start_date: Annotated[date | None, year]
    openings: Annotated[int, number(1, 1000)] = 1
    licences: Annotated[tuple[str, ...], each(10, _LICENCE)]
    minimum_age: Annotated[int, MINIMUM_AGE]
    disability_friendly: bool
    answer_days: Annotated[int, number(0, 90)]
    apply_url: Annotated[str, Checks.url]
    end: datetime | None
    language: Annotated[str, _LANGUAGE] = "fr"
    remote_days: Annotated[int, number(0, 7)] = 0

    def check(self, checks: Checks, _path: str) -> None:
        year(checks, "expires_at", self.end)

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


class Offer(Posting[OfferContent]):
    __slots__ = ()
    WORD = "offer"


@dataclass(frozen=True, slots=True)
class OfferChanged:
    offer: Offer
