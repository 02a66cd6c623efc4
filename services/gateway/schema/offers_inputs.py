"""Organisations, offers and courses, as they are written."""

from datetime import datetime

import strawberry

from services.gateway.schema.common import OccupationInput, OfferKind, PlaceInput
from services.gateway.schema.offers_types import ContractType, OrganisationKind, Remote, SalaryPeriod


@strawberry.input
class OrganisationInput:
    id: strawberry.ID | None = None
    source: str | None = None
    external_id: str | None = None
    kind: OrganisationKind | None = None
    name: str | None = None
    siret: str | None = None
    activity_code: str | None = None
    website: str | None = None
    description: str | None = None
    place: PlaceInput | None = None


@strawberry.input
class SalaryInput:
    minimum: float | None = None
    maximum: float | None = None
    currency: str | None = None
    period: SalaryPeriod | None = None


@strawberry.input
class SkillNeedInput:
    code: str | None = None
    label: str | None = None
    required: bool = False


@strawberry.input
class OfferInput:
    id: strawberry.ID | None = None
    organisation_id: strawberry.ID | None = None
    external_id: str | None = None
    source: str | None = None
    kind: OfferKind | None = None
    title: str | None = None
    description: str | None = None
    occupation: OccupationInput | None = None
    skills: list[SkillNeedInput] | None = None
    place: PlaceInput | None = None
    remote: Remote | None = None
    contract: ContractType | None = None
    duration_months: int | None = None
    weekly_hours: float | None = None
    salary: SalaryInput | None = None
    start_date: str | None = None
    openings: int | None = None
    licences: list[str] | None = None
    minimum_age: int | None = None
    disability_friendly: bool | None = None
    answer_days: int | None = None
    apply_url: str | None = None
    expires_at: datetime | None = None
    language: str | None = None


@strawberry.input
class CourseSessionInput:
    external_id: str | None = None
    place: PlaceInput | None = None
    start_date: str | None = None
    end_date: str | None = None
    seats: int | None = None
    remote: bool = False


@strawberry.input
class CourseInput:
    id: strawberry.ID | None = None
    organisation_id: strawberry.ID | None = None
    external_id: str | None = None
    source: str | None = None
    title: str | None = None
    description: str | None = None
    certification_code: str | None = None
    certification_label: str | None = None
    occupations: list[OccupationInput] | None = None
    skills: list[SkillNeedInput] | None = None
    sessions: list[CourseSessionInput] | None = None
    funding: list[str] | None = None
    price: float | None = None
    duration_hours: int | None = None
    minimum_age: int | None = None
    apply_url: str | None = None


@strawberry.input
class UpsertOrganisationInput:
    organisation: OrganisationInput
    request_id: str | None = None


@strawberry.input
class UpsertOffersInput:
    offers: list[OfferInput] = strawberry.field(description="At most 100.")
    publish: bool = strawberry.field(default=False, description="Publish what is created or still a draft.")
    request_id: str | None = None


@strawberry.input
class UpsertCoursesInput:
    courses: list[CourseInput] = strawberry.field(description="At most 100.")
    publish: bool = False
    request_id: str | None = None
