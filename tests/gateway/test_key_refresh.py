"""Several gateways before one `identity`: what it decides reaches all of them, and they go on while it is away."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from harness import FakeClock, eventually
from identity_service import Identity, identity_at

from services.cli.ports import free_ports
from services.kit.auth import Role

ME = "{ me { role } }"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime.now(UTC))


@pytest.fixture
def identity(all_fakes: Any, clock: FakeClock, tmp_path: Path) -> Iterator[Identity]:
    with identity_at(tmp_path, profile=all_fakes.addresses["profile"], clock=clock) as running:
        yield running


def known_keys(gateway: Any) -> set[str]:
    return {key["kid"] for key in gateway.http.get("/.well-known/jwks.json").json()["keys"]}


def test_rotation_and_revocation_reach_every_gateway(
    identity: Identity, gateway_with: Callable[..., Any], clock: FakeClock
) -> None:
    one, other = gateway_with(), gateway_with()
    client, kept = identity.client(Role.PARTNER), identity.client(Role.PARTNER)
    token, tokens_kept = one.token_of(client), [one.token_of(kept), other.token_of(kept)]
    for gateway in (one, other):
        assert [gateway.post(ME, each).status_code for each in (token, *tokens_kept)] == [200] * 3
    new = identity.rotate()
    identity.revoke(client.client_id)
    for gateway in (one, other):
        eventually(lambda: new in known_keys(gateway))  # noqa: B023 — asked at once
        eventually(lambda: gateway.post(ME, token).status_code == 401)  # noqa: B023
    clock.move(seconds=10)
    newest = one.token_of(kept)
    assert jwt.get_unverified_header(newest)["kid"] == new
    for gateway in (one, other):
        assert [gateway.post(ME, each).status_code for each in (newest, *tokens_kept)] == [200] * 3


def test_last_known_keys_serve_on_while_identity_is_away(identity: Identity, gateway_with: Callable[..., Any]) -> None:
    gateway = gateway_with()
    client = identity.client(Role.RECRUITER)
    operator, token = gateway.token(Role.OPERATOR), gateway.token_of(client)
    keys = known_keys(gateway)
    identity.stop()
    assert gateway.post(ME, token).status_code == 200
    assert known_keys(gateway) == keys
    auth = (client.client_id, client.secret)
    answer = gateway.http.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=auth)
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert answer.headers["retry-after"]
    ready = gateway.http.get("/readyz")
    assert (ready.status_code, set(ready.json()["reasons"])) == (503, {"identity"})
    listed = gateway.post("{ clients { nodes { id } } }", operator)
    assert listed.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    identity.start()
    eventually(lambda: gateway.http.get("/readyz").status_code == 200)
    assert gateway.token_of(client)


def test_a_gateway_that_never_reached_identity_knows_nobody_yet(
    identity: Identity, gateway_with: Callable[..., Any]
) -> None:
    token = identity.token(identity.client(Role.RECRUITER))
    identity.stop()
    gateway = gateway_with(VIVIER_GATEWAY_ADDRESS=f"127.0.0.1:{free_ports(1)[0]}")
    answer = eventually(lambda: asked(gateway, token), 30)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert gateway.http.get("/.well-known/jwks.json").status_code == 503
    assert "identity" in gateway.http.get("/readyz").json()["reasons"]
    identity.start()
    eventually(lambda: gateway.post(ME, token).status_code == 200)


def test_a_gateway_that_is_given_no_keys_is_not_ready(gateway_with: Callable[..., Any]) -> None:
    address = f"127.0.0.1:{free_ports(1)[0]}"
    gateway = gateway_with(VIVIER_GATEWAY_ADDRESS=address, VIVIER_SECRET="another")
    eventually(lambda: asked(gateway, "x"), 30)
    ready = eventually(lambda: gateway.http.get("/readyz"))
    assert (ready.status_code, set(ready.json()["reasons"])) == (503, {"identity"})


def asked(gateway: Any, token: str) -> Any:
    with suppress(httpx.ConnectError):
        return gateway.post(ME, token)
