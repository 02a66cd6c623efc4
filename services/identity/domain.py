"""API clients and signing keys: what they are, and which key signs or verifies at a moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.kit.checks import Checks
from services.kit.errors import Kind, Refused

LIFETIME = timedelta(minutes=15)
"""Of an access token."""
SKEW = timedelta(seconds=60)
"""Clocks may differ by so much."""
ROTATION = timedelta(days=30)
NOTICE = timedelta(seconds=10)
"""How long a new key is shown to those who verify before it signs: each of them asks more often."""
RETIREMENT = NOTICE + LIFETIME + 2 * SKEW
"""How long a key still verifies once a newer one was made."""
REMEMBERED = LIFETIME + 2 * SKEW
"""How long a revoked client is named: until its last token has expired."""
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Client:
    id: str
    name: str
    role: str  # a value of kit.auth.Role
    subject: str
    created_at: datetime
    revoked_at: datetime | None = None

    def check(self, roles: frozenset[str]) -> None:
        """Refuse wrong fields, all at once; `roles` are those that a client may have."""
        with Checks() as checks:
            checks.require("role", self.role in roles, "UNKNOWN_VALUE", "a client cannot have this role")
            checks.text("name", self.name, 100, required=True)
            good = is_plain(self.subject)
            checks.require("subject", good, "NOT_AN_ID", "must be letters, digits, dot, dash, underscore")


@dataclass(frozen=True, slots=True)
class SigningKey:
    kid: str
    private_pem: str
    created_at: datetime
    verifies_until: datetime | None = None  # set when a newer key was made


def is_plain(identifier: str) -> bool:
    """1 to 64 ASCII letters, digits, dots, dashes and underscores."""
    bare = identifier.replace("-", "").replace("_", "").replace(".", "")
    return identifier.isascii() and bare.isalnum() and len(identifier) <= 64


def verifying(keys: Sequence[SigningKey], now: datetime) -> list[SigningKey]:
    """Newest first."""
    good = [key for key in keys if key.verifies_until is None or key.verifies_until >= now]
    return sorted(good, key=lambda key: (key.verifies_until is None, key.created_at), reverse=True)


def signing(keys: Sequence[SigningKey], now: datetime) -> SigningKey | None:
    """The newest key that has been shown for long enough, else the oldest; None where none is good."""
    good = verifying(keys, now)
    shown = [key for key in good if key.created_at <= now - NOTICE]
    return next(iter(shown or good[::-1]), None)


def invalid_client() -> Refused:
    return Refused(Kind.DENIED, "INVALID_CLIENT", "no such client, or not its secret")


def not_managed() -> Refused:
    return Refused(Kind.DENIED, "NOT_MANAGED", "this partner does not manage this person")
