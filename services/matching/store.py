"""The durable half of matching: which matches were made, and which lists were shown. All SQL of the service."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    select,
)

from services.kit.database import Json, Moment, in_values, insert_many
from services.kit.private.erased import Erased

METADATA = MetaData()
MIGRATIONS = Path(__file__).with_name("migrations")

MATCHES = Table(
    "matches",
    METADATA,
    Column("person_id", String, primary_key=True),
    Column("offer_id", String, primary_key=True, index=True),
    Column("score", Float, nullable=False),
    Column("formula_version", String, nullable=False),
    Column("offer_version", Integer, nullable=False),
    Column("person_version", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)
"""Pairs that were told. A pair is told once, whatever is replayed or rebuilt."""

COURSE_MATCHES = Table(
    "course_matches",
    METADATA,
    Column("person_id", String, primary_key=True),
    Column("course_id", String, primary_key=True),
    Column("score", Float, nullable=False),
    Column("formula_version", String, nullable=False),
    Column("at", Moment, nullable=False),
)

FORGOTTEN = Erased(METADATA, Column("at", Moment, nullable=False), name="forgotten", key="person_id")
"""People erased not long ago: others may have been writing about them at that moment, and are cleaned up after."""

SHOWN = Table(
    "shown",
    METADATA,
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
    Column("parts", Json, nullable=False),
    Column("at", Moment, nullable=False),
    Index("shown_person", "person_id", "id"),
    Index("shown_offer", "offer_id", "id"),
    Index("shown_at", "at"),
)
"""The first twenty of each list that somebody saw, with every part, for audit."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One match as it was decided."""

    person_id: str
    offer_id: str
    score: float
    formula_version: str
    offer_version: int
    person_version: int


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of a list at the moment it was shown; `parts`: name → value."""

    list: str
    subject_id: str
    rank: int
    pair: Pair
    parts: Mapping[str, float]
    at: datetime


def people_told(connection: Connection, offer_id: str) -> set[str]:
    """Who was ever told of this offer."""
    return set(connection.scalars(select(MATCHES.c.person_id).where(MATCHES.c.offer_id == offer_id)))


def offers_told(connection: Connection, person_id: str) -> set[str]:
    """Of which offers this person was ever told."""
    return set(connection.scalars(select(MATCHES.c.offer_id).where(MATCHES.c.person_id == person_id)))


def courses_told(connection: Connection, person_id: str) -> set[str]:
    return set(connection.scalars(select(COURSE_MATCHES.c.course_id).where(COURSE_MATCHES.c.person_id == person_id)))


def keep_pairs(connection: Connection, pairs: Iterable[Pair], at: datetime) -> None:
    insert_many(connection, MATCHES, [{**asdict(pair), "at": at} for pair in pairs])


def keep_courses(
    connection: Connection, person_id: str, scores: Mapping[str, float], formula_version: str, at: datetime
) -> None:
    rows = [
        {"person_id": person_id, "course_id": course, "score": score, "formula_version": formula_version, "at": at}
        for course, score in scores.items()
    ]
    insert_many(connection, COURSE_MATCHES, rows)


def keep_shown(connection: Connection, lines: Iterable[Shown]) -> None:
    rows = [
        {
            "list": line.list,
            "subject_id": line.subject_id,
            "rank": line.rank,
            "parts": dict(line.parts),
            "at": line.at,
            **asdict(line.pair),
        }
        for line in lines
    ]
    if rows:
        connection.execute(insert(SHOWN), rows)


def shown(
    connection: Connection, person_id: str, offer_id: str, before: int | None, limit: int
) -> list[tuple[int, Shown]]:
    """Newest first, with each line's position; `before` is the position of the last line seen."""
    query = select(SHOWN).order_by(SHOWN.c.id.desc()).limit(limit)
    if person_id:
        query = query.where(SHOWN.c.person_id == person_id)
    if offer_id:
        query = query.where(SHOWN.c.offer_id == offer_id)
    if before is not None:
        query = query.where(SHOWN.c.id < before)
    return [(row.id, _shown(row)) for row in connection.execute(query)]


def forget_person(connection: Connection, person_id: str, now: datetime) -> None:
    """Nothing about this person stays."""
    _forget(connection, [person_id])
    FORGOTTEN.remember(connection, person_id, at=now)


def forgotten(connection: Connection) -> list[str]:
    """Who was forgotten of late."""
    return list(connection.scalars(select(FORGOTTEN.key)))


def forget_again(connection: Connection, people: Sequence[str], before: datetime) -> None:
    """What was written about people while they were forgotten goes too; those forgotten before then are done with."""
    _forget(connection, people)
    connection.execute(delete(FORGOTTEN.table).where(FORGOTTEN.table.c.at < before))


def _forget(connection: Connection, people: Sequence[str]) -> None:
    for table in (MATCHES, COURSE_MATCHES, SHOWN):
        connection.execute(delete(table).where(in_values(table.c.person_id, people)))


def prune_shown(connection: Connection, before: datetime, limit: int = 5000) -> int:
    """Drop some of the lines older than that; how many went."""
    old = select(SHOWN.c.id).where(SHOWN.c.at < before).limit(limit)
    return connection.execute(delete(SHOWN).where(SHOWN.c.id.in_(old))).rowcount


def counts(connection: Connection) -> dict[str, int]:
    tables: Sequence[Table] = (MATCHES, COURSE_MATCHES, SHOWN)
    return {t.name: connection.execute(select(func.count()).select_from(t)).scalar_one() for t in tables}


def _shown(row: Any) -> Shown:
    pair = Pair(row.person_id, row.offer_id, row.score, row.formula_version, row.offer_version, row.person_version)
    return Shown(row.list, row.subject_id, row.rank, pair, row.parts, row.at)
