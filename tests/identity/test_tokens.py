"""Tokens: who gets one, what it says, which key signs it, and what of the keys leaves the service."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from harness import OPERATOR, FakeClock
from identity_service import GATEWAY, Identity, identity_at
from schemas import namespace_on_postgres, rows_of
from vivier.identity.v1 import identity_pb2 as pb

from services.kit.auth import ANYONE, Caller, Role
from services.kit.errors import Refused, RetryLater


def claims(identity: Identity, token: str) -> dict[str, Any]:
    """What it says, verified with the keys that gateways get; its times are the fake clock's."""
    told = identity.keys()
    keys = {key.kid: load_pem_public_key(key.pem.encode()) for key in told.keys}
    key: Any = keys[jwt.get_unverified_header(token)["kid"]]
    options: Any = {"verify_exp": False, "verify_iat": False}
    read: dict[str, Any] = jwt.decode(
        token, key, algorithms=["ES256"], audience="vivier", issuer=told.issuer, options=options
    )
    return read


def exchanged(identity: Identity, person: str, caller: Caller) -> str:
    request = pb.IssueTokenRequest(exchange=pb.TokenExchange(person_id=person))
    return str(identity.ask("IssueToken", request, caller).access_token)


def refused(identity: Identity, person: str, caller: Caller) -> str:
    with pytest.raises(Refused) as refusal:
        exchanged(identity, person, caller)
    return refusal.value.reason


def test_a_token_says_for_whom_it_speaks_and_how_long(identity: Identity, clock: FakeClock) -> None:
    client = identity.client(Role.RECRUITER, "org1")
    said = claims(identity, identity.token(client))
    now = int(clock.now.timestamp())
    assert (said["iss"], said["sub"], said["role"], said["client"]) == ("vivier", "org1", "recruiter", client.client_id)
    assert (said["iat"], said["exp"] - now) == (now, 900)
    assert "act" not in said


def test_the_issuer_is_a_setting(tmp_path: Path) -> None:
    with identity_at(tmp_path, gateway_issuer="somebody") as identity:
        assert claims(identity, identity.token(identity.client(Role.MENTOR)))["iss"] == "somebody"


@pytest.mark.parametrize("client_id", ["nobody", "", "a\x00b", "é", "x" * 1000])
def test_who_is_no_client_gets_nothing(identity: Identity, client_id: str) -> None:
    given = pb.ClientCredentials(client_id=client_id, client_secret="x")
    with pytest.raises(Refused) as refusal:
        identity.ask("IssueToken", pb.IssueTokenRequest(client_credentials=given), ANYONE)
    assert refusal.value.reason == "INVALID_CLIENT"


def test_a_wrong_secret_gets_nothing(identity: Identity) -> None:
    client = identity.client(Role.PARTNER)
    given = pb.ClientCredentials(client_id=client.client_id, client_secret=client.secret[:-1] + "?")
    with pytest.raises(Refused) as refusal:
        identity.ask("IssueToken", pb.IssueTokenRequest(client_credentials=given), ANYONE)
    assert refusal.value.reason == "INVALID_CLIENT"
    with pytest.raises(Refused, match="must be given"):
        identity.ask("IssueToken", pb.IssueTokenRequest(), ANYONE)


# -- exchange


def test_a_partner_gets_the_token_of_a_person_whom_it_manages(identity: Identity, profile: Any) -> None:
    partner = Caller(Role.PARTNER, "asso", "c1")
    said = claims(identity, exchanged(identity, "ana", partner))
    assert (said["role"], said["sub"], said["client"]) == ("person", "ana", "c1")
    assert said["act"] == {"role": "partner", "sub": "asso"}
    assert profile.callers == [partner], "asked as the partner, who sees only whom it may"
    assert 0 < profile.seconds[0] < 11, "the time that the caller has left"


def test_nobody_elses_person_and_no_other_caller(identity: Identity) -> None:
    partner = Caller(Role.PARTNER, "asso", "c1")
    assert [refused(identity, person, partner) for person in ("bo", "nobody", "", "a\x00b")] == ["NOT_MANAGED"] * 4
    assert refused(identity, "ana", Caller(Role.PERSON, "ana", "c1", "partner/asso")) == "EXCHANGED_TOKEN"
    for role in set(Role) - {Role.PARTNER}:
        assert refused(identity, "ana", Caller(role, "asso", "c1")) == "PARTNER_ONLY"


def test_a_revoked_partner_exchanges_nothing_before_gateways_know(identity: Identity) -> None:
    client = identity.client(Role.PARTNER, "asso")
    partner = Caller(Role.PARTNER, "asso", client.client_id)
    assert exchanged(identity, "ana", partner)
    identity.revoke(client.client_id)
    assert refused(identity, "ana", partner) == "CLIENT_REVOKED"


def test_a_delegation_holds_as_long_as_the_partner_manages_the_person(identity: Identity, profile: Any) -> None:
    def holds(caller: Caller) -> bool:
        return bool(identity.ask("CheckDelegation", pb.CheckDelegationRequest(), caller).holds)

    ana = Caller(Role.PERSON, "ana", "c1", "partner/asso")
    assert holds(ana)
    assert not holds(Caller(Role.PERSON, "bo", "c1", "partner/asso"))
    assert not holds(Caller(Role.PERSON, "ana", "c1", "mentor/asso"))
    assert not holds(Caller(Role.PERSON, "ana", "c1", "odd"))
    assert not holds(Caller(Role.PERSON, "ana", "c1"))
    profile.partner_of["ana"] = ""
    assert not holds(ana)


def test_while_profile_is_away_it_is_not_known_who_manages_whom(identity: Identity, profile: Any) -> None:
    profile.away = True
    with pytest.raises(RetryLater):
        exchanged(identity, "ana", Caller(Role.PARTNER, "asso", "c1"))
    ana = Caller(Role.PERSON, "ana", "c1", "partner/asso")
    with pytest.raises(RetryLater):
        identity.ask("CheckDelegation", pb.CheckDelegationRequest(), ana)
    assert identity.token(identity.client(Role.PARTNER)), "a client's own token needs nobody else"


# -- keys


def kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def test_a_new_key_is_shown_before_it_signs_and_the_old_one_outlives_its_tokens(
    identity: Identity, clock: FakeClock
) -> None:
    client = identity.client(Role.PARTNER)
    old = kid(identity.token(client))
    new = identity.rotate()
    assert {key.kid for key in identity.keys().keys} == {new, old}
    clock.move(seconds=9)
    assert kid(identity.token(client)) == old, "gateways may not know the new one yet"
    clock.move(seconds=1)
    assert kid(identity.token(client)) == new
    clock.move(minutes=16, seconds=50)
    assert {key.kid for key in identity.keys().keys} == {new, old}, "its last token may still be shown"
    clock.move(minutes=1)
    assert [key.kid for key in identity.keys().keys] == [new]


def test_rotating_again_before_the_new_key_signs_loses_no_token(identity: Identity, clock: FakeClock) -> None:
    client = identity.client(Role.PARTNER)
    made = [kid(identity.token(client))]
    for _ in range(8):
        made.append(identity.rotate())
        clock.move(seconds=4)
        known = {key.kid for key in identity.keys().keys}
        assert kid(identity.token(client)) in known
    assert set(made) <= known


def test_a_repeated_rotation_makes_no_other_key(identity: Identity, clock: FakeClock) -> None:
    first = identity.ask("RotateKey", pb.RotateKeyRequest(request_id="r"), OPERATOR).kid
    clock.move(seconds=1)
    assert identity.ask("RotateKey", pb.RotateKeyRequest(request_id="r"), OPERATOR).kid == first
    assert len(identity.keys().keys) == 2


def test_an_old_key_is_replaced_at_the_next_start(tmp_path: Path, clock: FakeClock) -> None:
    with identity_at(tmp_path, clock=clock) as identity:
        (old,) = [key.kid for key in identity.keys().keys]
    clock.move(days=29)
    with identity_at(tmp_path, clock=clock) as identity:
        assert [key.kid for key in identity.keys().keys] == [old]
    clock.move(days=2)
    with identity_at(tmp_path, clock=clock) as identity:
        new, still = [key.kid for key in identity.keys().keys]
        assert still == old != new


def test_private_keys_never_leave(identity: Identity) -> None:
    ((pem,),) = rows_of(identity.home, "identity", "SELECT private_pem FROM signing_keys")
    lines = [line for line in pem.splitlines() if "---" not in line]
    told = identity.keys()
    assert told.keys[0].pem.startswith("-----BEGIN PUBLIC KEY-----")
    assert not any(line in str(told) for line in lines)


def test_only_services_get_the_keys(identity: Identity) -> None:
    for role in set(Role) - {Role.SERVICE}:
        with pytest.raises(Refused) as refusal:
            identity.ask("GetKeys", pb.GetKeysRequest(), Caller(role, "x", "c"))
        assert refusal.value.reason == "SERVICE_ONLY"
    assert identity.ask("GetKeys", pb.GetKeysRequest(), GATEWAY).keys


@pytest.mark.engines
def test_processes_that_start_together_agree_on_one_key_and_one_operator(tmp_path: Path) -> None:
    for n in range(3):
        with namespace_on_postgres() as (address, namespace):
            home = tmp_path / str(n)
            home.mkdir()

            def start(_: int, home: Path = home, **where: Any) -> Identity:
                return Identity(home, **where)

            where = {"postgres": address, "namespace": namespace}
            with ThreadPoolExecutor(3) as pool:
                started = list(pool.map(lambda n, start=start, where=where: start(n, **where), range(3)))
            known = [{key.kid for key in identity.keys().keys} for identity in started]
            assert known[0] == known[1] == known[2]
            assert len(known[0]) == 1
            assert len(started[0].ask("ListClients", pb.ListClientsRequest(), OPERATOR).clients) == 1
            for identity in started:
                identity.stop()
