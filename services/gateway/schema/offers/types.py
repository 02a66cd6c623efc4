"""Offers, courses and organisations, as they are read."""

from datetime import datetime

import strawberry

from services.gateway.schema.common import Occupation, Place, Resolution
from services.gateway.schema.convert import FromProto
from services.gateway.schema.enums import (
    ContractType,
    CourseState,
    GreenGrade,
    OfferKind,
    OfferState,
    OrganisationKind,
    Remote,
    SalaryPeriod,
)


@strawberry.type
class Organisation(FromProto):
    id: strawberry.ID
    kind: OrganisationKind | None
    name: str
    siret: str | None
    verified: bool
    activity_code: str | None
    website: str | None
    description: str | None
    place: Place | None
    source: str | None
    external_id: str | None
    version: int


@strawberry.type
class Salary(FromProto):
    minimum: float | None
    maximum: float | None
    currency: str | None
    period: SalaryPeriod | None


@strawberry.type
class GreenEvidence(FromProto):
    source: str
    code: str
    label: str


@strawberry.type
class Green(FromProto):
    grade: GreenGrade | None
    evidence: list[GreenEvidence]


@strawberry.type
class SkillNeed(FromProto):
    output_only = frozenset({"resolution"})
    code: str | None
    label: str | None
    required: bool
    resolution: Resolution | None


@strawberry.type(description="Is it published, is it matched, and if not, why not?")
class OfferStatus(FromProto):
    searchable: bool
    matchable: bool
    sees_people: bool
    reasons: list[str]


@strawberry.type
class OfferFields(FromProto):
    """What is read of an offer; `Offer` adds what joins it to people."""

    output_only = frozenset({"state", "green", "published_at", "status", "version"})

    id: strawberry.ID
    organisation_id: strawberry.ID
    external_id: str | None
    source: str | None
    kind: OfferKind | None
    state: OfferState | None
    title: str
    description: str
    occupation: Occupation | None
    skills: list[SkillNeed]
    place: Place | None
    remote: Remote | None
    remote_days: int | None = strawberry.field(description="Days a week from home.")
    contract: ContractType | None
    duration_months: int | None
    weekly_hours: float | None
    salary: Salary | None
    start_date: str | None
    openings: int
    licences: list[str]
    minimum_age: int | None
    disability_friendly: bool
    answer_days: int | None
    green: Green | None
    apply_url: str | None
    published_at: datetime | None
    expires_at: datetime | None
    status: OfferStatus | None
    version: int
    language: str | None


@strawberry.type
class CourseSession(FromProto):
    external_id: str | None
    place: Place | None
    start_date: str | None
    end_date: str | None
    seats: int | None
    remote: bool


@strawberry.type
class CourseFields(FromProto):
    """What is read of a course; `Course` adds what joins it to people."""

    output_only = frozenset({"state", "green", "status", "version"})

    id: strawberry.ID
    organisation_id: strawberry.ID
    external_id: str | None
    source: str | None
    state: CourseState | None
    title: str
    description: str
    certification_code: str | None
    certification_label: str | None
    occupations: list[Occupation]
    skills: list[SkillNeed]
    sessions: list[CourseSession]
    funding: list[str]
    price: float | None
    duration_hours: int | None
    minimum_age: int | None
    green: Green | None
    status: OfferStatus | None
    version: int
    apply_url: str | None
