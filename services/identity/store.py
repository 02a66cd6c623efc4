"""All SQL: clients (never their secrets) and signing keys. Small rows and rare writes, so writers take turns.

A secret is 256 random bits, so its plain SHA-256 cannot be guessed back; a slow hash guards weak human passwords, and
here it would only slow down every token request.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, MetaData, Row, String, Table, Text, delete, func, insert, select
from sqlalchemy import update as change

from services.identity.domain import Client, SigningKey
from services.kit.database import Moment

METADATA = MetaData()
MIGRATIONS = Path(__file__).with_name("migrations")
CLIENTS = Table(
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
KEYS = Table(
    "signing_keys",
    METADATA,
    Column("kid", String, primary_key=True),
    Column("private_pem", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("verifies_until", Moment),
)


def add_client(connection: Connection, client: Client, secret_hash: bytes) -> None:
    row = {"id": client.id, "name": client.name, "role": client.role, "subject": client.subject}
    row_with_bytes: dict[str, Any] = {**row, "secret_hash": secret_hash, "created_at": client.created_at}
    connection.execute(insert(CLIENTS), row_with_bytes)


def client(connection: Connection, client_id: str) -> Client | None:
    row = connection.execute(select(CLIENTS).where(CLIENTS.c.id == client_id)).one_or_none()
    return None if row is None else _client(row)


def secret_hash(connection: Connection, client_id: str) -> bytes | None:
    """None where there is no such client."""
    return connection.scalar(select(CLIENTS.c.secret_hash).where(CLIENTS.c.id == client_id))


def clients(connection: Connection, after: str, most: int) -> Sequence[Client]:
    query = select(CLIENTS).where(CLIENTS.c.id > after).order_by(CLIENTS.c.id).limit(most)
    return [_client(row) for row in connection.execute(query)]


def revoke(connection: Connection, client_id: str, now: datetime) -> None:
    """The first time counts."""
    unrevoked = CLIENTS.c.id == client_id, CLIENTS.c.revoked_at.is_(None)
    connection.execute(change(CLIENTS).where(*unrevoked).values(revoked_at=now))


def revoked_since(connection: Connection, moment: datetime) -> Sequence[str]:
    return connection.scalars(select(CLIENTS.c.id).where(CLIENTS.c.revoked_at >= moment)).all()


def keys(connection: Connection) -> Sequence[SigningKey]:
    query = select(KEYS.c.kid, KEYS.c.private_pem, KEYS.c.created_at, KEYS.c.verifies_until)
    return [SigningKey(*row) for row in connection.execute(query)]


def add_key(connection: Connection, key: SigningKey, others_until: datetime) -> None:
    """The others verify until then, and those that no longer do are removed."""
    connection.execute(delete(KEYS).where(KEYS.c.verifies_until < key.created_at))
    connection.execute(change(KEYS).where(KEYS.c.verifies_until.is_(None)).values(verifies_until=others_until))
    row = {"kid": key.kid, "private_pem": key.private_pem, "created_at": key.created_at}
    connection.execute(insert(KEYS), row)


def counts(connection: Connection) -> Mapping[str, int]:
    good = select(func.count()).select_from(CLIENTS).where(CLIENTS.c.revoked_at.is_(None))
    return {"clients": connection.execute(good).scalar_one()}


def _client(row: Row[Any]) -> Client:
    return Client(row.id, row.name, row.role, row.subject, row.created_at, row.revoked_at)
