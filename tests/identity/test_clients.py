"""API clients: made, listed and revoked by operators; their secrets are shown once and never kept."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from harness import OPERATOR, SECRET, Ask, FakeClock, bytes_on_disk
from identity_service import Identity, NewClient, identity_at
from schemas import files_only
from vivier.identity.v1 import identity_pb2 as pb
from vivier.identity.v1.identity_pb2_grpc import IdentityServiceStub

from services.kit.auth import ANYONE, Caller, Role
from services.kit.errors import Kind, Refused

PARTNER = Caller(Role.PARTNER, "asso", "c")


def wish(**changes: Any) -> pb.CreateClientRequest:
    return pb.CreateClientRequest(**({"role": pb.CLIENT_ROLE_PARTNER, "name": "Missions locales"} | changes))


def listed(identity: Identity, **request: Any) -> pb.ListClientsResponse:
    answer: pb.ListClientsResponse = identity.ask("ListClients", pb.ListClientsRequest(**request), OPERATOR)
    return answer


def test_a_client_is_made_and_listed(identity: Identity, clock: FakeClock) -> None:
    made = identity.ask("CreateClient", wish(name=" Missions locales ", subject="asso"), OPERATOR)
    assert (made.client.name, made.client.subject, len(made.secret)) == ("Missions locales", "asso", 43)
    assert made.client.created_at.ToDatetime(clock.now.tzinfo) == clock.now
    assert not made.client.HasField("revoked_at")
    assert made.client in listed(identity).clients


def test_without_a_subject_it_speaks_for_a_new_one(identity: Identity) -> None:
    subjects = {identity.client(Role.PARTNER).subject for _ in range(3)}
    assert len(subjects) == 3
    assert identity.client(Role.OPERATOR).subject == "operator"


def test_a_repeated_request_makes_nothing_and_shows_no_secret(identity: Identity) -> None:
    first = identity.ask("CreateClient", wish(request_id="r1"), OPERATOR)
    again = identity.ask("CreateClient", wish(request_id="r1"), OPERATOR)
    assert (again.client, again.secret) == (first.client, "")
    with pytest.raises(Refused, match="something else"):
        identity.ask("CreateClient", wish(request_id="r1", name="Another"), OPERATOR)


@pytest.mark.parametrize(
    ("changes", "path", "reason"),
    [
        ({"role": pb.CLIENT_ROLE_UNSPECIFIED}, "role", "UNKNOWN_VALUE"),
        ({"role": 99}, "role", "UNKNOWN_VALUE"),
        ({"name": ""}, "name", "REQUIRED"),
        ({"name": "x" * 101}, "name", "TOO_LONG"),
        ({"name": "a\x00b"}, "name", "HOSTILE_TEXT"),
        ({"subject": "a|b"}, "subject", "NOT_AN_ID"),
        ({"subject": "é"}, "subject", "NOT_AN_ID"),
        ({"subject": "x" * 65}, "subject", "NOT_AN_ID"),
    ],
)
def test_wrong_fields_are_named(identity: Identity, changes: dict[str, Any], path: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        identity.ask("CreateClient", wish(**changes), OPERATOR)
    assert [(each.path, each.reason) for each in refused.value.violations] == [(path, reason)]


def test_pages_show_each_client_once(identity: Identity) -> None:
    made = {identity.client(Role.RECRUITER).client_id for _ in range(5)}
    seen, token = [], ""
    while True:
        page = listed(identity, page_size=2, page_token=token)
        assert len(page.clients) <= 2
        seen += [client.id for client in page.clients]
        token = page.next_page_token
        if not token:
            break
    assert seen == sorted(seen)
    assert made < set(seen)
    with pytest.raises(Refused):
        listed(identity, page_token="made up")


@pytest.mark.parametrize("caller", [PARTNER, ANYONE, Caller(Role.SERVICE, "gateway"), Caller(Role.PERSON, "operator")])
@pytest.mark.parametrize("method", ["CreateClient", "ListClients", "RevokeClient", "RotateKey"])
def test_only_an_operator_may(identity: Identity, caller: Caller, method: str) -> None:
    request = wish() if method == "CreateClient" else getattr(pb, f"{method}Request")()
    with pytest.raises(Refused) as refused:
        identity.ask(method, request, caller)
    assert (refused.value.kind, refused.value.reason) == (Kind.DENIED, "ROLE_NOT_ALLOWED")


def test_a_revoked_client_gets_no_more_tokens_and_is_named_until_its_last_has_expired(
    identity: Identity, clock: FakeClock
) -> None:
    client = identity.client(Role.PARTNER)
    assert identity.token(client)
    identity.revoke(client.client_id)
    with pytest.raises(Refused) as refused:
        identity.token(client)
    assert refused.value.reason == "INVALID_CLIENT"
    assert list(identity.keys().revoked_client_ids) == [client.client_id]
    clock.move(minutes=16)
    identity.revoke(client.client_id)
    assert list(identity.keys().revoked_client_ids) == [client.client_id]
    clock.move(minutes=2)
    assert list(identity.keys().revoked_client_ids) == [], "the first revocation counts"


def test_who_never_was_cannot_be_revoked(identity: Identity) -> None:
    with pytest.raises(Refused) as refused:
        identity.revoke("nobody")
    assert refused.value.reason == "CLIENT_NOT_FOUND"


@files_only
def test_no_secret_is_kept(identity: Identity) -> None:
    client = identity.client(Role.PARTNER)
    kept = b"".join(bytes_on_disk(identity.home).values())
    assert client.client_id.encode() in kept
    assert client.secret.encode() not in kept
    assert stat.S_IMODE((identity.home / "identity.db").stat().st_mode) & 0o077 == 0


def test_the_operators_credential_is_written_once_and_its_address_follows(tmp_path: Path) -> None:
    path = tmp_path / "operator.json"
    with identity_at(tmp_path, gateway_address="127.0.0.1:8400") as identity:
        first = json.loads(path.read_text())
        assert identity.token(_client(first))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with identity_at(tmp_path, gateway_address="127.0.0.1:8500") as identity:
        second = json.loads(path.read_text())
        assert len(listed(identity).clients) == 1
    assert first | {"url": "http://127.0.0.1:8500"} == second
    assert first["url"] == "http://127.0.0.1:8400"


def _client(known: dict[str, str]) -> NewClient:
    return NewClient(known["client_id"], known["client_secret"], "operator")


def test_who_does_not_show_the_internal_secret_is_turned_away(identity: Identity) -> None:
    stranger = Ask(identity.address, IdentityServiceStub, SECRET + "?")
    with pytest.raises(Exception, match="secret is wrong"):
        stranger("GetKeys", pb.GetKeysRequest(), Caller(Role.SERVICE, "gateway"))
    stranger.neighbour.close()
