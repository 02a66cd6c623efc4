"""Postings: for each term the documents that hold it, ascending, each with a weight of 1 to 255."""

from array import array
from collections.abc import Iterable, Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)
Documents = NDArray[np.int32]
Weights = NDArray[np.uint8]


class Postings:
    """A base of three arrays that never changes, and a delta where one writer appends documents of rising number.

    Readers may read meanwhile; each cuts off what lies behind the last document of its view.
    """

    def __init__(self, starts: NDArray[np.int64], documents: Documents, weights: Weights) -> None:
        self._starts, self._documents, self._weights = starts, documents, weights
        self._delta: dict[int, array[int]] = {}

    @classmethod
    def empty(cls) -> "Postings":
        return cls(np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.uint8))

    def add(self, document: int, terms: Mapping[int, int]) -> None:
        delta = self._delta
        for term, weight in terms.items():
            found = delta.get(term)
            if found is None:
                delta[term] = found = array("q")
            found.append(document << 8 | weight)

    def find(self, term: int, size: int) -> tuple[Documents, Weights]:
        """Documents below `size` that hold the term; a negative term is held by none."""
        documents, weights = self._base(term)
        added = self._delta.get(term)
        if added is None:
            return documents, weights
        packed = np.frombuffer(added[:], np.int64)
        new = (packed >> 8).astype(np.int32)
        seen = int(np.searchsorted(new, size))
        late = (packed[:seen] & 255).astype(np.uint8)
        return np.concatenate([documents, new[:seen]]), np.concatenate([weights, late])

    def counts(self) -> NDArray[np.int64]:
        """For each term of the base, the number of its documents."""
        return np.diff(self._starts)

    def runs(self) -> tuple["Run", "Run"]:
        """Base and delta as they are now."""
        return Run(self._starts, self._documents, self._weights), self._delta_run()

    def bytes(self) -> int:
        return self._starts.nbytes + self._documents.nbytes + self._weights.nbytes

    def _base(self, term: int) -> tuple[Documents, Weights]:
        if not 0 <= term < len(self._starts) - 1:
            return self._documents[:0], self._weights[:0]
        place = slice(self._starts[term], self._starts[term + 1])
        return self._documents[place], self._weights[place]

    def _delta_run(self) -> "Run":
        terms = sorted(self._delta)
        counts = np.zeros(terms[-1] + 1 if terms else 0, np.int64)
        counts[terms] = [len(self._delta[term]) for term in terms]
        packed = _joined(self._delta[term] for term in terms)
        return Run(_starts(counts), (packed >> 8).astype(np.int32), (packed & 255).astype(np.uint8))


def merged(base: "Run", added: "Run", alive: NDArray[np.bool_]) -> Postings:
    """One base without dead documents; those alive are numbered anew in the same order."""
    if not alive.all():
        numbers = (np.cumsum(alive) - 1).astype(np.int32)
        base, added = base.kept(alive, numbers), added.kept(alive, numbers)
    both = base.interleaved(added)
    return Postings(both.starts, both.documents, both.weights)


class Run:
    """Terms in order with their documents."""

    def __init__(self, starts: NDArray[np.int64], documents: Documents, weights: Weights) -> None:
        self.starts, self.documents, self.weights = starts, documents, weights

    def kept(self, alive: NDArray[np.bool_], numbers: Documents) -> "Run":
        stays = alive[self.documents]
        before = np.concatenate([[0], np.cumsum(stays, dtype=np.int64)])
        return Run(before[self.starts], numbers[self.documents[stays]], self.weights[stays])

    def interleaved(self, other: "Run") -> "Run":
        """Of each term this run's documents, then the other's, which are all higher."""
        counts = np.zeros((max(len(self.starts), len(other.starts)) - 1, 2), np.int64)
        counts[: len(self.starts) - 1, 0] = np.diff(self.starts)
        counts[: len(other.starts) - 1, 1] = np.diff(other.starts)
        theirs = np.repeat(np.tile([False, True], len(counts)), counts.ravel())
        return Run(
            _starts(counts.sum(axis=1)),
            _woven(theirs, self.documents, other.documents),
            _woven(theirs, self.weights, other.weights),
        )


def _woven(theirs: NDArray[np.bool_], mine: NDArray[T], others: NDArray[T]) -> NDArray[T]:
    both = np.empty(len(theirs), mine.dtype)
    both[~theirs] = mine
    both[theirs] = others
    return both


def _starts(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])


def _joined(parts: Iterable["array[int]"]) -> NDArray[np.int64]:
    held = [np.frombuffer(part, np.int64) for part in parts]
    return np.concatenate(held) if held else np.empty(0, np.int64)
