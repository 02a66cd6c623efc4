"""People and offers as columns: one row each, in any order, numbered from 0.

A row never changes its meaning with the formula: law, weights and priors are applied when scoring. An unknown answer
is a sentinel of its column, never a zero that could be an answer.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1
"""In every signed integer column, and as the count of a ragged row that was never asked."""

NO_LIMIT = 255
"""`maximum_age` of an offer that has none."""

NEVER = np.iinfo(np.int64).max
"""`expires` of an offer that does not."""

KINDS_NEVER_ASKED = 0x80
"""`wished_kinds` of a person who was never asked; otherwise one bit a kind, see `KINDS`."""


@dataclass(frozen=True, slots=True)
class Ragged:
    """Several numbers a row: row `i` holds `values[start[i] : start[i] + count[i]]`.

    Rows may lie in any order in `values` and leave holes, so that a row is replaced by appending and pointing there.
    """

    start: NDArray[np.int64]
    count: NDArray[np.int32]  # UNKNOWN: never asked
    values: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class PeopleColumns:
    latitude: NDArray[np.float64]  # degrees; NaN: unknown
    longitude: NDArray[np.float64]
    travel_limit: NDArray[np.int32]  # km
    anywhere: NDArray[np.bool_]
    matchable: NDArray[np.bool_]
    age_band: NDArray[np.uint8]  # AgeBand
    licences: NDArray[np.int32]  # the set of licences held, numbered by `Codes.licences`
    wished_kinds: NDArray[np.uint8]
    minimum_hours: NDArray[np.float64]  # a week; NaN: unknown
    maximum_hours: NDArray[np.float64]
    available_from: NDArray[np.int32]  # proleptic ordinal of the day
    skills: Ragged  # skill number × 2, plus 1 when confirmed
    wished: Ragged  # occupation numbers
    past: Ragged  # occupation numbers; never UNKNOWN


@dataclass(frozen=True, slots=True)
class OfferColumns:
    latitude: NDArray[np.float64]  # degrees; NaN: unknown
    longitude: NDArray[np.float64]
    remote: NDArray[np.bool_]  # fully from a distance
    open: NDArray[np.bool_]  # searchable and matchable, whatever the time
    kind: NDArray[np.uint8]  # index in KINDS
    minimum_age: NDArray[np.uint8]  # of the law and of the offer together
    maximum_age: NDArray[np.uint8]  # NO_LIMIT: none
    licences: NDArray[np.int32]  # the set of licences required, numbered by `Codes.licences`
    occupation: NDArray[np.int32]  # occupation number; UNKNOWN: not resolved
    weekly_hours: NDArray[np.float64]  # 0: not said
    start_date: NDArray[np.int32]  # proleptic ordinal of the day; UNKNOWN: as soon as possible
    published: NDArray[np.int64]  # microseconds since 1970, UTC
    expires: NDArray[np.int64]  # the same; NEVER: does not
    skills: Ragged  # skill number × 2, plus 1 when required, the required first; never UNKNOWN


@dataclass(frozen=True, slots=True)
class Scores:
    """One line per row asked for, in the order asked."""

    gates: NDArray[np.uint8]  # one bit per gate passed, in the order of `domain.GATES`
    parts: NDArray[np.float64]  # one column per part, in the order of `domain.PARTS`
    score: NDArray[np.float64]
    matched: NDArray[np.bool_]
