"""What the gateway keeps: clients (never their secrets) and signing keys. Small rows, so writers take turns.

A secret is 256 random bits, so its plain SHA-256 cannot be guessed back; a slow hash guards weak human passwords, and
here it would only slow down every token request.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import (
    URL,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from services.kit.auth import Role
from services.kit.checks import Checks
from services.kit.clock import Clock, system_clock
from services.kit.database import Moment, open_database, store_of
from services.kit.errors import not_found
from services.kit.ids import random_id
from services.kit.settings import Settings

METADATA = MetaData()
MIGRATIONS = Path(__file__).with_name("migrations")
_CLIENTS = Table(
    "clients",
    METADATA,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)
_KEYS = Table(
    "signing_keys",
    METADATA,
    Column("kid", String, primary_key=True),
    Column("private_pem", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("verifies_until", Moment),  # set when a newer key took over
)
ROLES = frozenset(Role) - {Role.SERVICE, Role.ANYONE}
"""The roles that a client may have."""


@dataclass(frozen=True, slots=True)
class Client:
    id: str
    name: str
    role: Role
    subject: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client just made: the only moment at which its secret is known."""

    client_id: str
    secret: str
    subject: str


@dataclass(frozen=True, slots=True)
class StoredKey:
    kid: str
    private_pem: str
    created_at: datetime
    verifies_until: datetime | None


class Store:
    """Safe between threads and processes. On a server nothing can be asked before `migrate`."""

    def __init__(self, where: Path | URL, clock: Clock = system_clock) -> None:
        self._database = open_database(where, METADATA, MIGRATIONS, one_writer=True)
        self.clock = clock

    def migrate(self) -> None:
        """Make the store usable; `RetryLater` where it cannot be reached."""
        self._database.migrate()

    def close(self) -> None:
        self._database.close()

    def add_client(self, role: Role, subject: str | None, name: str) -> NewClient:
        """A new client; without a subject it speaks for a new one."""
        subject = _checked(role, subject, name)
        client_id, secret = random_id(), secrets.token_urlsafe(32)
        row: dict[str, object] = {"id": client_id, "name": name.strip(), "role": str(role), "subject": subject}
        row |= {"secret_hash": _hash(secret), "created_at": self.clock()}
        with self._database.transaction() as connection:
            connection.execute(insert(_CLIENTS), row)
        return NewClient(client_id, secret, subject)

    def client_with(self, client_id: str, secret: str) -> Client | None:
        """The client, if this is its secret and it was not revoked."""
        query = select(_CLIENTS).where(_CLIENTS.c.id == client_id, _CLIENTS.c.revoked_at.is_(None))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        known = row.secret_hash if row else _hash("nobody's")
        same = hmac.compare_digest(known, _hash(secret))
        return _client(row) if row is not None and same else None

    def clients(self, size: int, after: str) -> list[Client]:
        query = select(_CLIENTS).where(_CLIENTS.c.id > after).order_by(_CLIENTS.c.id).limit(size)
        with self._database.reading() as connection:
            return [_client(row) for row in connection.execute(query)]

    def revoke_client(self, client_id: str) -> Client:
        """It gets no more tokens, and those it has stop working. Repeating it is harmless."""
        with self._database.transaction() as connection:
            unrevoked = _CLIENTS.c.id == client_id, _CLIENTS.c.revoked_at.is_(None)
            connection.execute(update(_CLIENTS).where(*unrevoked).values(revoked_at=self.clock()))
            row = connection.execute(select(_CLIENTS).where(_CLIENTS.c.id == client_id)).one_or_none()
        if row is None:
            raise not_found("client", client_id)
        return _client(row)

    def revoked_since(self, moment: datetime) -> frozenset[str]:
        query = select(_CLIENTS.c.id).where(_CLIENTS.c.revoked_at >= moment)
        with self._database.reading() as connection:
            return frozenset(connection.execute(query).scalars())

    def signing_keys(self) -> Sequence[StoredKey]:
        """First the one that signs, then those that only verify."""
        query = select(_KEYS).order_by(_KEYS.c.verifies_until.is_not(None), _KEYS.c.created_at.desc())
        with self._database.reading() as connection:
            return [StoredKey(r.kid, r.private_pem, r.created_at, r.verifies_until) for r in connection.execute(query)]

    def add_key(self, kid: str, private_pem: str, others_until: datetime, unless_since: datetime | None = None) -> None:
        """A new key signs from now on; the others verify for a while, and the long retired go.

        With `unless_since` nothing happens where somebody else was quicker and made one since then.
        """
        now = self.clock()
        with self._database.transaction() as connection:
            if unless_since is not None and _signs_since(connection, unless_since):
                return
            connection.execute(delete(_KEYS).where(_KEYS.c.verifies_until < now))
            retiring = update(_KEYS).where(_KEYS.c.verifies_until.is_(None))
            connection.execute(retiring.values(verifies_until=others_until))
            connection.execute(insert(_KEYS), {"kid": kid, "private_pem": private_pem, "created_at": now})


def open_store(settings: Settings, clock: Clock = system_clock) -> Store:
    """The gateway's store of this installation."""
    return Store(store_of(settings, "gateway"), clock)


def create_client(store: Store, role: Role, subject: str | None, name: str) -> NewClient:
    """Without HTTP; the secret is shown once."""
    return store.add_client(role, subject, name)


def _signs_since(connection: Connection, moment: datetime) -> bool:
    signs = select(_KEYS.c.kid).where(_KEYS.c.verifies_until.is_(None), _KEYS.c.created_at >= moment)
    return connection.execute(signs).first() is not None


def _checked(role: Role, subject: str | None, name: str) -> str:
    checks = Checks()
    checks.require("role", role in ROLES, "UNKNOWN_VALUE", "a client cannot have this role")
    checks.text("name", name, 100, required=True)
    subject = subject or ("operator" if role is Role.OPERATOR else random_id())
    plain = subject.isascii() and subject.replace("-", "").replace("_", "").replace(".", "").isalnum()
    checks.require(
        "subject", plain and len(subject) <= 64, "NOT_AN_ID", "must be letters, digits, dot, dash, underscore"
    )
    checks.done()
    return subject


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _client(row: object) -> Client:
    get = row._mapping  # type: ignore[attr-defined]
    return Client(get["id"], get["name"], Role(get["role"]), get["subject"], get["created_at"], get["revoked_at"])
