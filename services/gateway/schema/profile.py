"""What the profile service is asked: people, consents, mentors and mentorships."""

from typing import Any

import strawberry
from google.protobuf.message import Message
from vivier.profile.v1 import profile_pb2 as pb

from services.gateway.context import Info
from services.gateway.schema.common import IdInput, Refused
from services.gateway.schema.convert import numbers, write
from services.gateway.schema.fields import field, mutation
from services.gateway.schema.offers import fetch_organisations, loader, outcome_of
from services.gateway.schema.offers_types import Organisation
from services.gateway.schema.pages import After, Connection, First, page
from services.gateway.schema.people import (
    PROFILE,
    Mentorship,
    MentorshipResult,
    MentorshipWritten,
    PeopleResult,
    PeopleWritten,
    Person,
    PersonResult,
    PersonWritten,
    fetch_mentors,
    fetch_people,
    with_both,
)
from services.gateway.schema.profile_inputs import (
    AskMentorInput,
    ConfirmSkillInput,
    ConsentInput,
    PutExperienceInput,
    PutSkillInput,
    RemoveExperienceInput,
    RemoveSkillInput,
    UpsertMentorInput,
    UpsertPeopleInput,
)
from services.gateway.schema.profile_types import (
    EraseResult,
    Mentor,
    MentorResult,
    MentorshipState,
    MentorWritten,
    PersonErased,
)
from services.kit.auth import Role


@strawberry.type(description="Who asks, and what their token speaks for.")
class Me:
    role: str
    subject: strawberry.ID | None

    @strawberry.field
    async def person(self, info: Info) -> Person | None:
        found: Person | None = await _own(info, Role.PERSON, "people", fetch_people)
        return found

    @strawberry.field
    async def mentor(self, info: Info) -> Mentor | None:
        found: Mentor | None = await _own(info, Role.MENTOR, "mentors", fetch_mentors)
        return found

    @strawberry.field
    async def organisation(self, info: Info) -> Organisation | None:
        role = Role.TRAINING_BODY if self.role == Role.TRAINING_BODY else Role.RECRUITER
        found: Organisation | None = await _own(info, role, "organisations", fetch_organisations)
        return found


async def _own(info: Info, role: Role, name: str, fetch: Any) -> Any:
    caller = info.context.caller
    return await loader(info.context, name, fetch).load(caller.subject) if caller.role is role else None


@strawberry.type
class ProfileQuery:
    @strawberry.field
    def me(self, info: Info) -> Me:
        caller = info.context.caller
        return Me(role=str(caller.role), subject=strawberry.ID(caller.subject) if caller.subject else None)

    @strawberry.field
    async def person(self, info: Info, id: strawberry.ID) -> Person | None:
        found: Person | None = await loader(info.context, "people", fetch_people).load(id)
        return found

    @field("A partner's own people, a mentor's mentees, an operator's all.")
    async def people(self, info: Info, first: First = 20, after: After = None) -> Connection[Person] | None:
        at = page(first, after)
        request = pb.ListPeopleRequest(page_size=at.size, page_token=at.token)
        answer = await info.context.ask(PROFILE, "ListPeople", request)
        found = [Person.from_proto(person) for person in answer.people[at.skip :]]
        return Connection[Person].of(at, found, answer.next_page_token)

    @strawberry.field
    async def mentor(self, info: Info, id: strawberry.ID) -> Mentor | None:
        found: Mentor | None = await loader(info.context, "mentors", fetch_mentors).load(id)
        return found

    @strawberry.field
    async def mentors(
        self, info: Info, occupation: str | None = None, first: First = 20, after: After = None
    ) -> Connection[Mentor] | None:
        at = page(first, after)
        request = pb.ListMentorsRequest(occupation_code=occupation or "", page_size=at.size, page_token=at.token)
        answer = await info.context.ask(PROFILE, "ListMentors", request)
        found = [Mentor.from_proto(mentor) for mentor in answer.mentors[at.skip :]]
        return Connection[Mentor].of(at, found, answer.next_page_token)

    @field("The mentorships of the mentor who asks.")
    async def my_mentees(
        self, info: Info, states: list[MentorshipState] | None = None, first: First = 20, after: After = None
    ) -> Connection[Mentorship] | None:
        asking, at = info.context, page(first, after)
        asking.demand(Role.MENTOR)
        request = pb.ListMentorshipsRequest(states=numbers(states), page_size=at.size, page_token=at.token)
        answer = await asking.ask(PROFILE, "ListMentorships", request)
        found = await with_both(asking, answer.mentorships[at.skip :])
        return Connection[Mentorship].of(at, found, answer.next_page_token)


async def _person_verb(info: Info, verb: str, request: Message) -> PersonResult:
    answer = await info.context.ask(PROFILE, verb, request)
    return PersonWritten(person=Person.from_proto(answer.person), outcome=None)


async def _mentorship_verb(info: Info, verb: str, request: Message) -> MentorshipResult:
    answer = await info.context.ask(PROFILE, verb, request)
    return MentorshipWritten(mentorship=(await with_both(info.context, [answer.mentorship]))[0])


def _person_row(row: pb.PersonResult) -> PersonResult:
    if row.HasField("refusal"):
        return Refused.of_row(row.refusal)
    return PersonWritten(person=Person.from_proto(row.person), outcome=outcome_of(row.outcome))


@strawberry.type
class ProfileMutation:
    @mutation("Creates or updates by (partner, externalId), or one's own self.")
    async def upsert_people(self, info: Info, input: UpsertPeopleInput) -> PeopleResult:
        answer = await info.context.ask(PROFILE, "UpsertPeople", write(input, pb.UpsertPeopleRequest))
        return PeopleWritten(results=[_person_row(row) for row in answer.results])

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
        await info.context.ask(PROFILE, "ErasePerson", write(input, pb.ErasePersonRequest))
        return PersonErased(id=input.id)

    @strawberry.mutation
    async def upsert_mentor(self, info: Info, input: UpsertMentorInput) -> MentorResult:
        answer = await info.context.ask(PROFILE, "UpsertMentor", write(input, pb.UpsertMentorRequest))
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
