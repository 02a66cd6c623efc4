"""gRPC in and out; ends with the table: call → function."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from vivier.profile.v1 import profile_pb2 as pb

from services.kit.rpc.server import Function
from services.profile.deps import Deps
from services.profile.server import mentoring, people, person

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["ProfileService"]


def serves(deps: Deps) -> Mapping[str, Function]:
    return {name: partial(function, deps) for name, function in _TABLE.items()}


_TABLE: Mapping[str, Callable[..., Any]] = {
    "UpsertPeople": people.upsert_people,
    "BatchGetPeople": people.get_people,
    "ListPeople": people.list_people,
    "ExportPerson": person.export_person,
    "ErasePerson": person.erase_person,
    "PutExperience": person.put_experience,
    "RemoveExperience": person.remove_experience,
    "PutSkill": person.put_skill,
    "RemoveSkill": person.remove_skill,
    "ConfirmSkill": person.confirm_skill,
    "GrantConsent": person.grant_consent,
    "WithdrawConsent": person.withdraw_consent,
    "UpsertMentor": mentoring.upsert_mentor,
    "BatchGetMentors": mentoring.get_mentors,
    "ListMentors": mentoring.list_mentors,
    "AskMentor": mentoring.ask_mentor,
    "AcceptMentorship": mentoring.accept_mentorship,
    "DeclineMentorship": mentoring.decline_mentorship,
    "EndMentorship": mentoring.end_mentorship,
    "ListMentorships": mentoring.list_mentorships,
}
