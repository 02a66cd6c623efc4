"""People, mentors and mentorships, as they are read."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from services.gateway.schema.common import (
    Occupation,
    OfferKind,
    Outcome,
    Place,
    Refused,
    Resolution,
)
from services.gateway.schema.convert import FromProto


@strawberry.enum
class TravelMode(Enum):
    WALK = 1
    BIKE = 2
    PUBLIC_TRANSPORT = 3
    CAR = 4
    MOPED = 5


@strawberry.enum
class ExperienceKind(Enum):
    PAID = 1
    PERSONAL = 2
    VOLUNTARY = 3
    STUDIES = 4


@strawberry.enum
class EvidenceSource(Enum):
    STATED = 1
    EXPERIENCE = 2
    CONFIRMED = 3


@strawberry.enum
class ConsentKind(Enum):
    PARTNER = 1
    MENTOR = 2
    EMPLOYERS = 3
    PARENT = 4


@strawberry.enum
class MentorshipState(Enum):
    ASKED = 1
    ACCEPTED = 2
    DECLINED = 3
    ENDED = 4


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
    id: strawberry.ID
    source: EvidenceSource | None
    words: str | None
    experience_id: strawberry.ID | None
    confirmed_by: str | None
    at: datetime | None


@strawberry.type
class PersonSkill(FromProto):
    always = frozenset({"evidence"})
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


@strawberry.type
class MentorWritten:
    mentor: Mentor
    outcome: Outcome | None


@strawberry.type
class PersonErased:
    id: strawberry.ID


MentorResult = Annotated[MentorWritten | Refused, strawberry.union("MentorResult")]
EraseResult = Annotated[PersonErased | Refused, strawberry.union("EraseResult")]
