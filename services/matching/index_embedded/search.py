"""The steps that both searches share: drive from the shortest list, narrow, score, page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from services.matching.index import (
    FACET_VALUES,
    Circle,
    Hit,
    Page,
    Query,
    distance_part,
    skills_part,
    text_part,
)
from services.matching.index_embedded.terms import Terms
from services.matching.index_embedded.views import Owned, R_co, View
from services.matching.index_shared.paging import K1, B, CursorState, page_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(slots=True)
class Matched:
    """Rows that pass what was asked so far, and what each earned."""

    rows: Ints
    distance_km: Floats | None = None
    shared: NDArray[np.int16] | None = None
    bm25: Floats | None = None

    def keep(self, passed: NDArray[Any]) -> None:
        """By a mask, or by positions."""
        self.rows = self.rows[passed]
        self.distance_km = None if self.distance_km is None else self.distance_km[passed]
        self.shared = None if self.shared is None else self.shared[passed]
        self.bm25 = None if self.bm25 is None else self.bm25[passed]

    def keep_within(
        self, query: Query, distance_km: Callable[[Circle, Ints], Floats], remote: NDArray[np.bool_]
    ) -> None:
        """`distance_km` of rows from the circle's center; `remote` is a column."""
        if query.within is not None:
            self.distance_km = distance_km(query.within, self.rows)
            inside = self.distance_km <= query.within.radius_km
            self.keep(inside | remote[self.rows] if query.include_remote else inside)

    def parts(self, within: Circle | None, asked: int) -> dict[str, Floats]:
        parts = {}
        if self.bm25 is not None:
            parts["text"] = text_part(self.bm25)
        if within is not None and self.distance_km is not None:
            parts["distance"] = distance_part(self.distance_km, within.radius_km)
        if self.shared is not None:
            parts["skills"] = skills_part(self.shared, asked)
        return parts


@dataclass(frozen=True, slots=True)
class Engine(Generic[R_co]):
    """One column store's view with the terms to read it."""

    view: View[R_co]
    terms: Terms

    @property
    def average_length(self) -> float:
        return self.view.statistics.average_length

    def idf(self, stem: str) -> float:
        return self.view.statistics.idf(self.terms.stem(stem))

    def first_rows(self, query: Query, stems: Sequence[str]) -> Ints:
        """A short list that holds every hit, dead rows and others among them."""
        if stems:
            return self.rows_with_words(stems)
        if query.skills:
            return np.flatnonzero(self.holders(self.terms.skills(query.skills)))
        if query.occupations:
            return np.flatnonzero(self.holders(self.terms.occupations(query.occupations)))
        return self.view.all_rows()

    def rows_with_words(self, stems: Sequence[str]) -> Ints:
        """Rows of the rarest one."""
        found = [self.view.words.find(self.terms.stem(stem), self.view.size)[0] for stem in stems]
        return self.view.rows_of(min(found, key=len))

    def holders(self, terms: Sequence[int]) -> NDArray[np.int16]:
        """For each row, how many of the terms it holds."""
        held = np.zeros(self.view.size, np.int16)
        for term in terms:
            held[self.view.rows_of(self.view.codes.find(term, self.view.size)[0])] += 1
        return held

    def narrow_to_codes(self, matched: Matched, query: Query) -> None:
        if query.occupations:
            matched.keep(self.holders(self.terms.occupations(query.occupations))[matched.rows] > 0)
        if query.skills:
            matched.shared = self.holders(self.terms.skills(query.skills))[matched.rows]
            matched.keep(matched.shared > 0)

    def narrow_to_text(self, matched: Matched, stems: Sequence[str], state: CursorState) -> None:
        """Every one must be there; BM25 with the weights of the postings as frequencies."""
        for stem, idf in zip(stems, state.idf, strict=True):
            weights = self._dense(self.terms.stem(stem))[matched.rows]
            matched.keep(weights > 0)
            scores = idf * self._bm25(matched.rows, weights[weights > 0], state.average_length)
            matched.bm25 = scores if matched.bm25 is None else matched.bm25 + scores

    def _dense(self, term: int) -> NDArray[np.uint8]:
        """By row, the weight of the term, or 0."""
        documents, weights = self.view.words.find(term, self.view.size)
        dense = np.zeros(self.view.size, np.uint8)
        dense[self.view.rows_of(documents)] = weights
        return dense

    def _bm25(self, rows: Ints, weights: NDArray[np.uint8], average_length: float) -> Floats:
        length = self.view.rows.own.length[rows] / average_length
        often = weights.astype(np.float64)
        return np.asarray(often * (K1 + 1) / (often + K1 * (1 - B + B * length)))


@dataclass(frozen=True, slots=True)
class Ranked:
    """The hits to be listed, and what orders them; `total` also counts those that a ranking left out."""

    matched: Matched
    parts: Mapping[str, Floats]
    scores: Floats
    total: int
    facets: Mapping[str, Sequence[tuple[str, int]]]
    ranked: bool = False

    def page(self, view: View[Owned], query: Query, state: CursorState) -> Page:
        """At most `page_size` hits behind the cursor."""
        marks = view.rows.own.mark[self.matched.rows]
        return page_of(
            query, self.ranked, state, self.scores, marks, lambda at: self._hit(view, at), self.total, self.facets
        )

    def _hit(self, view: View[Owned], at: int) -> Hit:
        distance = None if self.matched.distance_km is None else float(self.matched.distance_km[at])
        known = distance if distance is not None and isfinite(distance) else None
        parts = {name: float(values[at]) for name, values in self.parts.items()}
        return Hit(view.name(int(self.matched.rows[at])), float(self.scores[at]), parts, known)


def facet(numbers: NDArray[Any], names: Sequence[str]) -> list[tuple[str, int]]:
    """How many rows hold each number, most first, then by name; negative numbers and "" are no value."""
    counts = np.bincount(numbers[numbers >= 0])
    held = ((str(names[number]), int(counts[number])) for number in np.flatnonzero(counts).tolist())
    return sorted(((value, count) for value, count in held if value), key=lambda one: (-one[1], one[0]))[:FACET_VALUES]


def allowed(names: Sequence[str], values: frozenset[Any]) -> NDArray[np.bool_]:
    """By number, whether it is one of the values."""
    return np.array([name in values for name in names], np.bool_)
