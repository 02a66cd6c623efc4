"""The tables. What is searched or changed alone has a column; what an author says is one JSON document."""

from pathlib import Path

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, String, Table, Text, UniqueConstraint

from services.kit.database import Moment

METADATA = MetaData()
MIGRATIONS = Path(__file__).parents[1] / "migrations"

ORGANISATIONS = Table(
    "organisations",
    METADATA,
    Column("id", String, primary_key=True),
    Column("source", String),  # both null where it wrote itself
    Column("external_id", String),
    Column("name", String, nullable=False),
    Column("siret", String, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("source", "external_id"),
)
_OWN = ORGANISATIONS.c.source.is_(None) & (ORGANISATIONS.c.siret != "")
Index("organisations_own_siret", ORGANISATIONS.c.siret, unique=True, sqlite_where=_OWN, postgresql_where=_OWN)


def _postings(name: str) -> Table:
    return Table(
        name,
        METADATA,
        Column("id", String, primary_key=True),
        Column("organisation_id", String, nullable=False),
        Column("external_id", String, nullable=False),
        Column("state", String, nullable=False),
        Column("created_at", Moment, nullable=False),
        Column("published_at", Moment),
        Column("expires_at", Moment),
        Column("version", BigInteger, nullable=False),
        Column("digest", LargeBinary, nullable=False),
        Column("document", Text, nullable=False),
        UniqueConstraint("organisation_id", "external_id"),
        Index(f"{name}_listed", "organisation_id", "created_at", "id"),
        Index(f"{name}_due", "state", "expires_at"),
    )


OFFERS_TABLE = _postings("offers")
COURSES_TABLE = _postings("courses")

REPUBLICATIONS = Table(
    "retellings",
    METADATA,
    Column("organisation_id", String, primary_key=True),
    Column("shelf", String, primary_key=True),
    Column("after", String, nullable=False),
)
"""Organisations whose open postings are still to be published again; `after` is the last external id that was.

Table and column bear the names of the first release; `shelf` is the name of the postings' table."""
