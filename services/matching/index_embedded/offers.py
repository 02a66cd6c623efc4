"""Offers: found by place, by what they ask, and by their words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from services.matching.index import (
    DEFAULT_LIMIT_KM,
    RERANKED,
    TIERS_KM,
    Candidates,
    Circle,
    Page,
    Rerank,
    SearchQuery,
    freshness_part,
    relevance,
)
from services.matching.index_embedded.grid import place_keys, ranges_near
from services.matching.index_embedded.search import Engine, Matched, Ranked, allowed, facet
from services.matching.index_embedded.terms import Terms, most_shared
from services.matching.index_embedded.views import Own, View
from services.matching.index_shared.columns import spread
from services.matching.index_shared.paging import best, cursor_state
from services.matching.index_shared.places import ROUNDING_KM, distances_km
from services.matching.kernel import KINDS, Codes, OfferColumns, Vocabulary
from services.matching.kernel.codes import micros
from services.matching.values import Offer, Person

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_PLACED, _NOWHERE = 0, 1
_BAND_DEGREES = 0.1
_MICROS_PER_DAY = 86_400e6


@dataclass(frozen=True, slots=True)
class OfferRows:
    own: Own
    match: OfferColumns
    searchable: NDArray[np.bool_]
    contract: NDArray[np.int16]
    green_grade: NDArray[np.int16]


class OfferEncoder:
    """How offers become rows."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self.contracts = Vocabulary()
        self.green_grades = Vocabulary()

    def rows(self, values: Sequence[Offer], own: Own) -> OfferRows:
        match = self._codes.offers(values)
        groups = np.where(np.isnan(match.latitude), _NOWHERE, _PLACED)
        keys = place_keys(groups, _BAND_DEGREES, match.latitude, match.longitude)
        return OfferRows(
            own=replace(own, key=keys),
            match=match,
            searchable=np.array([offer.searchable for offer in values], np.bool_),
            contract=np.array([self.contracts.add(offer.contract) for offer in values], np.int16),
            green_grade=np.array([self.green_grades.add(offer.green_grade) for offer in values], np.int16),
        )


def offers_for(view: View[OfferRows], terms: Terms, person: Person, cap: int) -> Candidates[OfferColumns]:
    match = view.rows.match
    far, complete = most_shared(
        view, terms, person, lambda rows: match.open[rows] & (match.remote[rows] | person.anywhere), cap
    )
    rows = np.union1d(_within_limit(view, person), far)
    return Candidates(match, rows, distances_km(person.place, match, rows), complete, view.name, view.version)


def _within_limit(view: View[OfferRows], person: Person) -> Ints:
    if person.anywhere or person.place is None:
        return np.empty(0, np.int64)
    limit = DEFAULT_LIMIT_KM if person.travel_limit_km is None else min(person.travel_limit_km, TIERS_KM[-1])
    rows = view.living(_near(view, Circle(person.place, limit)))
    rows = rows[view.rows.match.open[rows]]
    return rows[distances_km(person.place, view.rows.match, rows) <= limit + ROUNDING_KM]


def _near(view: View[OfferRows], within: Circle) -> Ints:
    """Rows that hold every offer of the circle."""
    keys = view.rows.own.key[: view.base]
    base = spread(*ranges_near(keys, _PLACED, _BAND_DEGREES, within.center, within.radius_km))
    return np.concatenate([base, view.tail_near(view.rows.match.latitude, within.center, within.radius_km)])


def search_offers(
    view: View[OfferRows], terms: Terms, encoder: OfferEncoder, query: SearchQuery, rerank: Rerank | None
) -> Page:
    engine, match = Engine(view, terms), view.rows.match
    stems = terms.asked(query.text)
    state = cursor_state(query, rerank is not None, micros(query.as_of), stems, lambda: engine)
    matched = Matched(_first_rows(engine, query, stems))
    matched.keep(_open(view, encoder, query, matched.rows))
    matched.keep_within(query, lambda within, rows: distances_km(within.center, match, rows), match.remote)
    engine.narrow_to_codes(matched, query)
    engine.narrow_to_text(matched, stems, state)
    parts = matched.parts(query.within, len(query.skills))
    parts["freshness"] = freshness_part((state.as_of - match.published[matched.rows]) / _MICROS_PER_DAY)
    facets = _facets(view, terms.codes, encoder, matched.rows) if query.facets else {}
    found = Ranked(matched, parts, relevance(parts, len(matched.rows)), len(matched.rows), facets)
    return (_reranked(view, found, rerank) if rerank else found).page(view, query, state)


def _first_rows(engine: Engine[OfferRows], query: SearchQuery, stems: Sequence[str]) -> Ints:
    """The shorter of two lists that hold every hit, dead rows and others among them."""
    if query.within is None:
        return engine.first_rows(query, stems)
    near = _near(engine.view, query.within)
    if query.include_remote:
        near = np.union1d(near, np.flatnonzero(engine.view.rows.match.remote))
    rare = engine.rows_with_words(stems) if stems else near
    return rare if len(rare) < len(near) else near


def _open(view: View[OfferRows], encoder: OfferEncoder, query: SearchQuery, rows: Ints) -> NDArray[np.bool_]:
    match = view.rows.match
    passed = (view.rows.own.died[rows] > view.generation) & view.rows.searchable[rows]
    passed &= match.expires[rows] > micros(query.as_of)
    if query.kinds:
        passed &= allowed(KINDS, query.kinds)[match.kind[rows]]
    if query.green_grades:
        passed &= allowed(encoder.green_grades.codes, query.green_grades)[view.rows.green_grade[rows]]
    if query.contracts:
        passed &= allowed(encoder.contracts.codes, query.contracts)[view.rows.contract[rows]]
    return passed


def _facets(
    view: View[OfferRows], codes: Codes, encoder: OfferEncoder, rows: Ints
) -> dict[str, Sequence[tuple[str, int]]]:
    return {
        "kind": facet(view.rows.match.kind[rows], KINDS),
        "green_grade": facet(view.rows.green_grade[rows], encoder.green_grades.codes),
        "contract": facet(view.rows.contract[rows], encoder.contracts.codes),
        "occupation": facet(view.rows.match.occupation[rows], codes.occupations.codes),
    }


def _reranked(view: View[OfferRows], found: Ranked, rerank: Rerank) -> Ranked:
    top = np.sort(best(found.scores, view.rows.own.mark[found.matched.rows], RERANKED))
    matched = found.matched
    matched.keep(top)
    distance = np.full(len(top), np.nan) if matched.distance_km is None else matched.distance_km
    scores = rerank(
        Candidates(view.rows.match, matched.rows, distance, len(top) == found.total, view.name, view.version)
    )
    parts = {name: values[top] for name, values in found.parts.items()}
    return Ranked(matched, parts, np.asarray(scores, np.float64), found.total, found.facets, ranked=True)
