"""Terms: the numbers by which rows are found. Stems have their own numbers; skills and occupations share theirs."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from services.matching.index import OCCUPATION_WEIGHT
from services.matching.index_embedded.views import Owned, View
from services.matching.index_shared.analysis import Analyser
from services.matching.index_shared.paging import best
from services.matching.kernel import UNKNOWN, Codes
from services.matching.values import Offer, Person, Value

Ints = NDArray[np.int64]


class Terms:
    """`stems_of` and `codes_of` belong to the writer; the others may run in any thread meanwhile."""

    def __init__(self, analyser: Analyser, codes: Codes) -> None:
        self.codes = codes
        self.asked = analyser.asked
        self._analyser = analyser
        self._numbers: dict[str, int] = {}

    def stems_of(self, value: Value) -> tuple[Mapping[int, int], int]:
        """The weight of each stem of its text, and the number of its words; people have no text."""
        if isinstance(value, Person):
            return {}, 0
        weights, length = self._analyser.of(value)
        numbers = self._numbers
        return {numbers.setdefault(stem, len(numbers)): weight for stem, weight in weights.items()}, length

    def codes_of(self, value: Value) -> Mapping[int, int]:
        """Its skills and occupations, each with the weight 1."""
        skills = [_skill_term(self.codes.skills.add(code)) for code in value.all_skills]
        occupations = [_occupation_term(self.codes.occupations.add(code)) for code in value.occupation_codes]
        return dict.fromkeys(skills + occupations, 1)

    def stem(self, stem: str) -> int:
        """UNKNOWN for one that no text ever held."""
        return self._numbers.get(stem, UNKNOWN)

    def skills(self, codes: Iterable[str]) -> list[int]:
        return [_skill_term(self.codes.skills.get(code)) for code in codes]

    def occupations(self, codes: Iterable[str]) -> list[int]:
        return [_occupation_term(self.codes.occupations.get(code)) for code in codes]


def most_shared(
    view: View[Owned], terms: Terms, of: Offer | Person, among: Callable[[Ints], NDArray[np.bool_]], cap: int
) -> tuple[Ints, bool]:
    """At most `cap` rows that share most skills and occupations with it, ascending, and whether these are all."""
    shared = np.zeros(view.size)
    skills, occupations = sorted(of.all_skills), sorted(of.occupation_codes)  # so that sums always round alike
    weights = [*map(terms.codes.knowledge.idf, skills), *(OCCUPATION_WEIGHT for _ in occupations)]
    for term, weight in zip(terms.skills(skills) + terms.occupations(occupations), weights, strict=True):
        shared[view.rows_of(view.codes.find(term, view.size)[0])] += weight
    rows = view.living(np.flatnonzero(shared))
    rows = rows[among(rows)]
    return np.sort(rows[best(shared[rows], view.rows.own.mark[rows], cap)]), len(rows) <= cap


def _skill_term(number: int) -> int:
    """UNKNOWN becomes a term that nothing holds."""
    return number * 2


def _occupation_term(number: int) -> int:
    return number * 2 + 1 if number >= 0 else number
