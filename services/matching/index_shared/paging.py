"""Pages of a search: what the first one was scored with, the cursor that carries it on, and the hits behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b
from math import isfinite, log1p
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from services.kit import documents
from services.kit.errors import Violation, invalid
from services.kit.pages import decode_token, encode_token
from services.matching.index import Hit, Page, Query

Floats = NDArray[np.float64]
Marks = NDArray[np.uint64]

K1, B = 1.2, 0.5
"""BM25, with the weights of words as their frequencies."""

_NOT_ASKED = frozenset(("as_of", "page_size", "cursor", "facets"))
_HIGHEST = np.iinfo(np.uint64).max


class Published(Protocol):
    """The statistics of an index as they were last published."""

    @property
    def average_length(self) -> float: ...

    def idf(self, stem: str) -> float: ...


def idf(documents: int, holders: int) -> float:
    """Of a word that so many of all documents hold."""
    return log1p((documents - holders + 0.5) / (holders + 0.5))


@dataclass(frozen=True, slots=True)
class CursorState:
    """What the first page was scored with, and the last hit shown; later pages go on from there."""

    as_of: int  # microseconds since 1970
    average_length: float
    idf: list[float]
    score: float = np.inf
    mark: int = 0

    def after(self, scores: Floats, marks: Marks) -> NDArray[np.bool_]:
        return np.asarray((scores < self.score) | ((scores == self.score) & (marks > np.uint64(self.mark))))

    def token(self, query: Query, ranked: bool, score: float, mark: int) -> str:
        return encode_token(_fingerprint(query, ranked), self.as_of, self.average_length, self.idf, score, mark)


def cursor_state(
    query: Query, ranked: bool, as_of: int, stems: Sequence[str], publish: Callable[[], Published]
) -> CursorState:
    """From the cursor, or anew for a first page."""
    position = decode_token(query.cursor, *[object] * 6)
    if position is None:
        published = publish()
        return CursorState(as_of, published.average_length, [published.idf(stem) for stem in stems])
    fingerprint, *rest = position
    if fingerprint != _fingerprint(query, ranked) or not _well_formed(rest, len(stems)):
        raise invalid([Violation("page_token", "OTHER_QUERY", "this token belongs to another query")])
    return CursorState(*rest)


def best(scores: Floats, marks: Marks, count: int) -> NDArray[Any]:
    """Positions of the `count` highest scores, highest first, ties by mark."""
    chosen = np.arange(len(scores))
    if len(scores) > count:
        chosen = np.flatnonzero(scores >= np.partition(scores, len(scores) - count)[len(scores) - count])
    return chosen[np.lexsort((marks[chosen], -scores[chosen]))[:count]]


def page_of(
    query: Query,
    ranked: bool,
    state: CursorState,
    scores: Floats,
    marks: Marks,
    hit: Callable[[int], Hit],
    total: int,
    facets: Mapping[str, Sequence[tuple[str, int]]],
) -> Page:
    """At most `page_size` of the hits behind the cursor; `hit` makes one from its position."""
    left = np.flatnonzero(state.after(scores, marks)) if query.cursor else np.arange(len(marks))
    shown = left[best(scores[left], marks[left], query.page_size)]
    cursor = ""
    if len(left) > len(shown):
        cursor = state.token(query, ranked, float(scores[shown[-1]]), int(marks[shown[-1]]))
    return Page([hit(at) for at in shown.tolist()], total, cursor, facets)


def _well_formed(position: list[Any], stems: int) -> bool:
    as_of, average, idf, score, mark = position
    if not isinstance(idf, list) or len(idf) != stems or not all(map(_is_number, (average, score, *idf))):
        return False
    whole = all(type(number) is int for number in (as_of, mark)) and abs(as_of) < 1 << 62 and 0 <= mark <= _HIGHEST
    return whole and average > 0


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and isfinite(value)


def _fingerprint(query: Query, ranked: bool) -> str:
    asked = {field.name: getattr(query, field.name) for field in fields(query) if field.name not in _NOT_ASKED}
    return blake2b(documents.encode([ranked, asked]), digest_size=8).hexdigest()
