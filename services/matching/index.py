"""The index: finds candidates and full-text hits. What is written here is the law, for every adapter.

**Content**
- Three kinds of things: offers, people, courses, each by id. `put` takes some of one kind and keeps the highest
  version: an older one is ignored, an equal one changes nothing; it gives back the ids of which something newer was
  there. `remove_person` forgets the id and its version; a missing id is fine. So an older version put *after* a removal
  comes back: the order of the log is the guard; a replay ends at the tombstone again.
- A write is visible to the next call in the same process; to a search, where much is written, within `BEHIND_SECONDS`.
  A reading call sees one state throughout.
- The index is disposable: everything is rebuilt by replaying the log. What was never filled, was lost, or was made by
  an older release is `missing`; it is filled within a block of `rebuilding`, and one process does it.
- `offer`, `course` and `person` give back what was put, except the description, which is "" (it is only searched).
- `digest` depends on the content alone (ids, versions, every field, descriptions too), never on the order or number of
  writes. Two adapters of one release have equal digests for equal content; those of two releases do not compare.

**Candidates** (`people_for`, `offers_for`) pass the coarse gates only; scoring belongs to the domain.
- Offer → people: matchable people with a place whose travel limit reaches the offer: great-circle distance ≤ limit. A
  limit never told counts as `DEFAULT_LIMIT_KM`. Within reach nobody is cut.
- People who go anywhere, and everyone when the offer is remote, have no geography: at most `cap` of them come, those
  who share most of what the offer asks: the summed IDF of shared skills, plus `OCCUPATION_WEIGHT` for its occupation,
  wished or past. Who shares none does not come. Ties fall by a fixed order of ids. `complete` says that none was cut.
- Person → offers: the same the other way, among open offers (the end of an offer's time is the domain's gate).

**Search**
- Open words: every informative word of the text must stand in the title, the occupation's words, the organisation's
  name or the description. Case, accents, gender, number and stop words do not count. A text of stop words asks nothing.
- `within`: a point at that distance or nearer (of a course: one session). `include_remote` adds what is done remotely.
- Values within one filter are alternatives; different filters must all hold. An empty filter asks nothing.
- Only searchable offers and courses; no offer that ended before `as_of`.
- Order: highest `relevance` first, ties by a fixed order of ids. `total` and facets are exact and count every hit.
- A cursor continues after a hit, not at an offset: whatever is put or removed between two pages, a hit that stays and
  does not change comes exactly once. It carries what the first page was scored with (time, IDF, average length), and
  is refused for another query.
- With a `rerank`, the `RERANKED` most relevant hits are listed in the order of its scores; the rest only counts.
- The IDF table is one for the whole index and published from time to time; between two publications it is fixed.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.common.values import OfferKind, Point
from services.kit.errors import RetryLater
from services.matching.domain import M1
from services.matching.kernel import OfferColumns, PeopleColumns
from services.matching.values import Course, Offer, Person, Value

TIERS_KM = (5, 10, 15, 20, 30, 50, 200)
"""Travel limits are grouped by the first of these that is not smaller; the exact limit is tested after."""

DEFAULT_LIMIT_KM = M1.default_limit_km
BEHIND_SECONDS = 0.5
"""To show a write costs a server many times what a search does: searches share it."""

CAP = 2_000
RERANKED = 2_000
OCCUPATION_WEIGHT = 5.0
FACET_VALUES = 20

PART_WEIGHTS = {"text": 0.5, "distance": 0.2, "skills": 0.2, "freshness": 0.1}
TEXT_HALF = 8.0
"""The BM25 sum that is worth half of the text part."""

REMOTE_DISTANCE_PART = 0.5
FRESH_HALF_LIFE_DAYS = 30.0

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
C_co = TypeVar("C_co", covariant=True)


class IndexUnavailable(RetryLater):
    """The index cannot answer or take writes now: try again later."""


@dataclass(frozen=True, slots=True)
class Circle:
    """0 < radius ≤ 20,000 km."""

    center: Point
    radius_km: float


@dataclass(frozen=True, slots=True)
class Query:
    """What both searches take; `cursor` from the last page of the same query."""

    text: str = ""
    within: Circle | None = None
    include_remote: bool = False
    skills: frozenset[str] = frozenset()
    occupations: frozenset[str] = frozenset()
    page_size: int = 20
    cursor: str = ""
    facets: bool = False


@dataclass(frozen=True, slots=True)
class SearchQuery(Query):
    """`contracts` and `green_grades` as in `Offer`."""

    as_of: datetime = field(kw_only=True)
    kinds: frozenset[OfferKind] = frozenset()
    green_grades: frozenset[str] = frozenset()
    contracts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CourseQuery(Query):
    """A course is remote when one of its sessions is."""

    funding: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hit:
    """`score` orders the page; `parts` (0 to 1, see `PART_WEIGHTS`) are those that the query asked for."""

    id: str
    score: float
    parts: Mapping[str, float]
    distance_km: float | None


@dataclass(frozen=True, slots=True)
class Page:
    """`cursor` is "" on the last page. `facets`: name → (value, count), most first, at most `FACET_VALUES`."""

    hits: Sequence[Hit]
    total: int
    cursor: str
    facets: Mapping[str, Sequence[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class Candidates(Generic[C_co]):
    """Candidates as rows of columns, so that the kernel scores them where they lie. Valid for ever, never updated."""

    columns: C_co = field(repr=False)
    rows: Rows
    distance_km: Floats  # per row; NaN where one of the two has no place
    complete: bool
    name: Callable[[int], str] = field(repr=False)  # the id behind a row of `columns`
    version: Callable[[int], int] = field(repr=False)  # which version of it the row holds


@dataclass(frozen=True, slots=True)
class Counts:
    offers: int
    people: int
    courses: int


Rerank = Callable[[Candidates[OfferColumns]], Floats]
"""A score for each row found, in the order of `rows`; the higher, the earlier."""


class Contents(Protocol):
    """What is put into an index and taken out of it. Raises `IndexUnavailable`."""

    def put(self, values: Sequence[Value]) -> Set[str]: ...

    def remove_person(self, person_id: str) -> None: ...


class Index(Contents, Protocol):
    """Safe between threads: any number of readers, writers one after the other. Raises `IndexUnavailable`."""

    def missing(self) -> bool:
        """Whether it is to be filled from the log before it can be relied on."""

    def rebuilding(self) -> AbstractContextManager[Contents]:
        """What is put within the block is all that the index holds after it; where it served, it serves meanwhile.

        Writes to the index during the block, by any process, are kept too, and what is removed meanwhile stays
        removed. When the block raises, the index is as it was.
        """

    def offer(self, offer_id: str) -> Offer | None:
        return self.offers([offer_id]).get(offer_id)

    def person(self, person_id: str) -> Person | None:
        return self.people([person_id]).get(person_id)

    def course(self, course_id: str) -> Course | None:
        return self.courses([course_id]).get(course_id)

    def offers(self, ids: Sequence[str]) -> Mapping[str, Offer]:
        """Those that are there."""

    def people(self, ids: Sequence[str]) -> Mapping[str, Person]:
        """Those that are there."""

    def courses(self, ids: Sequence[str]) -> Mapping[str, Course]:
        """Those that are there."""

    def people_for(self, offer: Offer, cap: int = CAP) -> Candidates[PeopleColumns]:
        """The offer need not be in the index."""

    def offers_for(self, person: Person, cap: int = CAP) -> Candidates[OfferColumns]:
        """The person need not be in the index."""

    def search_offers(self, query: SearchQuery, rerank: Rerank | None = None) -> Page: ...

    def search_courses(self, query: CourseQuery) -> Page: ...

    def counts(self) -> Counts: ...

    def digest(self) -> str: ...

    def close(self) -> None:
        """Release threads and connections."""


def tier_of(limit_km: NDArray[Any]) -> NDArray[np.int64]:
    """Index in `TIERS_KM` of each limit; past the last one means the last."""
    return np.minimum(np.searchsorted(TIERS_KM, limit_km), len(TIERS_KM) - 1)


def text_part(bm25: Floats) -> Floats:
    return bm25 / (bm25 + TEXT_HALF)


def distance_part(distance_km: Floats, radius_km: float) -> Floats:
    """Farther than the radius, or nowhere, is only a hit by being remote."""
    near = 1.0 - distance_km / radius_km
    return np.where(near >= 0, near, REMOTE_DISTANCE_PART)


def skills_part(shared: NDArray[Any], asked: int) -> Floats:
    return shared / float(asked)


def freshness_part(age_days: Floats) -> Floats:
    return np.asarray(0.5 ** (np.maximum(age_days, 0.0) / FRESH_HALF_LIFE_DAYS))


def relevance(parts: Mapping[str, Floats], rows: int) -> Floats:
    """The weighted mean of the parts asked for, rounded so that it survives a cursor; 0 when none was."""
    total = sum(PART_WEIGHTS[name] for name in parts)
    summed = sum((PART_WEIGHTS[name] * values for name, values in parts.items()), np.zeros(rows))
    return np.round(summed / total, 9) if parts else summed
