"""When an offer or a person changed: publish the matches that were never published, each pair once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.kit.outbox import Unit
from services.matching import store
from services.matching.deps import Deps
from services.matching.domain import CourseMatch
from services.matching.kernel import OfferColumns
from services.matching.store import Pair
from services.matching.usecases.lists import courses_near
from services.matching.usecases.ranking import ScoredCandidates, offers_of, people_of
from services.matching.values import Course, Offer, Person

TOLD_PER_CHANGE = 20
"""At most so many new offers are told to a person at once, the best first; the rest stands in their list."""

COURSES_PER_CHANGE = 3
FORGOTTEN_FOR = timedelta(hours=1)
"""Longer than any transaction lasts."""


@dataclass(frozen=True, slots=True)
class OfferMatched:
    """An offer met people who were never told of it."""

    offer: Offer
    formula_version: str
    pairs: Sequence[Pair]


@dataclass(frozen=True, slots=True)
class PersonForgotten:
    """An erased person's record of matches is to go."""

    person_id: str


@dataclass(frozen=True, slots=True)
class PersonMatched:
    """A person met offers and courses that they were never told of."""

    person_id: str
    person_version: int
    formula_version: str
    offers: Sequence[tuple[Offer, float]]
    courses: Sequence[tuple[Course, CourseMatch]]


def changed(deps: Deps, unit: Unit, value: Offer | Course | Person, now: datetime) -> None:
    """Of a course people are told when they themselves change; until then they see it in their list."""
    if isinstance(value, Offer):
        _offer_changed(deps, unit, value, now)
    elif isinstance(value, Person):
        _person_changed(deps, unit, value, now)


def _offer_changed(deps: Deps, unit: Unit, offer: Offer, now: datetime) -> None:
    """Tell those who can take it and were never told of it."""
    if not (offer.searchable and offer.matchable):
        return
    told = store.people_told(unit.connection, offer.id)
    room = max(deps.formula.kept_per_offer - len(told), 0)
    version = deps.formula.version
    fits = people_of(deps, offer, now).matched(room + len(told))
    fresh = [line for line in fits if line.id not in told][:room]
    pairs = [Pair(line.id, offer.id, line.score, version, offer.version, line.version) for line in fresh]
    store.keep_pairs(unit.connection, pairs, now)
    if pairs:
        unit.publish(OfferMatched(offer, version, pairs))


def _person_changed(deps: Deps, unit: Unit, person: Person, now: datetime) -> None:
    """Tell them of the offers and courses that fit and that they were never told of."""
    if not person.matchable:
        return
    scored = offers_of(deps, person, now)
    offers = _new_offers(deps, unit, person, scored)
    version = deps.formula.version
    pairs = [Pair(person.id, offer.id, score, version, offer.version, person.version) for offer, score in offers]
    store.keep_pairs(unit.connection, pairs, now)
    courses = _new_courses(deps, unit, person, scored, now)
    if offers or courses:
        unit.publish(PersonMatched(person.id, person.version, version, offers, courses))


def person_erased(unit: Unit, person_id: str, now: datetime) -> None:
    """Nothing about them stays; the log is told to drop what was said of their matches."""
    store.forget_person(unit.connection, person_id, now)
    unit.publish(PersonForgotten(person_id))


def forget_again(deps: Deps) -> None:
    """A list that was being shown, an offer that met people in another process, or a write to the index that was on its
    way for long, knew nothing of an erasure.
    """
    with deps.units.reading() as connection:
        people = store.forgotten(connection)
    for person_id in people:
        deps.index.remove_person(person_id)
    with deps.units() as unit:
        store.forget_again(unit.connection, people, deps.units.clock() - FORGOTTEN_FOR)


def _new_offers(
    deps: Deps, unit: Unit, person: Person, scored: ScoredCandidates[OfferColumns]
) -> list[tuple[Offer, float]]:
    told = store.offers_told(unit.connection, person.id)
    ranked = scored.matched(TOLD_PER_CHANGE + len(told))
    fresh = [line for line in ranked if line.id not in told][:TOLD_PER_CHANGE]
    offers = deps.index.offers([line.id for line in fresh])
    return [(offers[line.id], line.score) for line in fresh if line.id in offers]


def _new_courses(
    deps: Deps, unit: Unit, person: Person, scored: ScoredCandidates[OfferColumns], now: datetime
) -> list[tuple[Course, CourseMatch]]:
    found = courses_near(deps, person, scored, now)
    told = store.courses_told(unit.connection, person.id) if found else set()
    fresh = [match for match in found if match.course_id not in told][:COURSES_PER_CHANGE]
    courses = deps.index.courses([match.course_id for match in fresh])
    kept = [(courses[match.course_id], match) for match in fresh if match.course_id in courses]
    scores = {course.id: match.score for course, match in kept}
    store.keep_courses(unit.connection, person.id, scores, deps.formula.version, now)
    return kept
