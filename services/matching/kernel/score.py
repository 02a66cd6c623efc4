"""One subject against many candidates: the formula of `domain`, as arrays.

The subject becomes columns of one row, which broadcast against the candidates; only what goes through codes (skills,
occupations, licences) differs by direction, and is gathered in `_Fit`.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.common.values import Point
from services.matching.domain.formula import Formula
from services.matching.domain.gates import AGES_OF_BAND, EARTH_RADIUS_KM
from services.matching.domain.parts import held_share
from services.matching.kernel.codes import Codes, micros
from services.matching.kernel.columns import (
    KINDS_NEVER_ASKED,
    NO_LIMIT,
    UNKNOWN,
    OfferColumns,
    PeopleColumns,
    Ragged,
    Scores,
)
from services.matching.values import AgeBand, Offer, Person

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rows = NDArray[np.integer]

NOTHING = -1.0
"""A closeness where there is nothing to compare."""

_YOUNGEST = np.array([AGES_OF_BAND[band][0] for band in AgeBand])
_OLDEST = np.array([AGES_OF_BAND[band][1] for band in AgeBand])
_MICROS_A_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class _Fit:
    """What needs codes, one value a candidate."""

    coverage: Floats  # NaN: unknown, or not asked
    requires: Bools  # the offer requires skills, and does not only wish for some
    wished: Floats  # closeness of the nearest wished occupation, or NOTHING
    past: Floats
    licences: Bools  # all that the offer asks are held, or the person was never asked


def score_people(
    offer: Offer, columns: PeopleColumns, rows: Rows, codes: Codes, formula: Formula, now: datetime
) -> Scores:
    """One offer against the people of these rows."""
    people = _take(columns, rows)
    subject = Codes(codes.knowledge).offers([offer])
    fit = _Fit(
        coverage=_coverage_by_people(offer, people.skills, codes, formula),
        requires=np.array([bool(offer.required_skills)]),
        wished=_nearest_to(offer, people.wished, codes),
        past=_nearest_to(offer, people.past, codes),
        licences=_licences(people.licences, offer.licences.issubset, codes),
    )
    return _score(people, subject, fit, formula, now)


def score_offers(
    person: Person, columns: OfferColumns, rows: Rows, codes: Codes, formula: Formula, now: datetime
) -> Scores:
    """One person against the offers of these rows."""
    offers = _take(columns, rows)
    subject = Codes(codes.knowledge).people([person])
    fit = _Fit(
        coverage=_coverage_of_offers(person, offers.skills, codes, formula),
        requires=_requires(offers.skills),
        wished=_nearest_from(person.wished_occupations or frozenset(), offers.occupation, codes),
        past=_nearest_from(person.past_occupations, offers.occupation, codes),
        licences=_licences(offers.licences, lambda asked: person.licences is None or asked <= person.licences, codes),
    )
    return _score(subject, offers, fit, formula, now)


def _score(people: PeopleColumns, offers: OfferColumns, fit: _Fit, formula: Formula, now: datetime) -> Scores:
    distance = kilometres(people, offers.latitude, offers.longitude)
    limit = np.where(people.travel_limit == UNKNOWN, formula.default_limit_km, people.travel_limit)
    passed = _gates(people, offers, fit, distance <= limit, now)
    parts = np.empty((len(fit.coverage), len(formula.weights)))
    parts[:, 0] = _skills(fit, formula)
    parts[:, 1] = _occupation(fit, formula)
    parts[:, 2] = _place(people, offers, distance, limit, formula)
    parts[:, 3] = _wishes(people, offers, fit, formula, now)
    parts[:, 4] = _freshness(offers, formula, now)
    weights = np.array(formula.weights)
    score = parts @ weights / weights.sum()
    every = (1 << len(passed)) - 1
    gates = np.zeros(len(score), np.uint8)
    for bit, gate in enumerate(passed):
        gates |= gate.astype(np.uint8) << bit
    return Scores(gates, parts, score, (gates == every) & (score >= formula.threshold))


# Rows

_Columns = TypeVar("_Columns", PeopleColumns, OfferColumns)


def _take(columns: _Columns, rows: Rows) -> _Columns:
    taken: dict[str, Any] = {}
    for field in fields(columns):
        column = getattr(columns, field.name)
        if isinstance(column, Ragged):
            taken[field.name] = Ragged(column.start[rows], column.count[rows], column.values)
        else:
            taken[field.name] = column[rows]
    return replace(columns, **taken)


def _flat(ragged: Ragged) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The row and the number of every entry."""
    count = np.maximum(ragged.count, 0)
    row = np.repeat(np.arange(len(count)), count)
    shift = ragged.start - (np.cumsum(count) - count)
    return row, ragged.values[np.arange(len(row)) + shift[row]]


# Codes


def _coverage_by_people(offer: Offer, skills: Ragged, codes: Codes, formula: Formula) -> Floats:
    idf = codes.knowledge.idf
    asked = {code: formula.wished_skill * idf(code) for code in offer.wished_skills}
    asked |= {code: idf(code) for code in offer.required_skills}
    if not asked:
        return np.full(len(skills.count), np.nan)
    counts = np.zeros(2 * len(codes.skills))
    for code, weight in asked.items():
        if (number := codes.skills.get(code)) != UNKNOWN:
            counts[2 * number : 2 * number + 2] = weight * formula.stated_skill, weight
    row, held = _flat(skills)
    covered = np.bincount(row, counts[held], len(skills.count)) / sum(asked.values())
    return np.where(skills.count == UNKNOWN, np.nan, covered)


def _coverage_of_offers(person: Person, skills: Ragged, codes: Codes, formula: Formula) -> Floats:
    if person.skills is None:
        return np.full(len(skills.count), np.nan)
    shares = np.zeros(len(codes.skills))
    for code in person.skills:
        if (number := codes.skills.get(code)) != UNKNOWN:
            shares[number] = held_share(person, code, formula)
    row, asked = _flat(skills)
    counts = codes.idf()[asked >> 1] * np.where(asked & 1, 1.0, formula.wished_skill)
    covered = np.bincount(row, counts * shares[asked >> 1], len(skills.count))
    total = np.bincount(row, counts, len(skills.count))
    coverage: Floats = np.divide(covered, total, out=np.full(len(total), np.nan), where=skills.count > 0)
    return coverage


def _requires(skills: Ragged) -> Bools:
    """The required skills of a row come first, so its first entry tells."""
    required = np.zeros(len(skills.count), np.bool_)
    some = skills.count > 0
    required[some] = skills.values[skills.start[some]] & 1
    return required


def _nearest_to(offer: Offer, occupations: Ragged, codes: Codes) -> Floats:
    nearest = np.full(len(occupations.count), NOTHING)
    if offer.occupation_code is not None:
        row, number = _flat(occupations)
        np.maximum.at(nearest, row, codes.closeness_to(offer.occupation_code)[number])
    return nearest


def _nearest_from(held: frozenset[str], occupations: NDArray[np.int32], codes: Codes) -> Floats:
    nearest = np.full(len(codes.occupations) + 1, NOTHING)  # the last stands for UNKNOWN
    for code in held:
        closeness = codes.closeness_from(code)
        nearest[: len(closeness)] = np.maximum(nearest[: len(closeness)], closeness)
    return nearest[occupations]


def _licences(sets: NDArray[np.int32], fits: Callable[[frozenset[str]], bool], codes: Codes) -> Bools:
    """Judge each distinct set once; a person who was never asked passes."""
    passed = np.ones(len(codes.licences) + 1, np.bool_)  # the last stands for UNKNOWN
    for number in np.unique(sets[sets != UNKNOWN]):
        passed[number] = fits(codes.licences_of(number))
    return passed[sets]


# Gates and parts


def _gates(people: PeopleColumns, offers: OfferColumns, fit: _Fit, within: Bools, now: datetime) -> tuple[Bools, ...]:
    open_ = offers.open & (offers.expires > micros(now))
    kind = (people.wished_kinds & (KINDS_NEVER_ASKED | (1 << offers.kind))) != 0
    old_enough = _YOUNGEST[people.age_band] >= offers.minimum_age
    young_enough = (offers.maximum_age == NO_LIMIT) | (_OLDEST[people.age_band] <= offers.maximum_age)
    age = (people.age_band == AgeBand.UNKNOWN) | (old_enough & young_enough)
    reach = offers.remote | people.anywhere | within
    return open_, people.matchable, kind, age, fit.licences, reach


def kilometres(one: Point | PeopleColumns, latitude: Floats, longitude: Floats) -> Floats:
    """Great-circle distances, as `domain.distance_km`; NaN where a place is unknown."""
    south, north = np.radians(one.latitude), np.radians(latitude)
    across = np.radians(longitude - one.longitude)
    chord = np.sin((north - south) / 2) ** 2 + np.cos(south) * np.cos(north) * np.sin(across / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(chord, 1.0))))


def _skills(fit: _Fit, formula: Formula) -> Floats:
    nothing = fit.requires & (fit.coverage == 0)
    value = np.where(nothing, 0.0, formula.skills_prior + (1 - formula.skills_prior) * fit.coverage)
    return np.where(np.isnan(fit.coverage), formula.skills_prior, value)


def _occupation(fit: _Fit, formula: Formula) -> Floats:
    past = np.where(fit.past == NOTHING, NOTHING, formula.past_occupation * fit.past)
    best = np.maximum(fit.wished, past)
    return np.where(best == NOTHING, formula.occupation_prior, best)


def _place(
    people: PeopleColumns, offers: OfferColumns, distance: Floats, limit: NDArray[np.integer], formula: Formula
) -> Floats:
    scale = np.where(people.anywhere, np.maximum(limit, formula.anywhere_scale_km), np.maximum(limit, 1))
    value = 1 - formula.place_loss * np.minimum(distance / scale, 1.0)
    value = np.where(people.anywhere | (distance <= limit), value, 0.0)
    value = np.where(np.isnan(distance), formula.place_prior, value)
    return np.where(offers.remote, 1.0, value)


def _wishes(people: PeopleColumns, offers: OfferColumns, fit: _Fit, formula: Formula, now: datetime) -> Floats:
    prior = formula.wish_prior
    occupation = np.where(fit.wished == NOTHING, prior, fit.wished)
    kind = np.where(people.wished_kinds == KINDS_NEVER_ASKED, prior, (people.wished_kinds & (1 << offers.kind)) != 0)
    hours = np.where(offers.weekly_hours > 0, _hours(people, offers, formula), prior)
    start = np.maximum(offers.start_date, now.date().toordinal())
    late = np.maximum(people.available_from - start, 0)
    available = np.maximum(1 - late / formula.start_slack_days, 0.0)
    available = np.where(people.available_from == UNKNOWN, prior, available)
    wishes: Floats = formula.occupation_wish * occupation + formula.kind_wish * kind
    return wishes + formula.hours_wish * hours + formula.start_wish * available


def _hours(people: PeopleColumns, offers: OfferColumns, formula: Formula) -> Floats:
    below = np.nan_to_num(people.minimum_hours - offers.weekly_hours, nan=0.0)
    above = np.nan_to_num(offers.weekly_hours - people.maximum_hours, nan=0.0)
    outside = np.maximum(np.maximum(below, above), 0.0)
    unknown = np.isnan(people.minimum_hours) & np.isnan(people.maximum_hours)
    return np.where(unknown, formula.wish_prior, np.maximum(1 - outside / formula.hours_slack, 0.0))


def _freshness(offers: OfferColumns, formula: Formula, now: datetime) -> Floats:
    days = np.maximum(micros(now) - offers.published, 0) // _MICROS_A_DAY
    value: Floats = 0.5 ** (days / formula.half_life_days)
    return value
