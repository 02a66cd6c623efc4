"""Columns as trees of arrays: dataclasses whose fields are arrays, `Ragged`, or such dataclasses again."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.matching.index_embedded.grid import spread
from services.matching.kernel import Ragged

Array = NDArray[Any]
T = TypeVar("T")

_BLOCK = 1 << 22
"""Values moved at once, so that moving a table takes little memory besides the table."""


class _Growing:
    """An array that grows at its end. A view given out never sees a change: growing writes past it, or elsewhere."""

    def __init__(self, array: Array) -> None:
        self._array = array
        self.size = len(array)

    def extend(self, values: Array) -> None:
        end = self.size + len(values)
        if end > len(self._array):
            grown = np.empty(end + end // 8 + 64, self._array.dtype)
            grown[: self.size] = self._array[: self.size]
            self._array = grown
        self._array[self.size : end] = values
        self.size = end

    def view(self) -> Array:
        return self._array[: self.size]


class Grown(Generic[T]):
    """A tree of columns that takes batches of rows at its end."""

    def __init__(self, columns: T) -> None:
        self._type = type(columns)
        self._ragged = isinstance(columns, Ragged)
        self._parts: dict[str, Any] = {name: _grown(part) for name, part in _parts(columns)}

    def extend(self, batch: T) -> None:
        offset = self._parts["values"].size if self._ragged else 0
        for name, part in _parts(batch):
            self._parts[name].extend(part + offset if offset and name == "start" else part)

    def view(self) -> T:
        return self._type(**{name: part.view() for name, part in self._parts.items()})


def take(columns: T, rows: Array) -> T:
    """These rows, in this order, without the holes of the old columns."""
    if isinstance(columns, Ragged):
        return _take_ragged(columns, rows)  # type: ignore[return-value]
    return type(columns)(
        **{name: part[rows] if isinstance(part, np.ndarray) else take(part, rows) for name, part in _parts(columns)}
    )


def ragged(rows: Sequence[Sequence[float] | Array], dtype: type[np.generic]) -> Ragged:
    """One list or array a row."""
    count = np.array([len(row) for row in rows], np.int32)
    values = np.concatenate([np.asarray(row, dtype) for row in rows]) if rows else np.empty(0, dtype)
    return Ragged(np.cumsum(count, dtype=np.int64) - count, count, values)


def flat(column: Ragged, rows: Array) -> tuple[Array, Array]:
    """The values of these rows, and for each the position of its row in `rows`."""
    count = np.maximum(column.count[rows], 0)
    return column.values[spread(column.start[rows], count)], np.repeat(np.arange(len(rows)), count)


def bytes_of(columns: object) -> int:
    return sum(part.nbytes if isinstance(part, np.ndarray) else bytes_of(part) for _, part in _parts(columns))


def _take_ragged(column: Ragged, rows: Array) -> Ragged:
    count = column.count[rows]
    held = np.maximum(count, 0).astype(np.int64)
    ends = np.cumsum(held)
    values = np.empty(int(ends[-1]) if len(ends) else 0, column.values.dtype)
    for first, last in blocks(ends):
        source = spread(column.start[rows[first:last]], held[first:last])
        values[ends[first] - held[first] : ends[last - 1]] = column.values[source]
    return Ragged(ends - held, count, values)


def blocks(ends: Array) -> list[tuple[int, int]]:
    """Runs of rows whose values together are about `_BLOCK`; `ends` are the cumulated counts."""
    cuts = [0]
    while cuts[-1] < len(ends):
        done = int(ends[cuts[-1] - 1]) if cuts[-1] else 0
        cuts.append(max(cuts[-1] + 1, int(np.searchsorted(ends, done + _BLOCK, side="right"))))
    return list(pairwise(cuts))


def _parts(columns: Any) -> list[tuple[str, Any]]:
    return [(field.name, getattr(columns, field.name)) for field in fields(columns)]


def _grown(part: Any) -> Any:
    return _Growing(part) if isinstance(part, np.ndarray) else Grown(part)


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
