"""Access tokens, verified here with the public keys of `identity`, which signs them: no call per request.

The algorithm is pinned and the key is chosen by `kid` among the known ones, so neither `alg: none` nor a public key
taken for an HMAC secret can pass. Clocks may differ by a minute.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.algorithms import ECAlgorithm
from vivier.identity.v1 import identity_pb2 as pb

from services.kit.auth import CLIENT_ROLES, Caller, Role
from services.kit.errors import RetryLater

ALGORITHM = "ES256"
AUDIENCE = "vivier"
SKEW = timedelta(seconds=60)
_REQUIRED = ["exp", "iat", "iss", "aud", "sub", "role", "client"]


class TokenRefused(Exception):
    """The token is not valid; the text says why and may be shown."""


class Tokens:
    """Verifies tokens with the keys and revoked clients last given; RetryLater before the first."""

    def __init__(self) -> None:
        self._issuer = ""
        self._public: Mapping[str, Any] = {}
        self._revoked: frozenset[str] = frozenset()

    def replace_keys(self, response: pb.GetKeysResponse) -> None:
        """Use these keys and revoked clients from now on."""
        self._public = {key.kid: load_pem_public_key(key.pem.encode()) for key in response.keys}
        self._revoked = frozenset(response.revoked_client_ids)
        self._issuer = response.issuer

    def read(self, token: str) -> Caller:
        """Who calls with this token."""
        claims = self._claims(token)
        if claims["client"] in self._revoked:
            raise TokenRefused("the client was revoked")
        return Caller(Role(claims["role"]), claims["sub"], claims["client"], _actor(claims))

    def public_keys(self) -> dict[str, Any]:
        """The keys that verify, as a JSON Web Key Set."""
        self._demand_keys()
        own = {"use": "sig", "alg": ALGORITHM}
        return {"keys": [ECAlgorithm.to_jwk(k, as_dict=True) | own | {"kid": kid} for kid, k in self._public.items()]}

    def _claims(self, token: str) -> Mapping[str, Any]:
        self._demand_keys()
        try:
            key = self._public.get(str(jwt.get_unverified_header(token).get("kid")))
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
        _demand_texts(claims, "sub", "role", "client")
        return claims

    def _demand_keys(self) -> None:
        if not self._public:
            raise RetryLater("the keys of tokens are not known yet")


def _actor(claims: Mapping[str, Any]) -> str:
    """As "role/id"; empty where nobody acts for the subject."""
    if "act" not in claims:
        return ""
    act = claims["act"]
    if not isinstance(act, dict):
        raise TokenRefused("the token is not one of ours")
    _demand_texts(act, "sub", "role")
    return f"{act['role']}/{act['sub']}"


def _demand_texts(claims: Mapping[str, Any], *names: str) -> None:
    """These claims are texts, and the role among them is one that a client may have."""
    texts = all(isinstance(value := claims.get(name), str) and value.isprintable() for name in names)
    if not texts or claims["role"] not in CLIENT_ROLES:
        raise TokenRefused("the token is not one of ours")
