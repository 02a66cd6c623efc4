"""Owns the reference data: occupations, skills, places and priority neighbourhoods, in one immutable snapshot.

Publishes nothing and listens to nothing: a library like a time-zone database, read by memory map, safe between threads.
Serves codes for words (`occupations_for`, `skills_for`, `places_for`) and facts for codes; store `version` with a code.
"""

from services.referential.records import (
    CONFIDENT,
    Green,
    Guess,
    Occupation,
    Place,
    PlaceGuess,
    QpvAnswer,
    QpvState,
    Skill,
    SkillGuess,
    SkillKind,
)
from services.referential.resolve import Referential, open_snapshot
from services.referential.snapshot import SnapshotRefused

__all__ = [
    "CONFIDENT",
    "Green",
    "Guess",
    "Occupation",
    "Place",
    "PlaceGuess",
    "QpvAnswer",
    "QpvState",
    "Referential",
    "Skill",
    "SkillGuess",
    "SkillKind",
    "SnapshotRefused",
    "open_snapshot",
]
