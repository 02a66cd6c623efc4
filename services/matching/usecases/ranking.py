"""Scores candidates of the index with the kernel, and explains single pairs with the formula."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from services.matching.deps import Deps
from services.matching.domain import GATES, Assessment, assess
from services.matching.index import Candidates
from services.matching.kernel import OfferColumns, PeopleColumns, Scores, score_offers, score_people
from services.matching.values import Offer, Person

EVERY_GATE = (1 << len(GATES)) - 1
DIGITS = 9
"""A score is rounded so that it survives a page token."""


class Line(NamedTuple):
    """One candidate, by its id and the version that was scored."""

    id: str
    score: float
    version: int


C_co = TypeVar("C_co", covariant=True)


@dataclass(frozen=True, slots=True)
class ScoredCandidates(Generic[C_co]):
    """Candidates and their scores."""

    found: Candidates[C_co]
    scores: Scores

    def matched(self, most: int | None = None) -> list[Line]:
        """Those that match, best first, ties by id; with `most` at least so many of them, where there are so many."""
        matched = np.flatnonzero(self.scores.matched)
        if most is not None and 0 < most < len(matched):
            score = np.round(self.scores.score[matched], DIGITS)
            matched = matched[score >= np.partition(score, -most)[-most]]
        return self._named(matched)

    def passed(self, most: int) -> list[Line]:
        """The best of those that pass every gate, whether or not they reach the threshold."""
        passed = np.flatnonzero(self.scores.gates == EVERY_GATE)
        best = np.argsort(-self.scores.score[passed], kind="stable")[:most]
        return self._named(passed[best])

    def _named(self, lines: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> list[Line]:
        found, scores = self.found, self.scores.score
        rows = [(int(found.rows[line]), round(float(scores[line]), DIGITS)) for line in lines]
        named = [Line(found.name(row), score, found.version(row)) for row, score in rows]
        return sorted(named, key=lambda line: (-line.score, line.id))


def assessed(deps: Deps, person: Person, offer: Offer, now: datetime) -> Assessment:
    """One pair, with every gate, part and reason."""
    return assess(person, offer, deps.formula, deps.codes.knowledge, now)


def people_of(deps: Deps, offer: Offer, now: datetime) -> ScoredCandidates[PeopleColumns]:
    found = deps.index.people_for(offer)
    return ScoredCandidates(found, score_people(offer, found.columns, found.rows, deps.codes, deps.formula, now))


def offers_of(deps: Deps, person: Person, now: datetime) -> ScoredCandidates[OfferColumns]:
    found = deps.index.offers_for(person)
    return ScoredCandidates(found, score_offers(person, found.columns, found.rows, deps.codes, deps.formula, now))


def after(lines: Sequence[Line], position: tuple[float, str] | None) -> Iterator[tuple[int, Line]]:
    """The lines that follow this (score, id), each with its rank from 1; all of them when there is none."""
    for rank, line in enumerate(lines, 1):
        if position is None or (-line.score, line.id) > (-position[0], position[1]):
            yield rank, line
