"""What the first release made."""

from alembic.operations import Operations
from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, String

from services.kit.database.first_release import create_kit_tables


def upgrade(op: Operations) -> None:
    create_kit_tables(op)
    op.create_table("master", Column("fingerprint", LargeBinary, primary_key=True))
    op.create_table(
        "people",
        Column("id", String, primary_key=True),
        Column("partner_id", String, nullable=False),
        Column("external_hash", LargeBinary, unique=True),
        Column("version", Integer, nullable=False),
        Column("band", Integer, nullable=False),
        Column("matchable", Boolean, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("sealed", LargeBinary, nullable=False),
    )
    op.create_table(
        "keys",
        Column("person_id", String, ForeignKey("people.id"), primary_key=True),
        Column("wrapped", LargeBinary, nullable=False),
    )
    op.create_table(
        "consents",
        Column("person_id", String, ForeignKey("people.id"), primary_key=True),
        Column("kind", String, primary_key=True),
        Column("grantee_id", String, primary_key=True),
        Column("granted_at", BigInteger, nullable=False),
        Column("withdrawn_at", BigInteger),
    )
    op.create_index("consents_grantee", "consents", ["kind", "grantee_id", "person_id"])
    op.create_table(
        "erased",
        Column("person_id", String, primary_key=True),
        Column("partner_id", String, nullable=False),
        Column("at", BigInteger, nullable=False),
    )
    _create_mentoring(op)


def _create_mentoring(op: Operations) -> None:
    op.create_table(
        "mentors",
        Column("id", String, primary_key=True),
        Column("version", Integer, nullable=False),
        Column("open", Boolean, nullable=False),
        Column("capacity", Integer, nullable=False),
        Column("document", JSON, nullable=False),
    )
    op.create_table(
        "mentor_occupations",
        Column("occupation_code", String, primary_key=True),
        Column("mentor_id", String, ForeignKey("mentors.id"), primary_key=True),
    )
    op.create_index("mentor_occupations_mentor", "mentor_occupations", ["mentor_id"])
    op.create_table(
        "mentorships",
        Column("id", String, primary_key=True),
        Column("person_id", String, ForeignKey("people.id"), nullable=False),
        Column("mentor_id", String, ForeignKey("mentors.id"), nullable=False),
        Column("state", String, nullable=False),
        Column("version", Integer, nullable=False),
        Column("asked_at", BigInteger, nullable=False),
        Column("changed_at", BigInteger, nullable=False),
        Column("sealed", LargeBinary, nullable=False),
    )
    op.create_index("mentorships_person", "mentorships", ["person_id", "id"])
    op.create_index("mentorships_mentor", "mentorships", ["mentor_id", "id"])
