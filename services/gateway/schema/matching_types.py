"""Matches and what explains them."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from services.gateway.schema.convert import FromProto
from services.gateway.schema.offers_types import Course, Offer
from services.gateway.schema.pages import Connection
from services.gateway.schema.referential import SkillName

if TYPE_CHECKING:
    from services.gateway.schema.people import Person
    from services.gateway.schema.profile_types import Evidence

LazyEvidence = Annotated["Evidence", strawberry.lazy("services.gateway.schema.profile_types")]
LazyPerson = Annotated["Person", strawberry.lazy("services.gateway.schema.people")]


@strawberry.type
class Parameter:
    name: str
    value: str


def listed(parameters: Mapping[str, str]) -> list[Parameter]:
    return [Parameter(name=name, value=value) for name, value in sorted(parameters.items())]


@strawberry.type(description="A code with parameters, and the same in the reader's language.")
class Reason:
    code: str
    text: str
    parameters: list[Parameter]
    evidence: list[LazyEvidence] = strawberry.field(
        description="What the person said or was confirmed, as far as the reader may see it."
    )


@strawberry.type(description="One named part of a score.")
class Part:
    name: str
    weight: float
    value: float = strawberry.field(description="0 to 1.")
    known: bool = strawberry.field(description="False: the value is the published prior.")
    reasons: list[Reason]


@strawberry.type(description="What a pair must pass, whatever its score.")
class Gate:
    name: str
    passed: bool
    reason: Reason | None


@strawberry.type
class Match:
    person_id: strawberry.ID
    offer_id: strawberry.ID
    score: float = strawberry.field(description="0 to 1.")
    matched: bool = strawberry.field(description="All gates passed, and the score reaches the threshold.")
    parts: list[Part]
    gates: list[Gate]
    missing_skills: list[SkillName]
    formula_version: str
    offer_version: int
    person_version: int
    offer: Offer | None = None
    person: LazyPerson | None = strawberry.field(
        default=None, description="As far as the reader may see it; an employer sees no name."
    )


@strawberry.type
class CourseMatch(FromProto):
    person_id: strawberry.ID
    course_id: strawberry.ID
    score: float
    closed_skills: list[SkillName] = strawberry.field(description="What it adds and the person lacks.")
    offer_ids: list[strawberry.ID] = strawberry.field(description="Offers that it brings closer, at most 20.")
    offer_count: int
    gap_count: int
    session_id: str | None
    distance_km: float | None
    formula_version: str
    course: Course | None = None


@strawberry.type
class FacetCount(FromProto):
    value: str
    count: int


@strawberry.type
class Facet(FromProto):
    name: str
    counts: list[FacetCount]


@strawberry.type
class OfferSearch(Connection[Offer]):
    facets: list[Facet]


@strawberry.type
class CourseSearch(Connection[Course]):
    facets: list[Facet]


@strawberry.type(description="What was shown at a time, for audit.")
class Shown:
    list: str
    subject_id: strawberry.ID
    rank: int
    at: datetime
    match: Match | None
