"""Courses: few enough for every session's distance to be computed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from services.matching.index import Circle, CourseQuery, Page, relevance
from services.matching.index_embedded.search import Engine, Matched, Ranked, allowed, facet
from services.matching.index_embedded.terms import Terms
from services.matching.index_embedded.views import Own, View
from services.matching.index_shared.columns import flat, ragged
from services.matching.index_shared.paging import cursor_state
from services.matching.kernel import Codes, Ragged, Vocabulary, kilometres
from services.matching.values import Course

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CourseRows:
    own: Own
    searchable: NDArray[np.bool_]
    remote: NDArray[np.bool_]
    green_grade: NDArray[np.int16]
    occupations: Ragged
    funding: Ragged
    latitudes: Ragged  # degrees, of the sessions that have a place
    longitudes: Ragged


class CourseEncoder:
    """How courses become rows."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self.funding = Vocabulary()
        self.green_grades = Vocabulary()

    def rows(self, values: Sequence[Course], own: Own) -> CourseRows:
        places = [[session.place for session in course.sessions if session.place] for course in values]
        add = self._codes.occupations.add
        return CourseRows(
            own=own,
            searchable=np.array([course.searchable for course in values], np.bool_),
            remote=np.array([any(session.remote for session in course.sessions) for course in values], np.bool_),
            green_grade=np.array([self.green_grades.add(course.green_grade) for course in values], np.int16),
            occupations=ragged([[add(code) for code in course.occupation_codes] for course in values], np.int32),
            funding=ragged([[self.funding.add(name) for name in course.funding] for course in values], np.int32),
            latitudes=ragged([[place.latitude for place in held] for held in places], np.float64),
            longitudes=ragged([[place.longitude for place in held] for held in places], np.float64),
        )


def search_courses(view: View[CourseRows], terms: Terms, encoder: CourseEncoder, query: CourseQuery) -> Page:
    engine = Engine(view, terms)
    stems = terms.asked(query.text)
    state = cursor_state(query, False, 0, stems, lambda: engine)
    matched = Matched(engine.first_rows(query, stems))
    matched.keep((view.rows.own.died[matched.rows] > view.generation) & view.rows.searchable[matched.rows])
    if query.funding:
        matched.keep(_funded(view, encoder, query.funding, matched.rows))
    engine.narrow_to_codes(matched, query)
    engine.narrow_to_text(matched, stems, state)
    matched.keep_within(query, partial(_nearest, view), view.rows.remote)
    parts = matched.parts(query.within, len(query.skills))
    facets = _facets(view, terms.codes, encoder, matched.rows) if query.facets else {}
    scores = relevance(parts, len(matched.rows))
    return Ranked(matched, parts, scores, len(matched.rows), facets).page(view, query, state)


def _funded(view: View[CourseRows], encoder: CourseEncoder, funding: frozenset[str], rows: Ints) -> NDArray[np.bool_]:
    numbers, positions = flat(view.rows.funding, rows)
    passed = np.zeros(len(rows), np.bool_)
    passed[positions[allowed(encoder.funding.codes, funding)[numbers]]] = True
    return passed


def _nearest(view: View[CourseRows], within: Circle, rows: Ints) -> NDArray[np.float64]:
    """The distance of each course's nearest session; infinite without any."""
    latitudes, positions = flat(view.rows.latitudes, rows)
    longitudes, _ = flat(view.rows.longitudes, rows)
    nearest = np.full(len(rows), np.inf)
    np.minimum.at(nearest, positions, kilometres(within.center, latitudes, longitudes))
    return nearest


def _facets(
    view: View[CourseRows], codes: Codes, encoder: CourseEncoder, rows: Ints
) -> dict[str, Sequence[tuple[str, int]]]:
    return {
        "green_grade": facet(view.rows.green_grade[rows], encoder.green_grades.codes),
        "funding": facet(flat(view.rows.funding, rows)[0], encoder.funding.codes),
        "occupation": facet(flat(view.rows.occupations, rows)[0], codes.occupations.codes),
    }
