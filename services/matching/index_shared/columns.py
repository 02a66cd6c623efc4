"""Columns as trees of arrays: dataclasses whose fields are arrays, `Ragged`, or such dataclasses again."""

from collections.abc import Sequence
from copy import copy
from dataclasses import fields
from itertools import pairwise
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.matching.kernel import Ragged

Array = NDArray[Any]
T = TypeVar("T")

_BLOCK = 1 << 22
"""Values moved at once, so that moving a table takes little memory besides the table."""

_HOLES = 0.5
"""Records are not moved until this part of their heap is dead."""


class _Growing:
    """An array that grows at its end. A view given out never sees a change: growing writes past it, or elsewhere."""

    def __init__(self, size: int, dtype: np.dtype[Any]) -> None:
        self._array = np.empty(size + size // 8 + 64, dtype)
        self.size = size

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

    def rearranged(self, rows: Array) -> "_Growing":
        moved = _Growing(len(rows), self._array.dtype)
        np.take(self.view(), rows, out=moved.view(), mode="clip")  # the other modes buffer
        return moved


class Grown(Generic[T]):
    """A tree of columns that takes batches of rows at its end."""

    def __init__(self, columns: T) -> None:
        self._type = type(columns)
        self._parts: dict[str, Any] = {name: _grown(part) for name, part in _parts(columns)}

    def extend(self, batch: T) -> None:
        for name, part in _parts(batch):
            self._parts[name].extend(part)

    def view(self) -> T:
        return self._type(**{name: part.view() for name, part in self._parts.items()})

    def rearranged(self, rows: Array) -> "Grown[T]":
        """A new tree of these rows in this order; this one may grow meanwhile, but not after the new one has grown."""
        moved = copy(self)
        moved._parts = {name: part.rearranged(rows) for name, part in self._parts.items()}
        return moved


class _GrownRagged:
    def __init__(self, start: _Growing, count: _Growing, values: _Growing) -> None:
        self._start, self._count, self._values = start, count, values

    def extend(self, batch: Ragged) -> None:
        self._start.extend(batch.start + self._values.size)
        self._count.extend(batch.count)
        self._values.extend(batch.values)

    def view(self) -> Ragged:
        return Ragged(self._start.view(), self._count.view(), self._values.view())

    def rearranged(self, rows: Array) -> "_GrownRagged":
        """Values move together with their rows, but records, which are seldom read, only when many are dead."""
        start, count = self._start.rearranged(rows), self._count.rearranged(rows)
        held = np.maximum(count.view(), 0).astype(np.int64)
        if self._values.view().dtype == np.uint8 and held.sum() > self._values.size * (1 - _HOLES):
            return _GrownRagged(start, count, self._values)
        values = _packed(self._values.view(), start.view(), held)
        start.view()[:] = np.cumsum(held) - held
        return _GrownRagged(start, count, values)


def _packed(values: Array, start: Array, held: Array) -> _Growing:
    ends = np.cumsum(held)
    packed = _Growing(int(ends[-1]) if len(ends) else 0, values.dtype)
    for first, last in _blocks(ends):
        source = spread(start[first:last], held[first:last])
        packed.view()[ends[first] - held[first] : ends[last - 1]] = values[source]
    return packed


def ragged(rows: Sequence[Sequence[float] | Array], dtype: type[np.generic]) -> Ragged:
    """One list or array a row."""
    count = np.array([len(row) for row in rows], np.int32)
    values = np.concatenate([np.asarray(row, dtype) for row in rows]) if rows else np.empty(0, dtype)
    return Ragged(np.cumsum(count, dtype=np.int64) - count, count, values)


def flat(column: Ragged, rows: Array) -> tuple[Array, Array]:
    """The values of these rows, and for each the position of its row in `rows`."""
    count = np.maximum(column.count[rows], 0)
    return column.values[spread(column.start[rows], count)], np.repeat(np.arange(len(rows)), count)


def spread(starts: Array, counts: Array) -> Array:
    """start, start + 1, … for each run, one after the other."""
    ends = np.cumsum(counts)
    return np.repeat(starts - (ends - counts), counts) + np.arange(ends[-1] if len(ends) else 0)


def bytes_of(columns: object) -> int:
    return sum(part.nbytes if isinstance(part, np.ndarray) else bytes_of(part) for _, part in _parts(columns))


def _blocks(ends: Array) -> list[tuple[int, int]]:
    """Runs of rows whose values together are about `_BLOCK`; `ends` are the cumulated counts."""
    cuts = [0]
    while cuts[-1] < len(ends):
        done = int(ends[cuts[-1] - 1]) if cuts[-1] else 0
        cuts.append(max(cuts[-1] + 1, int(np.searchsorted(ends, done + _BLOCK, side="right"))))
    return list(pairwise(cuts))


def _parts(columns: Any) -> list[tuple[str, Any]]:
    return [(field.name, getattr(columns, field.name)) for field in fields(columns)]


def _grown(part: Any) -> Any:
    if isinstance(part, Ragged):
        return _GrownRagged(_grown(part.start), _grown(part.count), _grown(part.values))
    if not isinstance(part, np.ndarray):
        return Grown(part)
    growing = _Growing(0, part.dtype)
    growing.extend(part)
    return growing
