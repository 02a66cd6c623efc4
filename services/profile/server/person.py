"""The calls about experiences, skills, consents, export and erasure of one person."""

from vivier.profile.v1 import profile_pb2 as pb

from services.kit.rpc.server import Call
from services.profile.server import incoming
from services.profile.server.people import shown
from services.profile.usecases import consents, leaving, skills
from services.profile.usecases.tools import Tools


def put_experience(tools: Tools, call: Call, request: pb.PutExperienceRequest) -> pb.PutExperienceResponse:
    said = incoming.experience(request.experience, "experience")
    person = skills.put_experience(tools, call.caller, request, request.person_id, said)
    return pb.PutExperienceResponse(person=shown(tools, call, person))


def remove_experience(tools: Tools, call: Call, request: pb.RemoveExperienceRequest) -> pb.RemoveExperienceResponse:
    person = skills.remove_experience(tools, call.caller, request, request.person_id, request.experience_id)
    return pb.RemoveExperienceResponse(person=shown(tools, call, person))


def put_skill(tools: Tools, call: Call, request: pb.PutSkillRequest) -> pb.PutSkillResponse:
    person = skills.put_skill(tools, call.caller, request, request.person_id, incoming.skill(request.skill, "skill"))
    return pb.PutSkillResponse(person=shown(tools, call, person))


def remove_skill(tools: Tools, call: Call, request: pb.RemoveSkillRequest) -> pb.RemoveSkillResponse:
    person = skills.remove_skill(tools, call.caller, request, request.person_id, request.code, request.label)
    return pb.RemoveSkillResponse(person=shown(tools, call, person))


def confirm_skill(tools: Tools, call: Call, request: pb.ConfirmSkillRequest) -> pb.ConfirmSkillResponse:
    person = skills.confirm_skill(tools, call.caller, request, request.person_id, request.code, request.words)
    return pb.ConfirmSkillResponse(person=shown(tools, call, person))


def grant_consent(tools: Tools, call: Call, request: pb.GrantConsentRequest) -> pb.GrantConsentResponse:
    kind = incoming.known(incoming.CONSENTS, request.kind, "kind")
    person = consents.grant_consent(tools, call.caller, request, request.person_id, kind, request.grantee_id)
    return pb.GrantConsentResponse(person=shown(tools, call, person))


def withdraw_consent(tools: Tools, call: Call, request: pb.WithdrawConsentRequest) -> pb.WithdrawConsentResponse:
    kind = incoming.known(incoming.CONSENTS, request.kind, "kind")
    person = consents.withdraw_consent(tools, call.caller, request, request.person_id, kind, request.grantee_id)
    return pb.WithdrawConsentResponse(person=shown(tools, call, person))


def export_person(tools: Tools, call: Call, request: pb.ExportPersonRequest) -> pb.ExportPersonResponse:
    return pb.ExportPersonResponse(json=leaving.export_person(tools, call.caller, request.id))


def erase_person(tools: Tools, call: Call, request: pb.ErasePersonRequest) -> pb.ErasePersonResponse:
    leaving.erase_person(tools, call.caller, request, request.id)
    return pb.ErasePersonResponse()
