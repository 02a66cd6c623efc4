"""The tables. What is personal stands only in `sealed` columns; ids are pseudonyms, hashes are keyed."""

from pathlib import Path

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table

from services.kit.database import Json, Moment
from services.kit.private.erased import Erased
from services.kit.private.master_key import master_table
from services.kit.private.vault import keys_table

METADATA = MetaData()
MIGRATIONS = Path(__file__).parents[1] / "migrations"

MASTER = master_table(METADATA)

PEOPLE = Table(
    "people",
    METADATA,
    Column("id", String, primary_key=True),
    Column("partner_id", String, nullable=False),
    Column("external_hash", LargeBinary, unique=True),
    Column("version", Integer, nullable=False),
    Column("band", Integer, nullable=False),
    Column("matchable", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

KEYS = keys_table(METADATA, Column("person_id", ForeignKey("people.id"), primary_key=True))

CONSENTS = Table(
    "consents",
    METADATA,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("kind", String, primary_key=True),
    Column("grantee_id", String, primary_key=True),
    Column("granted_at", Moment, nullable=False),
    Column("withdrawn_at", Moment),
    Index("consents_grantee", "kind", "grantee_id", "person_id"),
)

ERASED = Erased(
    METADATA, Column("partner_id", String, nullable=False), Column("at", Moment, nullable=False), key="person_id"
)
"""Ids that are never given again, so that repeating an erasure, or a write from before it, revives nobody."""

MENTORS = Table(
    "mentors",
    METADATA,
    Column("id", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("document", Json, nullable=False),
)

MENTOR_OCCUPATIONS = Table(
    "mentor_occupations",
    METADATA,
    Column("occupation_code", String, primary_key=True),
    Column("mentor_id", ForeignKey("mentors.id"), primary_key=True),
    Index("mentor_occupations_mentor", "mentor_id"),
)

MENTORSHIPS = Table(
    "mentorships",
    METADATA,
    Column("id", String, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("mentor_id", ForeignKey("mentors.id"), nullable=False),
    Column("state", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("mentorships_person", "person_id", "id"),
    Index("mentorships_mentor", "mentor_id", "id"),
)
