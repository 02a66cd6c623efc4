"""Who may ask: tokens that are right, and every way in which they are wrong."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from pydantic import SecretStr

from services.gateway.app import GatewaySettings
from services.gateway.oauth import ACCESS_TOKEN, EXCHANGE, ensure_operator
from services.gateway.store import Store, create_client
from services.gateway.tokens import TokenRefused, Tokens
from services.kit.auth import Caller, Role
from services.kit.errors import Refused

ME = "{ me { role subject } }"


def claims(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    good: dict[str, Any] = {"iss": "vivier", "aud": "vivier", "iat": now, "exp": now + timedelta(minutes=5)}
    good |= {"sub": "partner-1", "role": "partner", "client": "c1", "jti": "j"}
    return {name: value for name, value in (good | changes).items() if value is not None}


@pytest.fixture
def key(gateway: Any) -> tuple[str, Any]:
    gateway.token(Role.PARTNER, "partner-1")
    stored = gateway.store.signing_keys()[0]
    return stored.kid, load_pem_private_key(stored.private_pem.encode(), None)


def test_a_token_says_who_asks(gateway: Any, key: tuple[str, Any]) -> None:
    assert gateway.ask(ME) == {"me": {"role": "anyone", "subject": None}}
    good = jwt.encode(claims(), key[1], "ES256", headers={"kid": key[0]})
    assert gateway.ask(ME, good) == {"me": {"role": "partner", "subject": "partner-1"}}


def wrong_tokens(kid: str, private: Any) -> dict[str, str]:
    now = datetime.now(UTC)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    foreign = ec.generate_private_key(ec.SECP256R1())
    old = {"iat": now - timedelta(hours=1), "exp": now - timedelta(seconds=90)}

    def signed(headers: dict[str, str] | None = None, by: Any = private, **changes: Any) -> str:
        return jwt.encode(claims(**changes), by, "ES256", headers={"kid": kid} if headers is None else headers)

    # PyJWT itself refuses to sign with a public key as an HMAC secret, so an attacker's hand is played here
    def part(value: Any) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value, default=lambda d: int(d.timestamp())).encode()).rstrip(b"=")

    head = part({"alg": "HS256", "typ": "JWT", "kid": kid}) + b"." + part(claims())
    mac = base64.urlsafe_b64encode(hmac.new(public, head, hashlib.sha256).digest()).rstrip(b"=")
    return {
        "alg none": jwt.encode(claims(), None, "none", headers={"kid": kid}),
        "public key as an HMAC secret": (head + b"." + mac).decode(),
        "expired": signed(**old),
        "from the future": signed(iat=now + timedelta(minutes=5), exp=now + timedelta(minutes=10)),
        "another audience": signed(aud="somebody else"),
        "another issuer": signed(iss="somebody else"),
        "no audience": signed(aud=None),
        "no expiry": signed(exp=None),
        "unknown key": signed({"kid": "0" * 32}),
        "no key": signed({}),
        "foreign signature": signed(by=foreign),
        "a role of the inside": signed(role="service"),
        "no role at all": signed(role="emperor"),
        "garbage": "a.b.c",
        "tampered": signed()[:-6] + "AAAAAA",
    }


NAMES = sorted(wrong_tokens("k", ec.generate_private_key(ec.SECP256R1())))


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_token_is_refused(gateway: Any, key: tuple[str, Any], name: str) -> None:
    answer = gateway.post(ME, wrong_tokens(*key)[name])
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "INVALID_TOKEN"


def test_a_minute_of_skew_is_forgiven(gateway: Any, key: tuple[str, Any]) -> None:
    now = datetime.now(UTC)
    late = claims(iat=now - timedelta(minutes=10), exp=now - timedelta(seconds=30))
    assert gateway.ask(ME, jwt.encode(late, key[1], "ES256", headers={"kid": key[0]}))


def test_other_schemes_are_refused(gateway: Any) -> None:
    assert gateway.post(ME, **{"Authorization": "Basic abc"}).status_code == 401


def test_keys_rotate_without_losing_tokens(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    store = Store(tmp_path / "gateway.db", lambda: now)
    tokens = Tokens(store, "vivier")
    tokens.reload()
    old = tokens.issue(Caller(Role.PARTNER, "p", "c"))
    kid = tokens.rotate()
    new = tokens.issue(Caller(Role.PARTNER, "p", "c"))
    assert jwt.get_unverified_header(new)["kid"] == kid != jwt.get_unverified_header(old)["kid"]
    assert tokens.read(old) == tokens.read(new) == Caller(Role.PARTNER, "p", "c")
    assert len(tokens.public_keys()["keys"]) == 2
    now += timedelta(minutes=30)
    tokens.reload()
    assert [key["kid"] for key in tokens.public_keys()["keys"]] == [kid]
    with pytest.raises(TokenRefused, match="unknown key"):
        tokens.read(old)


def test_another_process_sees_a_new_key(tmp_path: Path) -> None:
    store = Store(tmp_path / "gateway.db")
    one, other = Tokens(store, "vivier"), Tokens(store, "vivier")
    one.rotate()
    other.reload()
    assert other.read(one.issue(Caller(Role.MENTOR, "m", "c"))).subject == "m"


def test_public_keys_hold_nothing_private(gateway: Any) -> None:
    keys = gateway.http.get("/.well-known/jwks.json").json()["keys"]
    assert keys
    assert all(set(key) == {"kty", "crv", "x", "y", "use", "alg", "kid"} for key in keys)


def test_credentials_by_header_and_by_form(gateway: Any) -> None:
    client = create_client(gateway.store, Role.RECRUITER, "org1", "x")
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": client.secret}
    answer = gateway.http.post("/oauth/token", data=form)
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
    read = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert (read["role"], read["sub"], read["client"]) == ("recruiter", "org1", client.client_id)
    assert gateway.token_of(client)


@pytest.mark.parametrize(
    ("form", "auth", "status", "error"),
    [
        ({"grant_type": "client_credentials"}, None, 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, ("nobody", "x"), 401, "invalid_client"),
        ({"grant_type": "password", "username": "x"}, None, 400, "unsupported_grant_type"),
        ({"grant_type": EXCHANGE}, None, 400, "invalid_request"),
        (
            {"grant_type": EXCHANGE, "subject_token_type": ACCESS_TOKEN, "subject_token": "x"},
            None,
            400,
            "invalid_request",
        ),
        (
            {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"},
            ("a", "b"),
            400,
            "invalid_request",
        ),
    ],
)
def test_errors_of_the_token_endpoint(gateway: Any, form: dict[str, str], auth: Any, status: int, error: str) -> None:
    answer = gateway.http.post("/oauth/token", data=form, auth=auth)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_the_token_endpoint_takes_forms_only(gateway: Any) -> None:
    assert gateway.http.post("/oauth/token", json={"grant_type": "client_credentials"}).status_code == 400
    twice = b"grant_type=client_credentials&grant_type=password"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert gateway.http.post("/oauth/token", content=twice, headers=headers).status_code == 400
    assert gateway.http.get("/oauth/token").status_code == 405


def test_a_wrong_secret_gets_nothing(gateway: Any) -> None:
    client = create_client(gateway.store, Role.PARTNER, None, "x")
    auth = (client.client_id, client.secret[:-1] + "?")
    assert gateway.http.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=auth).status_code == 401


def test_an_operator_makes_and_revokes_clients(gateway: Any) -> None:
    operator = gateway.token(Role.OPERATOR)
    make = """mutation($i: CreateClientInput!) { createClient(input: $i) {
      ... on ClientCreated { clientId clientSecret subject } ... on Refused { reason fields { path reason } } } }"""
    made = gateway.ask(make, operator, {"i": {"role": "PARTNER", "name": "Missions"}})["createClient"]
    auth = (made["clientId"], made["clientSecret"])
    form = {"grant_type": "client_credentials"}
    token = gateway.http.post("/oauth/token", data=form, auth=auth).json()["access_token"]
    assert gateway.ask(ME, token)["me"] == {"role": "partner", "subject": made["subject"]}
    revoke = (
        "mutation($i: RevokeClientInput!) { revokeClient(input: $i) { ... on ClientRevoked { client { revokedAt } } } }"
    )
    assert gateway.ask(revoke, operator, {"i": {"id": made["clientId"]}})["revokeClient"]["client"]["revokedAt"]
    assert gateway.http.post("/oauth/token", data=form, auth=auth).status_code == 401
    assert gateway.post(ME, token).status_code == 401
    wrong = gateway.ask(make, operator, {"i": {"role": "PARTNER", "name": "x", "subject": "a|b"}})["createClient"]
    assert wrong == {"reason": "INVALID_FIELDS", "fields": [{"path": "subject", "reason": "NOT_AN_ID"}]}
    refused = gateway.ask(make, gateway.token(Role.PARTNER, "partner-1"), {"i": {"role": "OPERATOR", "name": "x"}})
    assert refused["createClient"]["reason"] == "ROLE_NOT_ALLOWED"


def test_clients_are_listed_in_pages_without_secrets(gateway: Any) -> None:
    query = (
        "query($after: String) { clients(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }"
    )
    operator, seen, after = gateway.token(Role.OPERATOR), [], None
    for _ in range(100):
        page = gateway.ask(query, operator, {"after": after})["clients"]
        seen += [client["id"] for client in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == len(gateway.store.clients(1000, ""))


def test_no_secret_is_kept(gateway: Any) -> None:
    client = create_client(gateway.store, Role.PARTNER, None, "x")
    kept = b"".join(path.read_bytes() for path in gateway.home.glob("gateway.db*"))
    assert client.client_id.encode() in kept
    assert client.secret.encode() not in kept
    assert (gateway.home / "gateway.db").stat().st_mode & 0o077 == 0


def test_the_operator_of_an_installation(gateway: Any) -> None:
    path = gateway.home / "operator.json"
    assert path.stat().st_mode & 0o777 == 0o600
    known = json.loads(path.read_text())
    form = {"grant_type": "client_credentials"}
    assert gateway.http.post("/oauth/token", data=form, auth=(known["client_id"], known["client_secret"])).json()


def test_the_credential_file_is_made_once(tmp_path: Path) -> None:
    settings = GatewaySettings(home=tmp_path, secret=SecretStr("x"))
    store = Store(tmp_path / "gateway.db")
    first = ensure_operator(settings, store).read_text()
    assert ensure_operator(settings, store).read_text() == first
    assert '"url": "http://127.0.0.1:8400"' in first


def test_a_client_cannot_speak_for_a_service(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        create_client(Store(tmp_path / "gateway.db"), Role.SERVICE, None, "x")


def test_reading_a_token_is_cheap(tmp_path: Path) -> None:
    tokens = Tokens(Store(tmp_path / "gateway.db"), "vivier")
    tokens.reload()
    token = tokens.issue(Caller(Role.PARTNER, "p", "c"))
    started = time.process_time()
    for _ in range(100):
        tokens.read(token)
    print(f"{(time.process_time() - started) * 10:.3f} ms CPU a token")
