"""What can be changed in the profile service, and what comes of it."""

from typing import Annotated

import strawberry
from google.protobuf.message import Message
from vivier.profile.v1 import profile_pb2 as pb

from services.gateway.context import Info
from services.gateway.schema.common import IdInput, Refused, outcome_of
from services.gateway.schema.convert import write
from services.gateway.schema.enums import ConsentKind, Outcome
from services.gateway.schema.fields import mutation
from services.gateway.schema.linked_types import Mentorship, Person
from services.gateway.schema.profile.fetch import PROFILE, with_both
from services.gateway.schema.profile.inputs import ExperienceInput, MentorInput, PersonInput, PersonSkillInput
from services.gateway.schema.profile.types import Mentor
from services.words.catalogue import Words


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
class UpsertMentorInput:
    mentor: MentorInput
    request_id: str | None = None


@strawberry.input
class AskMentorInput:
    person_id: strawberry.ID
    mentor_id: strawberry.ID
    message: str | None = None
    request_id: str | None = None


@strawberry.type
class PersonWritten:
    person: Person
    outcome: Outcome | None


@strawberry.type
class MentorshipWritten:
    mentorship: Mentorship


PersonResult = Annotated[PersonWritten | Refused, strawberry.union("PersonResult")]
MentorshipResult = Annotated[MentorshipWritten | Refused, strawberry.union("MentorshipResult")]


@strawberry.type(description="One result a row, in the order of the input.")
class PeopleWritten:
    results: list[PersonResult]


PeopleResult = Annotated[PeopleWritten | Refused, strawberry.union("PeopleResult")]


@strawberry.type
class MentorWritten:
    mentor: Mentor
    outcome: Outcome | None


@strawberry.type
class PersonErased:
    id: strawberry.ID


MentorResult = Annotated[MentorWritten | Refused, strawberry.union("MentorResult")]
EraseResult = Annotated[PersonErased | Refused, strawberry.union("EraseResult")]


async def _person_verb(info: Info, verb: str, request: Message) -> PersonResult:
    answer = await info.context.call(PROFILE, verb, request)
    return PersonWritten(person=Person.from_proto(answer.person), outcome=None)


async def _mentorship_verb(info: Info, verb: str, request: Message) -> MentorshipResult:
    answer = await info.context.call(PROFILE, verb, request)
    return MentorshipWritten(mentorship=(await with_both(info.context, [answer.mentorship]))[0])


def _person_row(row: pb.PersonResult, words: Words) -> PersonResult:
    if row.HasField("refusal"):
        return Refused.of_row(row.refusal, words)
    return PersonWritten(person=Person.from_proto(row.person), outcome=outcome_of(row.outcome))


@strawberry.type
class ProfileMutation:
    @mutation("Creates or updates by (partner, externalId), or one's own self.")
    async def upsert_people(self, info: Info, input: UpsertPeopleInput) -> PeopleResult:
        answer = await info.context.call(PROFILE, "UpsertPeople", write(input, pb.UpsertPeopleRequest))
        return PeopleWritten(results=[_person_row(row, info.context.words) for row in answer.results])

    @strawberry.mutation
    async def put_experience(self, info: Info, input: PutExperienceInput) -> PersonResult:
        return await _person_verb(info, "PutExperience", write(input, pb.PutExperienceRequest))

    @strawberry.mutation
    async def remove_experience(self, info: Info, input: RemoveExperienceInput) -> PersonResult:
        return await _person_verb(info, "RemoveExperience", write(input, pb.RemoveExperienceRequest))

    @strawberry.mutation
    async def put_skill(self, info: Info, input: PutSkillInput) -> PersonResult:
        return await _person_verb(info, "PutSkill", write(input, pb.PutSkillRequest))

    @strawberry.mutation
    async def remove_skill(self, info: Info, input: RemoveSkillInput) -> PersonResult:
        return await _person_verb(info, "RemoveSkill", write(input, pb.RemoveSkillRequest))

    @mutation("By a mentor or a partner of the person.")
    async def confirm_skill(self, info: Info, input: ConfirmSkillInput) -> PersonResult:
        return await _person_verb(info, "ConfirmSkill", write(input, pb.ConfirmSkillRequest))

    @strawberry.mutation
    async def grant_consent(self, info: Info, input: ConsentInput) -> PersonResult:
        return await _person_verb(info, "GrantConsent", write(input, pb.GrantConsentRequest))

    @strawberry.mutation
    async def withdraw_consent(self, info: Info, input: ConsentInput) -> PersonResult:
        return await _person_verb(info, "WithdrawConsent", write(input, pb.WithdrawConsentRequest))

    @mutation("For good. Repeating it is harmless.")
    async def erase_person(self, info: Info, input: IdInput) -> EraseResult:
        await info.context.call(PROFILE, "ErasePerson", write(input, pb.ErasePersonRequest))
        return PersonErased(id=input.id)

    @strawberry.mutation
    async def upsert_mentor(self, info: Info, input: UpsertMentorInput) -> MentorResult:
        answer = await info.context.call(PROFILE, "UpsertMentor", write(input, pb.UpsertMentorRequest))
        return MentorWritten(mentor=Mentor.from_proto(answer.mentor), outcome=outcome_of(answer.outcome))

    @strawberry.mutation
    async def ask_mentor(self, info: Info, input: AskMentorInput) -> MentorshipResult:
        return await _mentorship_verb(info, "AskMentor", write(input, pb.AskMentorRequest))

    @strawberry.mutation
    async def accept_mentorship(self, info: Info, input: IdInput) -> MentorshipResult:
        return await _mentorship_verb(info, "AcceptMentorship", write(input, pb.AcceptMentorshipRequest))

    @strawberry.mutation
    async def decline_mentorship(self, info: Info, input: IdInput) -> MentorshipResult:
        return await _mentorship_verb(info, "DeclineMentorship", write(input, pb.DeclineMentorshipRequest))

    @strawberry.mutation
    async def end_mentorship(self, info: Info, input: IdInput) -> MentorshipResult:
        return await _mentorship_verb(info, "EndMentorship", write(input, pb.EndMentorshipRequest))
