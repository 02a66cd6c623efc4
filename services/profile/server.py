"""gRPC in and out: functions `(deps, call, request)`, and at the end the table: call → function."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from google.protobuf.message import Message
from vivier.profile.v1 import profile_pb2 as pb

from services.common.messages import outcome_number, result_message
from services.kit.checks import Checks, checked
from services.kit.pages import page_by_id
from services.kit.rpc.server import Call
from services.kit.wire import field_value, to_message, to_value
from services.profile import messages
from services.profile.deps import Deps
from services.profile.domain.mentoring import Mentor, Mentorship, MentorshipState
from services.profile.domain.person import Person
from services.profile.domain.values import ConsentKind, Experience, Skill
from services.profile.usecases import consents, data_rights, mentoring, people, reading, skills
from services.profile.usecases.access import view_of
from services.profile.usecases.people import Row

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["ProfileService"]
Function = Callable[[Deps, Call, Any], Any]


# -- people


def upsert_people(deps: Deps, call: Call, request: pb.UpsertPeopleRequest) -> pb.UpsertPeopleResponse:
    rows = [Row(each.id, checked(partial(messages.profile_from, each))) for each in request.people]
    kinds = field_value(request, "consents", tuple[ConsentKind, ...])
    written, show = people.upsert_people(deps, call.caller, request, rows, kinds), partial(_shown, deps, call)
    return pb.UpsertPeopleResponse(results=[result_message(pb.PersonResult, "person", each, show) for each in written])


def get_people(deps: Deps, call: Call, request: pb.BatchGetPeopleRequest) -> pb.BatchGetPeopleResponse:
    found = reading.get_people(deps, call.caller, request.ids)
    return pb.BatchGetPeopleResponse(people=[_shown(deps, call, each) for each in found])


def list_people(deps: Deps, call: Call, request: pb.ListPeopleRequest) -> pb.ListPeopleResponse:
    page, more = page_by_id(request, partial(reading.list_people, deps, call.caller))
    return pb.ListPeopleResponse(people=[_shown(deps, call, each) for each in page], next_page_token=more)


def export_person(deps: Deps, call: Call, request: pb.ExportPersonRequest) -> pb.ExportPersonResponse:
    return pb.ExportPersonResponse(json=data_rights.export_person(deps, call.caller, request.id))


def erase_person(deps: Deps, call: Call, request: pb.ErasePersonRequest) -> pb.ErasePersonResponse:
    data_rights.erase_person(deps, call.caller, request, request.id)
    return pb.ErasePersonResponse()


def _shown(deps: Deps, call: Call, person: Person) -> pb.Person:
    """As much of this person as the caller may see."""
    now = deps.units.clock()
    return messages.person_message(person, view_of(call.caller, person, now), now)


# -- changes of one person, who is the answer


def put_experience(deps: Deps, call: Call, request: pb.PutExperienceRequest) -> Person:
    with Checks("experience.") as checks:
        said = to_value(request.experience, Experience, checks)
    return skills.put_experience(deps, call.caller, request, request.person_id, said)


def remove_experience(deps: Deps, call: Call, request: pb.RemoveExperienceRequest) -> Person:
    return skills.remove_experience(deps, call.caller, request, request.person_id, request.experience_id)


def put_skill(deps: Deps, call: Call, request: pb.PutSkillRequest) -> Person:
    with Checks("skill.") as checks:
        said = to_value(request.skill, Skill, checks)
    return skills.put_skill(deps, call.caller, request, request.person_id, said)


def remove_skill(deps: Deps, call: Call, request: pb.RemoveSkillRequest) -> Person:
    return skills.remove_skill(deps, call.caller, request, request.person_id, request.code, request.label)


def confirm_skill(deps: Deps, call: Call, request: pb.ConfirmSkillRequest) -> Person:
    return skills.confirm_skill(deps, call.caller, request, request.person_id, request.code, request.words)


def grant_consent(deps: Deps, call: Call, request: pb.GrantConsentRequest) -> Person:
    kind = messages.consent_from(request)
    return consents.grant_consent(deps, call.caller, request, request.person_id, kind, request.grantee_id)


def withdraw_consent(deps: Deps, call: Call, request: pb.WithdrawConsentRequest) -> Person:
    kind = messages.consent_from(request)
    return consents.withdraw_consent(deps, call.caller, request, request.person_id, kind, request.grantee_id)


def _shows(change: Callable[[Deps, Call, Any], Person], response: Callable[..., Message]) -> Function:
    return lambda deps, call, request: response(person=_shown(deps, call, change(deps, call, request)))


# -- mentors


def upsert_mentor(deps: Deps, call: Call, request: pb.UpsertMentorRequest) -> pb.UpsertMentorResponse:
    said = to_value(request.mentor, Mentor, Checks())
    mentor, outcome = mentoring.upsert_mentor(deps, call.caller, request, said)
    return pb.UpsertMentorResponse(mentor=to_message(mentor, pb.Mentor), outcome=outcome_number(outcome))


def get_mentors(deps: Deps, call: Call, request: pb.BatchGetMentorsRequest) -> pb.BatchGetMentorsResponse:
    found = mentoring.get_mentors(deps, call.caller, request.ids)
    return pb.BatchGetMentorsResponse(mentors=[to_message(each, pb.Mentor) for each in found])


def list_mentors(deps: Deps, call: Call, request: pb.ListMentorsRequest) -> pb.ListMentorsResponse:
    page, more = page_by_id(request, partial(mentoring.list_mentors, deps, call.caller, request.occupation_code))
    return pb.ListMentorsResponse(mentors=[to_message(each, pb.Mentor) for each in page], next_page_token=more)


def ask_mentor(deps: Deps, call: Call, request: pb.AskMentorRequest) -> pb.AskMentorResponse:
    person_id, mentor_id = request.person_id, request.mentor_id
    asked = mentoring.ask_mentor(deps, call.caller, request, person_id, mentor_id, request.message)
    return pb.AskMentorResponse(mentorship=to_message(asked, pb.Mentorship))


def move_mentorship(
    response: Callable[..., Message], verb: mentoring.Verb, deps: Deps, call: Call, request: Any
) -> Message:
    moved = mentoring.move_mentorship(deps, call.caller, request, request.id, verb)
    return response(mentorship=to_message(moved, pb.Mentorship))


def list_mentorships(deps: Deps, call: Call, request: pb.ListMentorshipsRequest) -> pb.ListMentorshipsResponse:
    states = field_value(request, "states", tuple[MentorshipState, ...])
    page, more = page_by_id(request, partial(mentoring.list_mentorships, deps, call.caller, states))
    return pb.ListMentorshipsResponse(
        mentorships=[to_message(each, pb.Mentorship) for each in page], next_page_token=more
    )


TABLE: Mapping[str, Function] = {
    "UpsertPeople": upsert_people,
    "BatchGetPeople": get_people,
    "ListPeople": list_people,
    "ExportPerson": export_person,
    "ErasePerson": erase_person,
    "PutExperience": _shows(put_experience, pb.PutExperienceResponse),
    "RemoveExperience": _shows(remove_experience, pb.RemoveExperienceResponse),
    "PutSkill": _shows(put_skill, pb.PutSkillResponse),
    "RemoveSkill": _shows(remove_skill, pb.RemoveSkillResponse),
    "ConfirmSkill": _shows(confirm_skill, pb.ConfirmSkillResponse),
    "GrantConsent": _shows(grant_consent, pb.GrantConsentResponse),
    "WithdrawConsent": _shows(withdraw_consent, pb.WithdrawConsentResponse),
    "UpsertMentor": upsert_mentor,
    "BatchGetMentors": get_mentors,
    "ListMentors": list_mentors,
    "AskMentor": ask_mentor,
    "AcceptMentorship": partial(move_mentorship, pb.AcceptMentorshipResponse, Mentorship.accept),
    "DeclineMentorship": partial(move_mentorship, pb.DeclineMentorshipResponse, Mentorship.decline),
    "EndMentorship": partial(move_mentorship, pb.EndMentorshipResponse, Mentorship.end),
    "ListMentorships": list_mentorships,
}
