"""gRPC in and out: functions `(deps, call, request)`, and at the end the table: call → function."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from vivier.identity.v1 import identity_pb2 as pb

from services.identity import messages, usecases
from services.identity.deps import Deps
from services.identity.domain import LIFETIME
from services.kit.errors import Violation, invalid
from services.kit.pages import page_by_id
from services.kit.rpc.server import Call

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["IdentityService"]


def create_client(deps: Deps, call: Call, request: pb.CreateClientRequest) -> pb.CreateClientResponse:
    role = messages.ROLES.get(request.role, "")
    client, secret = usecases.create_client(deps, call.caller, request, role, request.name, request.subject)
    return pb.CreateClientResponse(client=messages.client(client), secret=secret)


def list_clients(deps: Deps, call: Call, request: pb.ListClientsRequest) -> pb.ListClientsResponse:
    page, more = page_by_id(request, partial(usecases.list_clients, deps, call.caller))
    return pb.ListClientsResponse(clients=map(messages.client, page), next_page_token=more)


def revoke_client(deps: Deps, call: Call, request: pb.RevokeClientRequest) -> pb.RevokeClientResponse:
    client = usecases.revoke_client(deps, call.caller, request, request.id)
    return pb.RevokeClientResponse(client=messages.client(client))


def issue_token(deps: Deps, call: Call, request: pb.IssueTokenRequest) -> pb.IssueTokenResponse:
    match request.WhichOneof("grant"):
        case "client_credentials":
            given = request.client_credentials
            token = usecases.token_for_client(deps, given.client_id, given.client_secret)
        case "exchange":
            person = request.exchange.person_id
            token = usecases.token_for_person(deps, call.caller, person, call.time_remaining())
        case _:
            raise invalid([Violation("grant", "REQUIRED", "must be given")])
    return pb.IssueTokenResponse(access_token=token, expires_in=int(LIFETIME.total_seconds()))


def get_keys(deps: Deps, call: Call, _: pb.GetKeysRequest) -> pb.GetKeysResponse:
    keys, revoked = usecases.public_keys(deps, call.caller)
    return pb.GetKeysResponse(keys=map(messages.public_key, keys), issuer=deps.issuer, revoked_client_ids=revoked)


def rotate_key(deps: Deps, call: Call, request: pb.RotateKeyRequest) -> pb.RotateKeyResponse:
    return pb.RotateKeyResponse(kid=usecases.rotate_key(deps, call.caller, request))


def check_delegation(deps: Deps, call: Call, _: pb.CheckDelegationRequest) -> pb.CheckDelegationResponse:
    return pb.CheckDelegationResponse(holds=usecases.may_still_act(deps, call.caller, call.time_remaining()))


TABLE: Mapping[str, Callable[[Deps, Call, Any], Any]] = {
    "CreateClient": create_client,
    "ListClients": list_clients,
    "RevokeClient": revoke_client,
    "IssueToken": issue_token,
    "GetKeys": get_keys,
    "RotateKey": rotate_key,
    "CheckDelegation": check_delegation,
}
