"""gRPC in and out: functions `(deps, call, request)`, and at the end the table: call → function."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from vivier.profile.v1 import profile_pb2 as pb

from services.kit.checks import Checks, checked
from services.kit.pages import cut, decode_token, page_size
from services.kit.rpc.server import Call
from services.kit.wire import to_message, to_value
from services.profile import messages
from services.profile.deps import Deps
from services.profile.domain.mentoring import Mentor
from services.profile.domain.person import Person
from services.profile.domain.values import Experience, Skill
from services.profile.usecases import consents, data_rights, mentoring, people, reading, skills
from services.profile.usecases.access import view_of
from services.profile.usecases.people import Row

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["ProfileService"]


# -- people


def upsert_people(deps: Deps, call: Call, request: pb.UpsertPeopleRequest) -> pb.UpsertPeopleResponse:
    rows = [Row(each.id, checked(partial(messages.profile_from, each))) for each in request.people]
    results = people.upsert_people(deps, call.caller, request, rows, messages.consents_from(request))
    show = partial(_shown, deps, call)
    return pb.UpsertPeopleResponse(results=[messages.person_result(each, show) for each in results])


def get_people(deps: Deps, call: Call, request: pb.BatchGetPeopleRequest) -> pb.BatchGetPeopleResponse:
    found = reading.get_people(deps, call.caller, request.ids)
    return pb.BatchGetPeopleResponse(people=[_shown(deps, call, each) for each in found])


def list_people(deps: Deps, call: Call, request: pb.ListPeopleRequest) -> pb.ListPeopleResponse:
    size = page_size(request.page_size)
    found = reading.list_people(deps, call.caller, _after(request.page_token), size + 1)
    page, more = cut(found, size, lambda last: [last.id])
    return pb.ListPeopleResponse(people=[_shown(deps, call, each) for each in page], next_page_token=more)


def export_person(deps: Deps, call: Call, request: pb.ExportPersonRequest) -> pb.ExportPersonResponse:
    return pb.ExportPersonResponse(json=data_rights.export_person(deps, call.caller, request.id))


def erase_person(deps: Deps, call: Call, request: pb.ErasePersonRequest) -> pb.ErasePersonResponse:
    data_rights.erase_person(deps, call.caller, request, request.id)
    return pb.ErasePersonResponse()


def put_experience(deps: Deps, call: Call, request: pb.PutExperienceRequest) -> pb.PutExperienceResponse:
    checks = Checks("experience.")
    said = to_value(request.experience, Experience, checks)
    checks.done()
    person = skills.put_experience(deps, call.caller, request, request.person_id, said)
    return pb.PutExperienceResponse(person=_shown(deps, call, person))


def remove_experience(deps: Deps, call: Call, request: pb.RemoveExperienceRequest) -> pb.RemoveExperienceResponse:
    person = skills.remove_experience(deps, call.caller, request, request.person_id, request.experience_id)
    return pb.RemoveExperienceResponse(person=_shown(deps, call, person))


def put_skill(deps: Deps, call: Call, request: pb.PutSkillRequest) -> pb.PutSkillResponse:
    checks = Checks("skill.")
    said = to_value(request.skill, Skill, checks)
    checks.done()
    person = skills.put_skill(deps, call.caller, request, request.person_id, said)
    return pb.PutSkillResponse(person=_shown(deps, call, person))


def remove_skill(deps: Deps, call: Call, request: pb.RemoveSkillRequest) -> pb.RemoveSkillResponse:
    person = skills.remove_skill(deps, call.caller, request, request.person_id, request.code, request.label)
    return pb.RemoveSkillResponse(person=_shown(deps, call, person))


def confirm_skill(deps: Deps, call: Call, request: pb.ConfirmSkillRequest) -> pb.ConfirmSkillResponse:
    person = skills.confirm_skill(deps, call.caller, request, request.person_id, request.code, request.words)
    return pb.ConfirmSkillResponse(person=_shown(deps, call, person))


def grant_consent(deps: Deps, call: Call, request: pb.GrantConsentRequest) -> pb.GrantConsentResponse:
    kind = messages.consent_from(request)
    person = consents.grant_consent(deps, call.caller, request, request.person_id, kind, request.grantee_id)
    return pb.GrantConsentResponse(person=_shown(deps, call, person))


def withdraw_consent(deps: Deps, call: Call, request: pb.WithdrawConsentRequest) -> pb.WithdrawConsentResponse:
    kind = messages.consent_from(request)
    person = consents.withdraw_consent(deps, call.caller, request, request.person_id, kind, request.grantee_id)
    return pb.WithdrawConsentResponse(person=_shown(deps, call, person))


def _shown(deps: Deps, call: Call, person: Person) -> pb.Person:
    """As much of this person as the caller may see."""
    now = deps.units.clock()
    return messages.person_message(person, view_of(call.caller, person, now), now)


# -- mentors


def upsert_mentor(deps: Deps, call: Call, request: pb.UpsertMentorRequest) -> pb.UpsertMentorResponse:
    said = to_value(request.mentor, Mentor, Checks())
    mentor, outcome = mentoring.upsert_mentor(deps, call.caller, request, said)
    return pb.UpsertMentorResponse(mentor=to_message(mentor, pb.Mentor), outcome=messages.outcome_number(outcome))


def get_mentors(deps: Deps, call: Call, request: pb.BatchGetMentorsRequest) -> pb.BatchGetMentorsResponse:
    found = mentoring.get_mentors(deps, call.caller, request.ids)
    return pb.BatchGetMentorsResponse(mentors=[to_message(each, pb.Mentor) for each in found])


def list_mentors(deps: Deps, call: Call, request: pb.ListMentorsRequest) -> pb.ListMentorsResponse:
    size = page_size(request.page_size)
    found = mentoring.find_mentors(deps, call.caller, request.occupation_code, _after(request.page_token), size + 1)
    page, more = cut(found, size, lambda last: [last.id])
    return pb.ListMentorsResponse(mentors=[to_message(each, pb.Mentor) for each in page], next_page_token=more)


def ask_mentor(deps: Deps, call: Call, request: pb.AskMentorRequest) -> pb.AskMentorResponse:
    person_id, mentor_id = request.person_id, request.mentor_id
    asked = mentoring.ask_mentor(deps, call.caller, request, person_id, mentor_id, request.message)
    return pb.AskMentorResponse(mentorship=to_message(asked, pb.Mentorship))


def _moves_mentorship(verb: Callable[..., Any], response: Callable[..., Any]) -> Callable[[Deps, Call, Any], Any]:
    def move(deps: Deps, call: Call, request: Any) -> Any:
        moved = verb(deps, call.caller, request, request.id)
        return response(mentorship=to_message(moved, pb.Mentorship))

    return move


def list_mentorships(deps: Deps, call: Call, request: pb.ListMentorshipsRequest) -> pb.ListMentorshipsResponse:
    size, states = page_size(request.page_size), messages.states_from(request)
    found = mentoring.list_mentorships(deps, call.caller, states, _after(request.page_token), size + 1)
    page, more = cut(found, size, lambda last: [last.id])
    return pb.ListMentorshipsResponse(
        mentorships=[to_message(each, pb.Mentorship) for each in page], next_page_token=more
    )


def _after(token: str) -> str:
    """The id after which a page begins; empty for the first."""
    position = decode_token(token, str)
    return str(position[0]) if position else ""


TABLE: Mapping[str, Callable[[Deps, Call, Any], Any]] = {
    "UpsertPeople": upsert_people,
    "BatchGetPeople": get_people,
    "ListPeople": list_people,
    "ExportPerson": export_person,
    "ErasePerson": erase_person,
    "PutExperience": put_experience,
    "RemoveExperience": remove_experience,
    "PutSkill": put_skill,
    "RemoveSkill": remove_skill,
    "ConfirmSkill": confirm_skill,
    "GrantConsent": grant_consent,
    "WithdrawConsent": withdraw_consent,
    "UpsertMentor": upsert_mentor,
    "BatchGetMentors": get_mentors,
    "ListMentors": list_mentors,
    "AskMentor": ask_mentor,
    "AcceptMentorship": _moves_mentorship(mentoring.accept_mentorship, pb.AcceptMentorshipResponse),
    "DeclineMentorship": _moves_mentorship(mentoring.decline_mentorship, pb.DeclineMentorshipResponse),
    "EndMentorship": _moves_mentorship(mentoring.end_mentorship, pb.EndMentorshipResponse),
    "ListMentorships": list_mentorships,
}
