"""Lists of matches, of candidates and of courses, search, and the record of lists that were shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np

from services.matching import store
from services.matching.deps import Deps
from services.matching.domain import Assessment, CourseMatch, course_matches
from services.matching.index import Candidates, Circle, CourseQuery, Page, SearchQuery
from services.matching.kernel import OfferColumns, score_offers
from services.matching.store import Pair, Shown
from services.matching.usecases.ranking import ScoredCandidates, after, assessed, offers_of, people_of
from services.matching.values import Offer, Person

NEAR_OFFERS = 100
"""The best so many offers near a person decide which courses help."""

COURSE_CANDIDATES = 100
SHOWN_RANKS = 20
AT_ONCE = 50
SHOWN_FOR = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Ranked:
    """One line of a list, best first; `rank` counts from 1, `position` is where a next page goes on."""

    rank: int
    assessment: Assessment
    position: tuple[float, str]


def matches_of(
    deps: Deps, person: Person, position: tuple[float, str] | None, size: int, now: datetime
) -> list[Ranked]:
    """The offers that match, best first; one more than `size` when there are more."""
    lines = list(islice(after(offers_of(deps, person, now).matched(), position), size + 1))
    offers = deps.index.offers([line.id for _, line in lines])
    return [
        Ranked(rank, assessed(deps, person, offers[line.id], now), (line.score, line.id))
        for rank, line in lines
        if line.id in offers
    ]


def candidates_of(
    deps: Deps, offer: Offer, position: tuple[float, str] | None, size: int, now: datetime
) -> list[Ranked]:
    """The people who match and agreed to be shown, best first; one more than `size` when there are more."""
    shown: list[Ranked] = []
    lines = after(people_of(deps, offer, now).matched(), position)
    while len(shown) <= size and (some := list(islice(lines, AT_ONCE))):
        people = deps.index.people([line.id for _, line in some])
        shown += [
            Ranked(rank, assessed(deps, people[line.id], offer, now), (line.score, line.id))
            for rank, line in some
            if line.id in people and people[line.id].visible_to_employers
        ]
    return shown[: size + 1]


def courses_for(deps: Deps, person: Person, now: datetime) -> list[CourseMatch]:
    """The courses that close gaps between this person and the best offers near them, the most useful first."""
    return courses_near(deps, person, offers_of(deps, person, now), now)


def courses_near(
    deps: Deps, person: Person, scored: ScoredCandidates[OfferColumns], now: datetime
) -> list[CourseMatch]:
    """The same, where the offers near them are scored already."""
    near = list(deps.index.offers([line.id for line in scored.passed(NEAR_OFFERS)]).values())
    asked = {code for offer in near for code in offer.all_skills}
    lacking = frozenset(asked.difference(person.skills or ()))
    if not lacking:
        return []
    hits = deps.index.search_courses(_teaching(deps, person, lacking)).hits
    courses = list(deps.index.courses([hit.id for hit in hits]).values())
    if not courses:
        return []
    return course_matches(person, near, courses, deps.formula, deps.codes.knowledge, now)


def search_offers(deps: Deps, query: SearchQuery, person: Person | None) -> Page:
    """Open offers; with a person, in the order of their match."""
    if person is None:
        return deps.index.search_offers(query)

    def rerank(found: Candidates[OfferColumns]) -> "np.ndarray[Any, np.dtype[np.float64]]":
        return score_offers(person, found.columns, found.rows, deps.codes, deps.formula, query.as_of).score

    return deps.index.search_offers(query, rerank)


def remember_shown(deps: Deps, name: str, subject_id: str, lines: Sequence[Ranked]) -> None:
    """Keep the first twenty of a list that somebody sees, with every part."""
    kept = [line for line in lines if line.rank <= SHOWN_RANKS]
    if not kept:
        return
    now = deps.units.clock()
    with deps.units() as unit:
        store.keep_shown(unit.connection, [_shown(name, subject_id, line, now) for line in kept])


def prune(deps: Deps) -> None:
    """Forget lists shown more than two years ago."""
    with deps.units() as unit:
        store.prune_shown(unit.connection, deps.units.clock() - SHOWN_FOR)


def _teaching(deps: Deps, person: Person, lacking: frozenset[str]) -> CourseQuery:
    limit = float(person.travel_limit_km or deps.formula.default_limit_km)
    bound = person.place if not person.anywhere else None
    within = Circle(bound, limit) if bound else None
    return CourseQuery(within=within, include_remote=True, skills=lacking, page_size=COURSE_CANDIDATES)


def _shown(name: str, subject_id: str, line: Ranked, now: datetime) -> Shown:
    said = line.assessment
    pair = Pair(
        said.person_id, said.offer_id, said.score, said.formula_version, said.offer_version, said.person_version
    )
    return Shown(name, subject_id, line.rank, pair, {part.name: part.value for part in said.parts}, now)
