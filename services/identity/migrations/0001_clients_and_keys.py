"""Clients and signing keys, as the gateway of the first release kept them."""

from alembic.operations import Operations
from sqlalchemy import BigInteger, Column, LargeBinary, String, Text

from services.kit.database.first_release import create_kit_tables


def upgrade(op: Operations) -> None:
    create_kit_tables(op)
    op.create_table(
        "clients",
        Column("id", String, primary_key=True),
        Column("name", String, nullable=False),
        Column("role", String, nullable=False),
        Column("subject", String, nullable=False),
        Column("secret_hash", LargeBinary, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("revoked_at", BigInteger),
    )
    op.create_table(
        "signing_keys",
        Column("kid", String, primary_key=True),
        Column("private_pem", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("verifies_until", BigInteger),
    )
