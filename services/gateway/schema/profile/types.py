"""People and mentors, as they are read."""

from datetime import datetime

import strawberry

from services.gateway.schema.common import Occupation, Place, Resolution
from services.gateway.schema.convert import FromProto
from services.gateway.schema.enums import (
    ConsentKind,
    EvidenceSource,
    ExperienceKind,
    OfferKind,
    TravelMode,
)


@strawberry.type
class Identity(FromProto):
    given_name: str | None
    family_name: str | None
    email: str | None
    phone: str | None


@strawberry.type
class Travel(FromProto):
    limit_km: int | None
    anywhere: bool
    modes: list[TravelMode]


@strawberry.type(description="Null was never asked; an empty list was answered with none.")
class Wishes(FromProto):
    occupations: list[str] | None
    kinds: list[OfferKind] | None
    minimum_hours: float | None
    maximum_hours: float | None
    available_from: str | None


@strawberry.type
class Experience(FromProto):
    id: strawberry.ID
    kind: ExperienceKind | None
    title: str | None
    words: str | None
    occupation: Occupation | None
    start_month: str | None
    end_month: str | None


@strawberry.type
class Evidence(FromProto):
    output_only = frozenset({"confirmed_by", "at"})
    id: strawberry.ID
    source: EvidenceSource | None
    words: str | None
    experience_id: strawberry.ID | None
    confirmed_by: str | None
    at: datetime | None


@strawberry.type
class PersonSkill(FromProto):
    always = frozenset({"evidence"})
    output_only = frozenset({"resolution"})
    code: str | None
    label: str | None
    evidence: list[Evidence]
    resolution: Resolution | None


@strawberry.type
class Consent(FromProto):
    kind: ConsentKind | None
    grantee_id: strawberry.ID | None
    granted_at: datetime | None


@strawberry.type(description="Is this profile matched, and if not, why not?")
class ProfileStatus(FromProto):
    matchable: bool
    visible_to_employers: bool
    reasons: list[str]
    unanswered: list[str] = strawberry.field(description="Fields that would sharpen the matches.")


@strawberry.type
class Mentor(FromProto):
    output_only = frozenset({"version"})
    id: strawberry.ID
    association: str | None
    display_name: str
    about: str | None
    occupation_codes: list[str]
    place: Place | None
    capacity: int
    open: bool
    version: int


@strawberry.type
class PersonFields(FromProto):
    """What is read of a person; `Person` adds what is asked of other services."""

    always = frozenset({"id", "skills"})  # a match shows the evidence of skills
    output_only = frozenset({"partner_id", "consents", "status", "version", "created_at"})

    id: strawberry.ID
    partner_id: strawberry.ID | None
    external_id: str | None
    identity: Identity | None
    birth_month: str | None
    place: Place | None
    travel: Travel | None
    licences: list[str] | None
    wishes: Wishes | None
    experiences: list[Experience] | None
    skills: list[PersonSkill] | None = strawberry.field(description="Null: never asked.")
    consents: list[Consent]
    language: str | None
    status: ProfileStatus | None
    version: int
    created_at: datetime | None
