"""What a reader of a column store holds: one state that never changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import orjson
from numpy.typing import NDArray

from services.common.values import Point
from services.matching.index_embedded.grid import KM_PER_DEGREE
from services.matching.index_embedded.postings import Postings
from services.matching.index_shared.paging import idf
from services.matching.index_shared.records import mark
from services.matching.kernel import Ragged

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Own:
    """What every row has, whatever it is."""

    key: NDArray[np.int64]  # group and place; the base is sorted by it
    mark: NDArray[np.uint64]  # hash of the id: finds rows, and breaks ties
    version: NDArray[np.int64]
    content: NDArray[np.uint64]  # hash of the whole value
    died: NDArray[np.uint32]  # the generation that no longer sees the row; FOREVER while it lives
    document: NDArray[np.int32]  # its number in the postings
    length: NDArray[np.uint16]  # words of its text
    record: Ragged  # UTF-8: the id as JSON, a line break, the value as JSON


FOREVER = np.iinfo(np.uint32).max


class Owned(Protocol):
    @property
    def own(self) -> Own: ...


R_co = TypeVar("R_co", bound=Owned, covariant=True)


@dataclass(frozen=True, slots=True)
class Statistics:
    """The published table behind IDF: how many documents, their average length, and how many hold each term."""

    documents: int
    average_length: float
    holders: NDArray[np.int64]

    def idf(self, term: int) -> float:
        held = int(self.holders[term]) if 0 <= term < len(self.holders) else 0
        return idf(self.documents, held)


@dataclass(frozen=True, slots=True)
class View(Generic[R_co]):
    rows: R_co
    base: int  # rows before it are sorted by key
    size: int
    generation: int
    by_mark: NDArray[np.int32]  # rows of the base in the order of their marks
    row_of: NDArray[np.int32]  # document → row, in the base; in the tail they are equal
    codes: Postings
    words: Postings
    statistics: Statistics
    alive: int
    content: int  # sum of the content hashes, modulo 2^64

    def living(self, rows: Ints) -> Ints:
        return rows[self.rows.own.died[rows] > self.generation]

    def all_rows(self) -> Ints:
        return np.flatnonzero(self.rows.own.died > self.generation)

    def tail_near(self, latitude: Floats, center: Point, radius_km: float) -> Ints:
        """Rows of the tail that may lie in the circle: a cheap first test."""
        apart = np.abs(latitude[self.base : self.size] - center.latitude)
        return self.base + np.flatnonzero(apart <= radius_km / KM_PER_DEGREE)

    def rows_of(self, documents: NDArray[np.int32]) -> Ints:
        """Rows of these ascending documents, dead ones included."""
        split = int(np.searchsorted(documents, self.base))
        return np.concatenate([self.row_of[documents[:split]], documents[split:]]).astype(np.int64)

    def find(self, names: Sequence[str]) -> list[int | None]:
        """The living row of each id."""
        marks = np.array([mark(name) for name in names], np.uint64)
        rows = self._rows_marked(marks)
        return [self._living(name, rows.get(number, ())) for name, number in zip(names, marks.tolist(), strict=True)]

    def name(self, row: int) -> str:
        return str(orjson.loads(self._record(row).partition(b"\n")[0]))

    def version(self, row: int) -> int:
        return int(self.rows.own.version[row])

    def record(self, row: int) -> list[Any]:
        content: list[Any] = orjson.loads(self._record(row).partition(b"\n")[2])
        return content

    def _rows_marked(self, marks: NDArray[np.uint64]) -> dict[int, list[int]]:
        held = self.rows.own.mark
        base, tail = held[: self.base], held[self.base : self.size]
        first = np.searchsorted(base, marks, sorter=self.by_mark)
        last = np.searchsorted(base, marks, side="right", sorter=self.by_mark)
        found = {int(marks[i]): self.by_mark[first[i] : last[i]].tolist() for i in np.flatnonzero(first < last)}
        late = tail == marks[0] if len(marks) == 1 else np.isin(tail, marks)
        for row in self.base + np.flatnonzero(late):
            found.setdefault(int(held[row]), []).append(int(row))
        return found

    def _living(self, name: str, rows: Iterable[int]) -> int | None:
        alive = (row for row in rows if self.rows.own.died[row] > self.generation)
        return next((row for row in alive if self.name(row) == name), None)

    def _record(self, row: int) -> bytes:
        record = self.rows.own.record
        start = int(record.start[row])
        return record.values[start : start + int(record.count[row])].tobytes()
