"""Who may ask: tokens that are right, and every way in which they are wrong."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from schemas import rows_of
from vivier.identity.v1 import identity_pb2 as pb

from services.gateway.auth.oauth import ACCESS_TOKEN, EXCHANGE
from services.gateway.auth.tokens import Tokens
from services.kit.auth import Role

ME = "{ me { role subject } }"


def claims(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    good: dict[str, Any] = {"iss": "vivier", "aud": "vivier", "iat": now, "exp": now + timedelta(minutes=5)}
    good |= {"sub": "partner-1", "role": "partner", "client": "c1", "jti": "j"}
    return {name: value for name, value in (good | changes).items() if value is not None}


@pytest.fixture
def key(gateway: Any) -> tuple[str, Any]:
    gateway.token(Role.PARTNER, "partner-1")
    ((kid, pem),) = rows_of(gateway.identity.home, "identity", "SELECT kid, private_pem FROM signing_keys")
    return kid, load_pem_private_key(pem.encode(), None)


def test_a_token_says_who_asks(gateway: Any, key: tuple[str, Any]) -> None:
    assert gateway.query(ME) == {"me": {"role": "anyone", "subject": None}}
    good = jwt.encode(claims(), key[1], "ES256", headers={"kid": key[0]})
    assert gateway.query(ME, good) == {"me": {"role": "partner", "subject": "partner-1"}}


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
        "a role that is a list": signed(role=["partner"]),
        "a client that is a list": signed(client=["c1"]),
        "a client that is an object": signed(client={"id": "c1"}),
        "a subject that is no text": signed(sub="\ud800"),
        "an expiry without end": signed(exp=float("inf")),
        "an expiry that is a list": signed(exp=[1]),
        "an actor that is a text": signed(act="partner"),
        "an actor without a role": signed(act={"sub": "partner-1"}),
        "an actor with a role of the inside": signed(act={"sub": "partner-1", "role": "service"}),
        "an actor that is a list": signed(act={"sub": ["partner-1"], "role": "partner"}),
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
    assert gateway.query(ME, jwt.encode(late, key[1], "ES256", headers={"kid": key[0]}))


def test_other_schemes_are_refused(gateway: Any) -> None:
    assert gateway.post(ME, **{"Authorization": "Basic abc"}).status_code == 401


def test_public_keys_hold_nothing_private(gateway: Any) -> None:
    keys = gateway.http.get("/.well-known/jwks.json").json()["keys"]
    assert keys
    assert all(set(key) == {"kty", "crv", "x", "y", "use", "alg", "kid"} for key in keys)


def test_credentials_by_header_and_by_form(gateway: Any) -> None:
    client = gateway.identity.client(Role.RECRUITER, "org1")
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
    client = gateway.identity.client(Role.PARTNER)
    auth = (client.client_id, client.secret[:-1] + "?")
    assert gateway.http.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=auth).status_code == 401


def test_an_operator_makes_and_revokes_clients(gateway: Any) -> None:
    operator = gateway.token(Role.OPERATOR)
    make = """mutation($i: CreateClientInput!) { createClient(input: $i) {
      ... on ClientCreated { clientId clientSecret subject } ... on Refused { reason fields { path reason } } } }"""
    made = gateway.query(make, operator, {"i": {"role": "PARTNER", "name": "Missions"}})["createClient"]
    auth = (made["clientId"], made["clientSecret"])
    form = {"grant_type": "client_credentials"}
    token = gateway.http.post("/oauth/token", data=form, auth=auth).json()["access_token"]
    assert gateway.query(ME, token)["me"] == {"role": "partner", "subject": made["subject"]}
    revoke = (
        "mutation($i: RevokeClientInput!) { revokeClient(input: $i) { ... on ClientRevoked { client { revokedAt } } } }"
    )
    assert gateway.query(revoke, operator, {"i": {"id": made["clientId"]}})["revokeClient"]["client"]["revokedAt"]
    assert gateway.http.post("/oauth/token", data=form, auth=auth).status_code == 401
    assert gateway.post(ME, token).status_code == 401
    wrong = gateway.query(make, operator, {"i": {"role": "PARTNER", "name": "x", "subject": "a|b"}})["createClient"]
    assert wrong == {"reason": "INVALID_FIELDS", "fields": [{"path": "subject", "reason": "NOT_AN_ID"}]}
    refused = gateway.query(make, gateway.token(Role.PARTNER, "partner-1"), {"i": {"role": "OPERATOR", "name": "x"}})
    assert refused["createClient"]["reason"] == "ROLE_NOT_ALLOWED"


def test_clients_are_listed_in_pages_without_secrets(gateway: Any) -> None:
    query = (
        "query($after: String) { clients(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }"
    )
    operator, seen, after = gateway.token(Role.OPERATOR), [], None
    for _ in range(100):
        page = gateway.query(query, operator, {"after": after})["clients"]
        seen += [client["id"] for client in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    ((known,),) = rows_of(gateway.identity.home, "identity", "SELECT count(*) FROM clients")
    assert len(seen) == len(set(seen)) == known


def test_reading_a_token_is_cheap() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    tokens = Tokens()
    tokens.replace_keys(pb.GetKeysResponse(keys=[pb.PublicKey(kid="k", pem=pem)], issuer="vivier"))
    token = jwt.encode(claims(), private, "ES256", headers={"kid": "k"})
    started = time.process_time()
    for _ in range(100):
        tokens.read(token)
    print(f"{(time.process_time() - started) * 10:.3f} ms CPU a token")
