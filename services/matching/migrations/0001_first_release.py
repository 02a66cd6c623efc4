"""What the first release made."""

from alembic.operations import Operations
from sqlalchemy import JSON, BigInteger, Column, Float, Integer, String

from services.kit.database.first_release import create_kit_tables


def upgrade(op: Operations) -> None:
    create_kit_tables(op)
    op.create_table(
        "matches",
        Column("person_id", String, primary_key=True),
        Column("offer_id", String, primary_key=True),
        Column("score", Float, nullable=False),
        Column("formula_version", String, nullable=False),
        Column("offer_version", Integer, nullable=False),
        Column("person_version", Integer, nullable=False),
        Column("at", BigInteger, nullable=False),
    )
    op.create_index("ix_matches_offer_id", "matches", ["offer_id"])
    op.create_table(
        "course_matches",
        Column("person_id", String, primary_key=True),
        Column("course_id", String, primary_key=True),
        Column("score", Float, nullable=False),
        Column("formula_version", String, nullable=False),
        Column("at", BigInteger, nullable=False),
    )
    op.create_table(
        "shown",
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("list", String, nullable=False),
        Column("subject_id", String, nullable=False),
        Column("rank", Integer, nullable=False),
        Column("person_id", String, nullable=False),
        Column("offer_id", String, nullable=False),
        Column("score", Float, nullable=False),
        Column("formula_version", String, nullable=False),
        Column("offer_version", Integer, nullable=False),
        Column("person_version", Integer, nullable=False),
        Column("parts", JSON, nullable=False),
        Column("at", BigInteger, nullable=False),
    )
    op.create_index("shown_person", "shown", ["person_id", "id"])
    op.create_index("shown_offer", "shown", ["offer_id", "id"])
    op.create_index("shown_at", "shown", ["at"])
