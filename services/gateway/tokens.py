"""Access tokens: short-lived JWTs, signed ES256 with a key that rotates, and read back without asking the store.

The algorithm is pinned and the key is chosen by `kid` among our own, so neither `alg: none` nor a public key taken for
an HMAC secret can pass. Clocks may differ by a minute.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import ECAlgorithm

from services.gateway.store import ROLES, Store, StoredKey
from services.kit.auth import Caller, Role
from services.kit.errors import RetryLater
from services.kit.ids import random_id

ALGORITHM = "ES256"
LIFETIME = timedelta(minutes=15)
SKEW = timedelta(seconds=60)
ROTATION = timedelta(days=30)
AUDIENCE = "vivier"
_REQUIRED = ["exp", "iat", "iss", "aud", "sub", "role", "client"]


class TokenRefused(Exception):
    """The token does not say who calls; the text says why and may be shown."""


class Tokens:
    """Signs and reads tokens by the store's keys and revoked clients, as they were at the last `reload`.

    Only `reload` and `rotate` ask the store; before the first of them everything else raises `RetryLater`.
    """

    def __init__(self, store: Store, issuer: str) -> None:
        self._store = store
        self._issuer = issuer
        self._private: Any = None
        self._kid = ""
        self._public: dict[str, Any] = {}
        self._revoked: frozenset[str] = frozenset()

    def rotate(self) -> str:
        """Sign with a new key; tokens of the old one stay good until they expire. Returns its `kid`."""
        kid = self._add_key()
        self.reload()
        return kid

    def _add_key(self, unless_since: datetime | None = None) -> str:
        kid = random_id()
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._store.add_key(kid, pem.decode(), self._store.clock() + LIFETIME + 2 * SKEW, unless_since)
        return kid

    def reload(self) -> None:
        """Take keys and revocations from the store; a first or an old signing key is replaced."""
        now = self._store.clock()
        keys = self._good_keys(now)
        if not keys or now - keys[0].created_at > ROTATION:
            self._add_key(unless_since=now - ROTATION)
            keys = self._good_keys(now)
        self._private, self._kid = _private(keys[0]), keys[0].kid
        self._public = {key.kid: _private(key).public_key() for key in keys}
        self._revoked = self._store.revoked_since(now - LIFETIME - 2 * SKEW)

    def _good_keys(self, now: datetime) -> list[StoredKey]:
        return [k for k in self._store.signing_keys() if k.verifies_until is None or k.verifies_until >= now]

    def issue(self, caller: Caller) -> str:
        """A token that speaks for the caller; its `act` claim is who acts in the caller's place (RFC 8693)."""
        self._demand_keys()
        now = self._store.clock()
        claims: dict[str, Any] = {"iss": self._issuer, "aud": AUDIENCE, "iat": now, "exp": now + LIFETIME}
        claims |= {"sub": caller.subject, "role": str(caller.role), "client": caller.client, "jti": random_id()}
        if caller.actor:
            role, _, subject = caller.actor.partition("/")
            claims["act"] = {"sub": subject, "role": role}
        return jwt.encode(claims, self._private, ALGORITHM, headers={"kid": self._kid})

    def read(self, token: str) -> Caller:
        """Who calls with this token."""
        return self._caller(self._claims(token))

    def read_original(self, token: str) -> Caller:
        """Like `read`, and refuses a token that was itself exchanged."""
        caller = self.read(token)
        if caller.actor:
            raise TokenRefused("an exchanged token cannot be exchanged again")
        return caller

    def public_keys(self) -> dict[str, Any]:
        """The keys that verify, as a JSON Web Key Set."""
        self._demand_keys()
        own = {"use": "sig", "alg": ALGORITHM}
        return {"keys": [ECAlgorithm.to_jwk(k, as_dict=True) | own | {"kid": kid} for kid, k in self._public.items()]}

    def _claims(self, token: str) -> Mapping[str, Any]:
        self._demand_keys()
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = self._public.get(str(kid))
            if key is None:
                raise TokenRefused("the token was signed with an unknown key")
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                leeway=SKEW,
                options={"require": _REQUIRED},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenRefused("the token has expired") from error
        except jwt.InvalidTokenError as error:
            raise TokenRefused("the token is not one of ours") from error
        return claims

    def _caller(self, claims: Mapping[str, Any]) -> Caller:
        if claims["client"] in self._revoked:
            raise TokenRefused("the client was revoked")
        if claims["role"] not in ROLES:
            raise TokenRefused("the token is not one of ours")
        act = claims.get("act")
        actor = f"{act['role']}/{act['sub']}" if act else ""
        return Caller(Role(claims["role"]), claims["sub"], claims["client"], actor)

    def _demand_keys(self) -> None:
        if not self._public:
            raise RetryLater("the keys of tokens are not known yet")


def _private(key: StoredKey) -> ec.EllipticCurvePrivateKey:
    loaded = load_pem_private_key(key.private_pem.encode(), None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    return loaded
