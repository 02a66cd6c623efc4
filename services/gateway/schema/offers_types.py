"""Organisations, offers and courses, as they are read."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from services.gateway.context import Info
from services.gateway.schema.common import (
    Occupation,
    OfferKind,
    Outcome,
    Place,
    Refused,
    Resolution,
)
from services.gateway.schema.convert import FromProto
from services.gateway.schema.fields import field
from services.gateway.schema.pages import After, Connection, First

if TYPE_CHECKING:
    from services.gateway.schema.matching_types import Match, Part

LazyMatch = Annotated["Match", strawberry.lazy("services.gateway.schema.matching_types")]
LazyPart = Annotated["Part", strawberry.lazy("services.gateway.schema.matching_types")]


@strawberry.enum
class OrganisationKind(Enum):
    EMPLOYER = 1
    TRAINING_BODY = 2
    ASSOCIATION = 3


@strawberry.enum
class OfferState(Enum):
    DRAFT = 1
    PUBLISHED = 2
    PAUSED = 3
    FILLED = 4
    CLOSED = 5
    EXPIRED = 6


@strawberry.enum
class Remote(Enum):
    NONE = 1
    PARTIAL = 2
    FULL = 3


@strawberry.enum
class ContractType(Enum):
    PERMANENT = 1
    FIXED_TERM = 2
    TEMPORARY = 3
    SEASONAL = 4
    APPRENTICESHIP = 5
    PROFESSIONALISATION = 6
    INTERNSHIP = 7
    CIVIC_SERVICE = 8
    VOLUNTEERING = 9
    SELF_EMPLOYED = 10
    INTEGRATION = 11


@strawberry.enum
class SalaryPeriod(Enum):
    HOUR = 1
    MONTH = 2
    YEAR = 3


@strawberry.enum(description="Place of the occupation in the ecological transition.")
class GreenGrade(Enum):
    NONE = 1
    BROWN = 2
    STRATEGIC = 3
    GREEN = 4


@strawberry.enum
class CourseState(Enum):
    DRAFT = 1
    PUBLISHED = 2
    CLOSED = 3
    EXPIRED = 4


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
class Offer(FromProto):
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
    organisation: Organisation | None = None
    match: LazyMatch | None = strawberry.field(
        default=None, description="Of the person whose token this is, or of `forPerson`; null elsewhere."
    )
    ranking: list[LazyPart] = strawberry.field(
        default_factory=list, description="In a search: every factor that moved this hit."
    )

    @field("The ranked people who agreed to be seen; for its own verified organisation.", calls=1)
    async def candidates(self, info: Info, first: First = 20, after: After = None) -> Connection[LazyMatch] | None:
        from services.gateway.schema.matching import candidates_of  # noqa: PLC0415 — matches know their offers

        return await candidates_of(info.context, self.id, first, after)


@strawberry.type
class CourseSession(FromProto):
    external_id: str | None
    place: Place | None
    start_date: str | None
    end_date: str | None
    seats: int | None
    remote: bool


@strawberry.type
class Course(FromProto):
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
    organisation: Organisation | None = None
    ranking: list[LazyPart] = strawberry.field(
        default_factory=list, description="In a search: every factor that moved this hit."
    )


@strawberry.type
class OrganisationWritten:
    organisation: Organisation
    outcome: Outcome | None


@strawberry.type
class OfferWritten:
    offer: Offer
    outcome: Outcome | None


@strawberry.type
class CourseWritten:
    course: Course
    outcome: Outcome | None


OrganisationResult = Annotated[OrganisationWritten | Refused, strawberry.union("OrganisationResult")]
OfferResult = Annotated[OfferWritten | Refused, strawberry.union("OfferResult")]
CourseResult = Annotated[CourseWritten | Refused, strawberry.union("CourseResult")]


@strawberry.type(description="One result a row, in the order of the input.")
class OffersWritten:
    results: list[OfferResult]


@strawberry.type(description="One result a row, in the order of the input.")
class CoursesWritten:
    results: list[CourseResult]


OffersResult = Annotated[OffersWritten | Refused, strawberry.union("OffersResult")]
CoursesResult = Annotated[CoursesWritten | Refused, strawberry.union("CoursesResult")]
