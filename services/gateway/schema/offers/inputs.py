"""Organisations, offers and courses, as they are written."""

import strawberry

from services.gateway.schema.common import PlaceInput
from services.gateway.schema.enums import OrganisationKind
from services.gateway.schema.inputs import input_of
from services.gateway.schema.offers.types import CourseFields, CourseSession, OfferFields, SkillNeed


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


@input_of(SkillNeed)
class SkillNeedInput:
    required: bool = False


@input_of(OfferFields)
class OfferInput: ...


@input_of(CourseSession)
class CourseSessionInput:
    remote: bool = False


@input_of(CourseFields)
class CourseInput: ...
