"""The calls about experiences, skills, consents, export and erasure of one person."""

from vivier.profile.v1 import profile_pb2 as pb

from services.kit.rpc.server import Call
from services.profile.deps import Deps
from services.profile.server import incoming
from services.profile.server.people import shown
from services.profile.usecases import consents, data_rights, skills


def put_experience(deps: Deps, call: Call, request: pb.PutExperienceRequest) -> pb.PutExperienceResponse:
    said = incoming.experience(request.experience, "experience")
    person = skills.put_experience(deps, call.caller, request, request.person_id, said)
    return pb.PutExperienceResponse(person=shown(deps, call, person))


def remove_experience(deps: Deps, call: Call, request: pb.RemoveExperienceRequest) -> pb.RemoveExperienceResponse:
    person = skills.remove_experience(deps, call.caller, request, request.person_id, request.experience_id)
    return pb.RemoveExperienceResponse(person=shown(deps, call, person))


def put_skill(deps: Deps, call: Call, request: pb.PutSkillRequest) -> pb.PutSkillResponse:
    person = skills.put_skill(deps, call.caller, request, request.person_id, incoming.skill(request.skill, "skill"))
    return pb.PutSkillResponse(person=shown(deps, call, person))


def remove_skill(deps: Deps, call: Call, request: pb.RemoveSkillRequest) -> pb.RemoveSkillResponse:
    person = skills.remove_skill(deps, call.caller, request, request.person_id, request.code, request.label)
    return pb.RemoveSkillResponse(person=shown(deps, call, person))


def confirm_skill(deps: Deps, call: Call, request: pb.ConfirmSkillRequest) -> pb.ConfirmSkillResponse:
    person = skills.confirm_skill(deps, call.caller, request, request.person_id, request.code, request.words)
    return pb.ConfirmSkillResponse(person=shown(deps, call, person))


def grant_consent(deps: Deps, call: Call, request: pb.GrantConsentRequest) -> pb.GrantConsentResponse:
    kind = incoming.known(incoming.CONSENTS, request.kind, "kind")
    person = consents.grant_consent(deps, call.caller, request, request.person_id, kind, request.grantee_id)
    return pb.GrantConsentResponse(person=shown(deps, call, person))


def withdraw_consent(deps: Deps, call: Call, request: pb.WithdrawConsentRequest) -> pb.WithdrawConsentResponse:
    kind = incoming.known(incoming.CONSENTS, request.kind, "kind")
    person = consents.withdraw_consent(deps, call.caller, request, request.person_id, kind, request.grantee_id)
    return pb.WithdrawConsentResponse(person=shown(deps, call, person))


def export_person(deps: Deps, call: Call, request: pb.ExportPersonRequest) -> pb.ExportPersonResponse:
    return pb.ExportPersonResponse(json=data_rights.export_person(deps, call.caller, request.id))


def erase_person(deps: Deps, call: Call, request: pb.ErasePersonRequest) -> pb.ErasePersonResponse:
    data_rights.erase_person(deps, call.caller, request, request.id)
    return pb.ErasePersonResponse()
