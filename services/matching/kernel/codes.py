"""From values to columns: codes become numbers, once and for good."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from services.common.values import OfferKind, Remote
from services.matching.domain import Knowledge, age_limits
from services.matching.kernel.columns import (
    KINDS_NEVER_ASKED,
    NEVER,
    NO_LIMIT,
    UNKNOWN,
    OfferColumns,
    PeopleColumns,
    Ragged,
)
from services.matching.values import Offer, Person

KINDS = tuple(OfferKind)
SEPARATOR = "\x1f"
"""Between the licences of a set, in `Codes.licences`."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Vocabulary:
    """Code ↔ number, append-only: a number once given keeps its code."""

    def __init__(self, codes: Iterable[str] = ()) -> None:
        self.codes = list(codes)
        self._numbers = {code: number for number, code in enumerate(self.codes)}

    def __len__(self) -> int:
        return len(self.codes)

    def add(self, code: str) -> int:
        """The code's number, a new one at first sight."""
        number = self._numbers.setdefault(code, len(self.codes))
        if number == len(self.codes):
            self.codes.append(code)
        return number

    def get(self, code: str) -> int:
        """The code's number, or UNKNOWN when no row ever held it."""
        return self._numbers.get(code, UNKNOWN)


class Codes:
    """The vocabularies of one index, and what the referential knows of them as arrays.

    One writer at a time; readers may score meanwhile, with columns encoded before they began.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.skills = Vocabulary()
        self.occupations = Vocabulary()
        self.licences = (
            Vocabulary()
        )  # whole sets of licences: few distinct ones exist, and a set is judged once a query
        self._idf: NDArray[np.float64] = np.empty(0)
        self._closeness: dict[tuple[str, bool], NDArray[np.float64]] = {}

    def idf(self) -> NDArray[np.float64]:
        """By skill number."""
        missing = self.skills.codes[len(self._idf) :]
        if missing:
            self._idf = np.concatenate([self._idf, [self.knowledge.idf(code) for code in missing]])
        return self._idf

    def closeness_to(self, asked: str) -> NDArray[np.float64]:
        """How close each occupation, by number, is to the one an offer asks."""
        return self._row(asked, True)

    def closeness_from(self, held: str) -> NDArray[np.float64]:
        """How close one occupation of a person is to each, by number, that an offer may ask."""
        return self._row(held, False)

    def _row(self, code: str, asked: bool) -> NDArray[np.float64]:
        row = self._closeness.get((code, asked), np.empty(0))
        missing = self.occupations.codes[len(row) :]
        if missing:
            closeness = self.knowledge.closeness
            new = [closeness(other, code) if asked else closeness(code, other) for other in missing]
            self._closeness[code, asked] = row = np.concatenate([row, new])
        return row

    def people(self, people: Sequence[Person]) -> PeopleColumns:
        """One row per person, in the order given."""
        return PeopleColumns(
            latitude=_floats(p.place.latitude if p.place else None for p in people),
            longitude=_floats(p.place.longitude if p.place else None for p in people),
            travel_limit=_ints(UNKNOWN if p.travel_limit_km is None else p.travel_limit_km for p in people),
            anywhere=np.array([p.anywhere for p in people], np.bool_),
            matchable=np.array([p.matchable for p in people], np.bool_),
            age_band=np.array([p.age_band for p in people], np.uint8),
            licences=_ints(UNKNOWN if p.licences is None else self._licences(p.licences) for p in people),
            wished_kinds=np.array([_kind_bits(p.wished_kinds) for p in people], np.uint8),
            minimum_hours=_floats(p.minimum_hours for p in people),
            maximum_hours=_floats(p.maximum_hours for p in people),
            available_from=_ints(_day(p.available_from) for p in people),
            skills=_ragged([self._held(p) for p in people]),
            wished=_ragged([self._occupations(p.wished_occupations) for p in people]),
            past=_ragged([self._occupations(p.past_occupations) for p in people]),
        )

    def offers(self, offers: Sequence[Offer]) -> OfferColumns:
        """One row per offer, in the order given."""
        ages = [age_limits(o) for o in offers]
        return OfferColumns(
            latitude=_floats(o.place.latitude if o.place else None for o in offers),
            longitude=_floats(o.place.longitude if o.place else None for o in offers),
            remote=np.array([o.remote is Remote.FULL for o in offers], np.bool_),
            open=np.array([o.searchable and o.matchable for o in offers], np.bool_),
            kind=np.array([KINDS.index(o.kind) for o in offers], np.uint8),
            minimum_age=np.array([min(low, NO_LIMIT) for low, _ in ages], np.uint8),
            maximum_age=np.array([NO_LIMIT if high is None else high for _, high in ages], np.uint8),
            licences=_ints(self._licences(o.licences) for o in offers),
            occupation=_ints(self.occupations.add(o.occupation_code) if o.occupation_code else UNKNOWN for o in offers),
            weekly_hours=np.array([o.weekly_hours for o in offers], np.float64),
            start_date=_ints(_day(o.start_date) for o in offers),
            published=np.array([micros(o.published_at) for o in offers], np.int64),
            expires=np.array([micros(o.expires_at) if o.expires_at else NEVER for o in offers], np.int64),
            skills=_ragged([self._asked(o) for o in offers]),
        )

    def _licences(self, licences: frozenset[str]) -> int:
        return self.licences.add(SEPARATOR.join(sorted(licences)))

    def licences_of(self, number: int) -> frozenset[str]:
        """The set of licences behind its number."""
        return frozenset(filter(None, self.licences.codes[number].split(SEPARATOR)))

    def _held(self, person: Person) -> list[int] | None:
        if person.skills is None:
            return None
        return [self.skills.add(code) * 2 + held.confirmed for code, held in sorted(person.skills.items())]

    def _asked(self, offer: Offer) -> list[int]:
        required = [self.skills.add(code) * 2 + 1 for code in sorted(offer.required_skills)]
        return required + [self.skills.add(code) * 2 for code in sorted(offer.wished_skills - offer.required_skills)]

    def _occupations(self, codes: frozenset[str] | None) -> list[int] | None:
        return None if codes is None else [self.occupations.add(code) for code in sorted(codes)]


def micros(moment: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _day(day: date | None) -> int:
    return UNKNOWN if day is None else day.toordinal()


def _kind_bits(kinds: frozenset[OfferKind] | None) -> int:
    return KINDS_NEVER_ASKED if kinds is None else sum(1 << KINDS.index(kind) for kind in kinds)


def _ints(numbers: Iterable[int]) -> NDArray[np.int32]:
    return np.fromiter(numbers, np.int32)


def _floats(numbers: Iterable[float | None]) -> NDArray[np.float64]:
    return np.fromiter((np.nan if number is None else number for number in numbers), np.float64)


def _ragged(rows: Sequence[list[int] | None]) -> Ragged:
    count = _ints(UNKNOWN if row is None else len(row) for row in rows)
    ends = np.cumsum(np.maximum(count, 0), dtype=np.int64)
    return Ragged(ends - np.maximum(count, 0), count, _ints(number for row in rows for number in row or ()))
