"""What matching does: keeps the index, makes matches when offers and people change, answers who fits what and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from services.kit.auth import Caller, Role
from services.kit.errors import not_found
from services.kit.outbox import Unit, Units
from services.matching import store
from services.matching.domain import GATES, Assessment, CourseMatch, Formula, assess, course_matches
from services.matching.index import Circle, CourseQuery, Found, Index, Page, Rerank, SearchQuery
from services.matching.kernel import Codes, OfferColumns, Scores, score_offers, score_people
from services.matching.store import Pair, Shown
from services.matching.values import Course, Offer, Person

TOLD_PER_CHANGE = 20
"""At most so many new offers are told to a person at once, the best first; the rest stands in their list."""

COURSES_PER_CHANGE = 3
NEAR_OFFERS = 100
"""The best so many offers near a person decide which courses help."""

COURSE_CANDIDATES = 100
EVERY_GATE = (1 << len(GATES)) - 1
SHOWN_RANKS = 20
SHOWN_FOR = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class OfferMet:
    """An offer met people who were never told of it."""

    offer: Offer
    formula_version: str
    pairs: Sequence[Pair]


@dataclass(frozen=True, slots=True)
class PersonMet:
    """A person met offers and courses that they were never told of."""

    person_id: str
    person_version: int
    formula_version: str
    offers: Sequence[tuple[Offer, float]]
    courses: Sequence[tuple[Course, CourseMatch]]


@dataclass(frozen=True, slots=True)
class Matching:
    """What the use cases work with."""

    index: Index
    codes: Codes
    formula: Formula
    units: Units


@dataclass(frozen=True, slots=True)
class Ranked:
    """One line of a list, best first; `position` is where a next page goes on."""

    assessment: Assessment
    position: tuple[float, str]


# What the events do


def offer_changed(matching: Matching, unit: Unit, offer: Offer, now: datetime) -> None:
    """Keep it, and tell those who can take it and were never told of it."""
    if _is_old(matching.index.offer(offer.id), offer):
        return
    matching.index.put_offers([offer])
    if not (offer.searchable and offer.matchable):
        return
    told = store.people_told(unit.connection, offer.id)
    room = matching.formula.kept_per_offer - len(told)
    found = matching.index.people_for(offer)
    scores = score_people(offer, found.columns, found.rows, matching.codes, matching.formula, now)
    pairs = [
        Pair(person.id, offer.id, score, matching.formula.version, offer.version, person.version)
        for person_id, score in _best(found, scores)
        if person_id not in told and (person := matching.index.person(person_id))
    ][: max(room, 0)]
    store.keep_pairs(unit.connection, pairs, now)
    if pairs:
        unit.publish(OfferMet(offer, matching.formula.version, pairs))


def person_changed(matching: Matching, unit: Unit, person: Person, now: datetime) -> None:
    """Keep them, and tell them of the offers and courses that fit and that they were never told of."""
    if _is_old(matching.index.person(person.id), person):
        return
    matching.index.put_people([person])
    if not person.matchable:
        return
    told = store.offers_told(unit.connection, person.id)
    ranked = _offers_of(matching, person, now)
    fresh = [(offer_id, score) for offer_id, score in ranked if offer_id not in told][:TOLD_PER_CHANGE]
    offers = [(offer, score) for offer_id, score in fresh if (offer := matching.index.offer(offer_id))]
    version = matching.formula.version
    pairs = [Pair(person.id, offer.id, score, version, offer.version, person.version) for offer, score in offers]
    store.keep_pairs(unit.connection, pairs, now)
    courses = _new_courses(matching, unit, person, now)
    if offers or courses:
        unit.publish(PersonMet(person.id, person.version, version, offers, courses))


def course_changed(matching: Matching, course: Course) -> None:
    """Keep it; people see it in their list, and are told of it when they change."""
    matching.index.put_courses([course])


def person_erased(matching: Matching, unit: Unit, person_id: str) -> None:
    """Nothing about them stays."""
    matching.index.remove_person(person_id)
    store.forget_person(unit.connection, person_id)


def _is_old(known: Offer | Person | None, given: Offer | Person) -> bool:
    return known is not None and known.version > given.version


def _new_courses(matching: Matching, unit: Unit, person: Person, now: datetime) -> list[tuple[Course, CourseMatch]]:
    told = store.courses_told(unit.connection, person.id)
    fresh = [match for match in courses_for(matching, person, now) if match.course_id not in told]
    kept = [(course, m) for m in fresh[:COURSES_PER_CHANGE] if (course := matching.index.course(m.course_id))]
    scores = {course.id: match.score for course, match in kept}
    store.keep_courses(unit.connection, person.id, scores, matching.formula.version, now)
    return kept


# What is asked


def matches_of(
    matching: Matching, person: Person, after: tuple[float, str] | None, size: int, now: datetime
) -> list[Ranked]:
    """The offers that match, best first; one more than `size` when there are more."""
    ranked = _after(_offers_of(matching, person, now), after)[: size + 1]
    return [
        Ranked(_assess(matching, person, offer, now), (score, offer_id))
        for offer_id, score in ranked
        if (offer := matching.index.offer(offer_id))
    ]


def candidates_of(
    matching: Matching, offer: Offer, after: tuple[float, str] | None, size: int, now: datetime
) -> list[Ranked]:
    """The people who match and agreed to be shown, best first; one more than `size` when there are more."""
    found = matching.index.people_for(offer)
    scores = score_people(offer, found.columns, found.rows, matching.codes, matching.formula, now)
    lines: list[Ranked] = []
    for person_id, score in _after(_best(found, scores), after):
        person = matching.index.person(person_id)
        if person and person.visible_to_employers:
            lines.append(Ranked(_assess(matching, person, offer, now), (score, person_id)))
        if len(lines) > size:
            break
    return lines


def courses_for(matching: Matching, person: Person, now: datetime) -> list[CourseMatch]:
    """The courses that close gaps between this person and the best offers near them, the most useful first."""
    near = _near_offers(matching, person, now)
    lacking = frozenset(
        code
        for offer in near
        for code in offer.required_skills | offer.wished_skills
        if code not in (person.skills or {})
    )
    if not lacking:
        return []
    limit = float(person.travel_limit_km or matching.formula.default_limit_km)
    query = CourseQuery(
        within=Circle(person.place, limit) if person.place and not person.anywhere else None,
        include_remote=True,
        skills=lacking,
        page_size=COURSE_CANDIDATES,
    )
    found = [matching.index.course(hit.id) for hit in matching.index.search_courses(query).hits]
    courses = [course for course in found if course]
    return course_matches(person, near, courses, matching.formula, matching.codes.knowledge, now)


def search_offers(matching: Matching, query: SearchQuery, person: Person | None) -> Page:
    """Open offers; with a person, in the order of their match."""
    return matching.index.search_offers(query, _by_match(matching, person, query.as_of) if person else None)


def explain(matching: Matching, person: Person, offer: Offer, now: datetime) -> Assessment:
    """Why, or why not."""
    return _assess(matching, person, offer, now)


def visible_person(matching: Matching, caller: Caller, person_id: str) -> Person:
    """The person, if this caller may see their matches; a missing person and a hidden one look the same."""
    person = matching.index.person(person_id)
    if person is None or not _sees_person(caller, person):
        raise not_found("person", person_id)
    return person


def explained_pair(matching: Matching, caller: Caller, person_id: str, offer_id: str) -> tuple[Person, Offer]:
    """Both, if this caller may see how they fit."""
    offer = matching.index.offer(offer_id)
    if caller.role is not Role.RECRUITER:
        person = visible_person(matching, caller, person_id)
        if offer is None:
            raise not_found("offer", offer_id)
        return person, offer
    own = own_offer(matching, caller, offer_id)
    shown = matching.index.person(person_id)
    if shown is None or not shown.visible_to_employers:
        raise not_found("person", person_id)
    return shown, own


def own_offer(matching: Matching, caller: Caller, offer_id: str) -> Offer:
    """The offer, if its people may be shown to this caller."""
    offer = matching.index.offer(offer_id)
    if offer is None or not (offer.sees_people and caller.may_act_for(Role.RECRUITER, offer.organisation_id)):
        raise not_found("offer", offer_id)
    return offer


# What was shown


def remember_shown(matching: Matching, name: str, subject_id: str, first: int, lines: Sequence[Assessment]) -> None:
    """Keep the first twenty of a list that somebody sees, with every part."""
    kept = list(enumerate(lines, first))[: max(SHOWN_RANKS - first + 1, 0)]
    if not kept:
        return
    now = matching.units.clock()
    with matching.units() as unit:
        store.keep_shown(unit.connection, [_shown(name, subject_id, rank, line, now) for rank, line in kept])


def prune(matching: Matching) -> None:
    """Forget lists shown more than two years ago."""
    with matching.units() as unit:
        store.prune_shown(unit.connection, matching.units.clock() - SHOWN_FOR)


def _shown(name: str, subject_id: str, rank: int, line: Assessment, now: datetime) -> Shown:
    pair = Pair(
        line.person_id, line.offer_id, line.score, line.formula_version, line.offer_version, line.person_version
    )
    return Shown(name, subject_id, rank, pair, {part.name: part.value for part in line.parts}, now)


# Ranking


def _assess(matching: Matching, person: Person, offer: Offer, now: datetime) -> Assessment:
    return assess(person, offer, matching.formula, matching.codes.knowledge, now)


def _offers_of(matching: Matching, person: Person, now: datetime) -> list[tuple[str, float]]:
    found = matching.index.offers_for(person)
    return _best(found, score_offers(person, found.columns, found.rows, matching.codes, matching.formula, now))


def _near_offers(matching: Matching, person: Person, now: datetime) -> list[Offer]:
    """Those that pass the gates, best first, whether or not they reach the threshold."""
    found = matching.index.offers_for(person)
    scores = score_offers(person, found.columns, found.rows, matching.codes, matching.formula, now)
    passed = np.flatnonzero(scores.gates == EVERY_GATE)
    best = passed[np.argsort(-scores.score[passed], kind="stable")][:NEAR_OFFERS]
    named = [matching.index.offer(found.name(int(found.rows[line]))) for line in best]
    return [offer for offer in named if offer]


def _best(found: "Found[object]", scores: Scores) -> list[tuple[str, float]]:
    """Those that match: id and score, best first, ties by id."""
    matched = np.flatnonzero(scores.matched)
    named = [(found.name(int(found.rows[line])), round(float(scores.score[line]), 9)) for line in matched]
    return sorted(named, key=lambda one: (-one[1], one[0]))


def _after(ranked: Sequence[tuple[str, float]], position: tuple[float, str] | None) -> Sequence[tuple[str, float]]:
    if position is None:
        return ranked
    score, name = position
    return [one for one in ranked if (-one[1], one[0]) > (-score, name)]


def _by_match(matching: Matching, person: Person, now: datetime) -> Rerank:
    def rerank(found: Found[OfferColumns]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return score_offers(person, found.columns, found.rows, matching.codes, matching.formula, now).score

    return rerank


def _sees_person(caller: Caller, person: Person) -> bool:
    known = {Role.PARTNER: person.partner_ids, Role.MENTOR: person.mentor_ids, Role.PERSON: {person.id}}
    return caller.role in (Role.OPERATOR, Role.SERVICE) or caller.subject in known.get(caller.role, ())
