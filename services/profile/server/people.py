"""The calls about people."""

from vivier.common.v1 import common_pb2 as common
from vivier.profile.v1 import profile_pb2 as pb

from services.kit.errors import Refused
from services.kit.pages import decode_token, encode_token, page_size
from services.kit.rpc.server import Call
from services.profile.deps import Deps
from services.profile.domain.person import Person
from services.profile.domain.values import Profile
from services.profile.server import incoming, outgoing
from services.profile.usecases import people, reading
from services.profile.usecases.access import view_of
from services.profile.usecases.people import Outcome, Result, Row

OUTCOMES = {
    Outcome.CREATED: common.OUTCOME_CREATED,
    Outcome.UPDATED: common.OUTCOME_UPDATED,
    Outcome.UNCHANGED: common.OUTCOME_UNCHANGED,
}


def upsert_people(deps: Deps, call: Call, request: pb.UpsertPeopleRequest) -> pb.UpsertPeopleResponse:
    rows = [_row(each) for each in request.people]
    consents = [incoming.known(incoming.CONSENTS, each, f"consents[{at}]") for at, each in enumerate(request.consents)]
    results = people.upsert_people(deps, call.caller, request, rows, consents)
    return pb.UpsertPeopleResponse(results=[_result(deps, call, each) for each in results])


def _row(said: pb.Person) -> Row:
    try:
        return Row(said.id, incoming.profile(said))
    except Refused as refusal:
        return Row(said.id, Profile(), refusal)


def _result(deps: Deps, call: Call, result: Result) -> pb.PersonResult:
    if result.refusal:
        return pb.PersonResult(refusal=outgoing.refusal(result.refusal))
    assert result.person is not None
    assert result.outcome is not None
    return pb.PersonResult(person=shown(deps, call, result.person), outcome=OUTCOMES[result.outcome])


def shown(deps: Deps, call: Call, person: Person) -> pb.Person:
    """As much of this person as the caller may see."""
    now = deps.units.clock()
    return outgoing.person(person, view_of(call.caller, person, now), now)


def get_people(deps: Deps, call: Call, request: pb.BatchGetPeopleRequest) -> pb.BatchGetPeopleResponse:
    found = reading.get_people(deps, call.caller, request.ids)
    return pb.BatchGetPeopleResponse(people=[shown(deps, call, each) for each in found])


def list_people(deps: Deps, call: Call, request: pb.ListPeopleRequest) -> pb.ListPeopleResponse:
    size = page_size(request.page_size)
    found = reading.list_people(deps, call.caller, after(request.page_token), size + 1)
    more = encode_token(found[size - 1].id) if len(found) > size else ""
    return pb.ListPeopleResponse(people=[shown(deps, call, each) for each in found[:size]], next_page_token=more)


def after(token: str) -> str:
    """The id after which a page begins; empty for the first."""
    position = decode_token(token, str)
    return str(position[0]) if position else ""
