"""Mutations of the profile service, and their results."""

from functools import partial
from typing import Annotated, Any

import strawberry
from strawberry import ID
from vivier.profile.v1 import profile_pb2 as pb

from services.gateway.context import Info, RequestContext
from services.gateway.schema.common import IdInput, Refused, rows_of
from services.gateway.schema.convert import FromProto, write
from services.gateway.schema.enums import ConsentKind, Outcome
from services.gateway.schema.fields import call_mutation, mutation
from services.gateway.schema.inputs import write_input
from services.gateway.schema.linked_types import Mentorship, Person
from services.gateway.schema.profile.fetch import with_both
from services.gateway.schema.profile.inputs import ExperienceInput, MentorInput, PersonInput, PersonSkillInput
from services.gateway.schema.profile.types import Mentor


@strawberry.input
class UpsertPeopleInput:
    people: list[PersonInput] = strawberry.field(description="At most 100.")
    consents: list[ConsentKind] | None = strawberry.field(
        default=None, description="Granted with a creation: EMPLOYERS, PARENT."
    )
    request_id: str | None = None


@strawberry.input
class RemoveSkillInput:
    person_id: ID
    code: str | None = None
    label: str | None = strawberry.field(default=None, description="Of a skill without a code.")
    request_id: str | None = None


@strawberry.type
class PersonWritten(FromProto):
    person: Person
    outcome: Outcome | None = None


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
class MentorWritten(FromProto):
    mentor: Mentor
    outcome: Outcome | None = None


@strawberry.type
class PersonErased:
    id: ID


MentorResult = Annotated[MentorWritten | Refused, strawberry.union("MentorResult")]
EraseResult = Annotated[PersonErased | Refused, strawberry.union("EraseResult")]


async def _mentorship(context: RequestContext, answer: Any) -> MentorshipWritten:
    (mentorship,) = await with_both(context, [answer.mentorship])
    return MentorshipWritten(mentorship=mentorship)


_consent_input = write_input("ConsentInput", person_id=ID, kind=ConsentKind, grantee_id=ID | None)
_mentorship_mutation = partial(call_mutation, result=MentorshipResult, read=_mentorship)


@strawberry.type
class Mutation:
    @mutation("Creates or updates by (partner, externalId), or one's own self.")
    async def upsert_people(self, info: Info, input: UpsertPeopleInput) -> PeopleResult:
        answer = await info.context.call(write(input, pb.UpsertPeopleRequest))
        return PeopleWritten(results=rows_of(answer.results, PersonWritten, info.context.words))

    put_experience = call_mutation(
        pb.PutExperienceRequest,
        write_input("PutExperienceInput", person_id=ID, experience=ExperienceInput),
        PersonResult,
    )
    remove_experience = call_mutation(
        pb.RemoveExperienceRequest, write_input("RemoveExperienceInput", person_id=ID, experience_id=ID), PersonResult
    )
    put_skill = call_mutation(
        pb.PutSkillRequest, write_input("PutSkillInput", person_id=ID, skill=PersonSkillInput), PersonResult
    )
    remove_skill = call_mutation(pb.RemoveSkillRequest, RemoveSkillInput, PersonResult)
    confirm_skill = call_mutation(
        pb.ConfirmSkillRequest,
        write_input("ConfirmSkillInput", person_id=ID, code=str, words=str | None),
        PersonResult,
        "By a mentor or a partner of the person.",
    )
    grant_consent = call_mutation(pb.GrantConsentRequest, _consent_input, PersonResult)
    withdraw_consent = call_mutation(pb.WithdrawConsentRequest, _consent_input, PersonResult)

    @mutation("For good. Repeating it is harmless.")
    async def erase_person(self, info: Info, input: IdInput) -> EraseResult:
        await info.context.call(write(input, pb.ErasePersonRequest))
        return PersonErased(id=input.id)

    upsert_mentor = call_mutation(
        pb.UpsertMentorRequest, write_input("UpsertMentorInput", mentor=MentorInput), MentorResult
    )
    ask_mentor = _mentorship_mutation(
        pb.AskMentorRequest, write_input("AskMentorInput", person_id=ID, mentor_id=ID, message=str | None)
    )
    accept_mentorship = _mentorship_mutation(pb.AcceptMentorshipRequest, IdInput)
    decline_mentorship = _mentorship_mutation(pb.DeclineMentorshipRequest, IdInput)
    end_mentorship = _mentorship_mutation(pb.EndMentorshipRequest, IdInput)
