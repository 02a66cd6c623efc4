"""What the first release made."""

from alembic.operations import Operations
from sqlalchemy import BigInteger, Column, LargeBinary, String, Text, UniqueConstraint, text

from services.kit.database.first_release import create_kit_tables


def upgrade(op: Operations) -> None:
    create_kit_tables(op)
    op.create_table(
        "organisations",
        Column("id", String, primary_key=True),
        Column("source", String),
        Column("external_id", String),
        Column("name", String, nullable=False),
        Column("siret", String, nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("document", Text, nullable=False),
        UniqueConstraint("source", "external_id"),
    )
    own = text("source IS NULL AND siret != ''")
    op.create_index(
        "organisations_own_siret", "organisations", ["siret"], unique=True, sqlite_where=own, postgresql_where=own
    )
    for name in ("offers", "courses"):
        op.create_table(
            name,
            Column("id", String, primary_key=True),
            Column("organisation_id", String, nullable=False),
            Column("external_id", String, nullable=False),
            Column("state", String, nullable=False),
            Column("created_at", BigInteger, nullable=False),
            Column("published_at", BigInteger),
            Column("expires_at", BigInteger),
            Column("version", BigInteger, nullable=False),
            Column("digest", LargeBinary, nullable=False),
            Column("document", Text, nullable=False),
            UniqueConstraint("organisation_id", "external_id"),
        )
        op.create_index(f"{name}_listed", name, ["organisation_id", "created_at", "id"])
        op.create_index(f"{name}_due", name, ["state", "expires_at"])
    op.create_table(
        "retellings",
        Column("organisation_id", String, primary_key=True),
        Column("shelf", String, primary_key=True),
        Column("after", String, nullable=False),
    )
