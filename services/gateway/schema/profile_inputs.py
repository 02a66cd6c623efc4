"""People and mentors, as they are written."""

import strawberry

from services.gateway.schema.common import OccupationInput, OfferKind, PlaceInput
from services.gateway.schema.profile_types import ConsentKind, EvidenceSource, ExperienceKind, TravelMode


@strawberry.input
class IdentityInput:
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    phone: str | None = None


@strawberry.input
class TravelInput:
    limit_km: int | None = None
    anywhere: bool = False
    modes: list[TravelMode] | None = None


@strawberry.input(description="Leave out what was not asked; an empty list says none.")
class WishesInput:
    occupations: list[str] | None = None
    kinds: list[OfferKind] | None = None
    minimum_hours: float | None = None
    maximum_hours: float | None = None
    available_from: str | None = None


@strawberry.input
class ExperienceInput:
    id: strawberry.ID | None = None
    kind: ExperienceKind | None = None
    title: str | None = None
    words: str | None = None
    occupation: OccupationInput | None = None
    start_month: str | None = None
    end_month: str | None = None


@strawberry.input
class EvidenceInput:
    id: strawberry.ID | None = None
    source: EvidenceSource | None = None
    words: str | None = None
    experience_id: strawberry.ID | None = None


@strawberry.input(description="A code, or words to be resolved.")
class PersonSkillInput:
    code: str | None = None
    label: str | None = None
    evidence: list[EvidenceInput] | None = None


@strawberry.input(description="What is left out stays as it is.")
class PersonInput:
    id: strawberry.ID | None = None
    external_id: str | None = None
    identity: IdentityInput | None = None
    birth_month: str | None = None
    place: PlaceInput | None = None
    travel: TravelInput | None = None
    licences: list[str] | None = None
    wishes: WishesInput | None = None
    experiences: list[ExperienceInput] | None = None
    skills: list[PersonSkillInput] | None = None
    language: str | None = None


@strawberry.input
class UpsertPeopleInput:
    people: list[PersonInput] = strawberry.field(description="At most 100.")
    consents: list[ConsentKind] | None = strawberry.field(
        default=None, description="Granted with a creation: EMPLOYERS, PARENT."
    )
    request_id: str | None = None


@strawberry.input
class PutExperienceInput:
    person_id: strawberry.ID
    experience: ExperienceInput
    request_id: str | None = None


@strawberry.input
class RemoveExperienceInput:
    person_id: strawberry.ID
    experience_id: strawberry.ID
    request_id: str | None = None


@strawberry.input
class PutSkillInput:
    person_id: strawberry.ID
    skill: PersonSkillInput
    request_id: str | None = None


@strawberry.input
class RemoveSkillInput:
    person_id: strawberry.ID
    code: str | None = None
    label: str | None = strawberry.field(default=None, description="Of a skill without a code.")
    request_id: str | None = None


@strawberry.input
class ConfirmSkillInput:
    person_id: strawberry.ID
    code: str
    words: str | None = None
    request_id: str | None = None


@strawberry.input
class ConsentInput:
    person_id: strawberry.ID
    kind: ConsentKind
    grantee_id: strawberry.ID | None = None
    request_id: str | None = None


@strawberry.input
class MentorInput:
    id: strawberry.ID | None = None
    association: str | None = None
    display_name: str | None = None
    about: str | None = None
    occupation_codes: list[str] | None = None
    place: PlaceInput | None = None
    capacity: int | None = None
    open: bool | None = None


@strawberry.input
class UpsertMentorInput:
    mentor: MentorInput
    request_id: str | None = None


@strawberry.input
class AskMentorInput:
    person_id: strawberry.ID
    mentor_id: strawberry.ID
    message: str | None = None
    request_id: str | None = None
