"""A merge: base and tail of one view become a sorted base, beside a writer who goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.matching.index_embedded.postings import Postings, merged
from services.matching.index_embedded.views import Owned, Statistics, View
from services.matching.index_shared.columns import Grown

R = TypeVar("R", bound=Owned)


@dataclass(frozen=True, slots=True)
class Batch(Generic[R]):
    """New rows with their terms, one mapping a row."""

    rows: R
    words: Sequence[Mapping[int, int]]
    codes: Sequence[Mapping[int, int]]

    def add_to(self, rows: Grown[R], words: Postings, codes: Postings, first: int) -> None:
        """As documents and rows from `first` on."""
        self.rows.own.document[:] = np.arange(first, first + len(self.words))
        rows.extend(self.rows)
        for document, (held_words, held_codes) in enumerate(zip(self.words, self.codes, strict=True), first):
            words.add(document, held_words)
            codes.add(document, held_codes)


class Merge(Generic[R]):
    """`run` may take place in another thread; what the writer adds meanwhile goes to `late`; `finished` joins both."""

    def __init__(self, view: View[R], rows: Grown[R]) -> None:
        self.late: list[Batch[R]] = []
        self._view, self._old = view, rows
        self._codes, self._words = view.codes.runs(), view.words.runs()

    def run(self) -> None:
        view = self._view
        rows = view.all_rows()
        rows = rows[np.argsort(view.rows.own.key[rows], kind="stable")]
        alive = np.zeros(view.size, np.bool_)
        alive[view.rows.own.document[rows]] = True
        self.rows = self._old.rearranged(rows)
        own = self.rows.view().own
        own.document[:] = (np.cumsum(alive) - 1)[own.document]
        self._new_row = np.full(view.size, -1, np.int32)
        self._new_row[rows] = np.arange(len(rows))
        self._row_of = np.empty(len(rows), np.int32)
        self._row_of[own.document] = np.arange(len(rows))
        self._by_mark = np.argsort(own.mark).astype(np.int32)
        self._new_codes, self._new_words = merged(*self._codes, alive), merged(*self._words, alive)
        self._statistics = Statistics(len(rows), _average(own.length), self._new_words.counts())

    def finished(self, now: View[R]) -> View[R]:
        """The same content as `now`, on the new base."""
        base = size = len(self._row_of)
        for batch in self.late:
            batch.add_to(self.rows, self._new_words, self._new_codes, size)
            size += len(batch.words)
        rows = self.rows.view()
        rows.own.died[self._died_since(now, base)] = 1
        return replace(
            now,
            rows=rows,
            base=base,
            size=size,
            generation=1,
            by_mark=self._by_mark,
            row_of=self._row_of,
            codes=self._new_codes,
            words=self._new_words,
            statistics=self._statistics,
        )

    def _died_since(self, now: View[R], base: int) -> NDArray[np.int64]:
        """New numbers of rows that died after the merge began; those that had died before have none."""
        died = np.flatnonzero(now.rows.own.died <= now.generation)
        early, late = died[died < self._view.size], died[died >= self._view.size]
        moved = self._new_row[early]
        return np.concatenate([moved[moved >= 0], late - self._view.size + base])


def _average(lengths: NDArray[np.uint16]) -> float:
    return max(float(np.mean(lengths)), 1.0) if len(lengths) else 1.0
