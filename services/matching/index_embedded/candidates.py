"""Who shares most: the way to candidates that geography cannot give."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from services.matching.index import OCCUPATION_WEIGHT
from services.matching.index_embedded.views import Owned, View
from services.matching.index_shared.ranking import best
from services.matching.kernel import Codes

Ints = NDArray[np.int64]


def skill_term(number: int) -> int:
    """UNKNOWN becomes a term that nothing holds."""
    return number * 2


def occupation_term(number: int) -> int:
    return number * 2 + 1 if number >= 0 else number


def term_weights(codes: Codes, skills: Iterable[str], occupations: Iterable[str]) -> dict[int, float]:
    """What sharing each is worth; in the order of the codes, so that sums round alike whatever their numbers."""
    weights = {skill_term(codes.skills.get(code)): codes.knowledge.idf(code) for code in sorted(skills)}
    return weights | {occupation_term(codes.occupations.get(code)): OCCUPATION_WEIGHT for code in sorted(occupations)}


def most_shared(
    view: View[Owned], weights: Mapping[int, float], among: Callable[[Ints], NDArray[np.bool_]], cap: int
) -> tuple[Ints, bool]:
    """At most `cap` rows that hold one of the terms, ascending, and whether these are all."""
    shared = np.zeros(view.size)
    for term, weight in weights.items():
        rows = view.rows_of(view.codes.find(term, view.size)[0])
        shared[rows] += weight
    rows = view.living(np.flatnonzero(shared))
    rows = rows[among(rows)]
    return np.sort(rows[best(shared[rows], view.rows.own.mark[rows], cap)]), len(rows) <= cap
