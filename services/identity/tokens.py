"""Access tokens: short-lived JWTs, signed ES256. This service signs; whoever reads them has the public keys."""

from datetime import datetime
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from services.identity.domain import LIFETIME, SigningKey
from services.kit.auth import Caller

ALGORITHM = "ES256"
AUDIENCE = "vivier"


def new_private_pem() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: SigningKey) -> str:
    public = _private(key.private_pem).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def sign(key: SigningKey, issuer: str, caller: Caller, now: datetime, token_id: str) -> str:
    """A token that speaks for the caller; its `act` claim is who acts in the caller's place (RFC 8693)."""
    claims: dict[str, Any] = {"iss": issuer, "aud": AUDIENCE, "iat": now, "exp": now + LIFETIME}
    claims |= {"sub": caller.subject, "role": str(caller.role), "client": caller.client, "jti": token_id}
    if caller.actor:
        role, _, subject = caller.actor.partition("/")
        claims["act"] = {"sub": subject, "role": role}
    return jwt.encode(claims, _private(key.private_pem), ALGORITHM, headers={"kid": key.kid})


@lru_cache(8)
def _private(pem: str) -> ec.EllipticCurvePrivateKey:
    loaded = load_pem_private_key(pem.encode(), None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    return loaded
