"""The array kernel: the scalar formula of `domain`, over many rows at once. Equal to it by property test."""

from services.matching.kernel.codes import KINDS, Codes, Vocabulary
from services.matching.kernel.columns import (
    KINDS_NEVER_ASKED,
    NEVER,
    NO_LIMIT,
    UNKNOWN,
    OfferColumns,
    PeopleColumns,
    Ragged,
    Scores,
)
from services.matching.kernel.score import kilometres, score_offers, score_people

__all__ = [
    "KINDS",
    "KINDS_NEVER_ASKED",
    "NEVER",
    "NO_LIMIT",
    "UNKNOWN",
    "Codes",
    "OfferColumns",
    "PeopleColumns",
    "Ragged",
    "Scores",
    "Vocabulary",
    "kilometres",
    "score_offers",
    "score_people",
]
