"""A cache of candidates as columns: one that is found again is neither fetched nor decoded again."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.matching.index_elastic.collection import Collection
from services.matching.index_elastic.server import Deadline
from services.matching.index_shared.columns import Grown
from services.matching.values import Offer, Person

MOST = 200_000
"""Rows in memory, some 70 MB; past it they begin anew."""

FETCHED = 2_000
C = TypeVar("C")
V = TypeVar("V", bound=Offer | Person)
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Recalled(Generic[C]):
    """Columns, and the rows of them that were wanted; valid for ever."""

    columns: C
    rows: Rows
    name: Callable[[int], str]
    version: Callable[[int], int]


class _Table(Generic[C]):
    """Rows by content. Nothing is ever changed or removed; readers hold what they were given."""

    def __init__(self, columns: C) -> None:
        self.rows: dict[int, int] = {}
        self.columns = Grown(columns)
        self.names: list[str] = []
        self.versions: list[int] = []


class ColumnCache(Generic[V, C]):
    """Rows are known by their content, 64 bits that stand for the whole value: what changed is another content."""

    def __init__(self, collection: Collection[V], encode: Callable[[Sequence[V]], C], encoding: threading.Lock) -> None:
        self._collection, self._encode, self._encoding = collection, encode, encoding
        self._table = _Table(encode([]))

    def recall(self, contents: Sequence[int], deadline: Deadline) -> Recalled[C]:
        """One row a content, in this order. Raises `Gone`."""
        table = self._table
        missing = list(dict.fromkeys(content for content in contents if content not in table.rows))
        for first in range(0, len(missing), FETCHED):
            self._learn(table, missing[first : first + FETCHED], deadline)
        rows = np.fromiter(map(table.rows.__getitem__, contents), np.int64, len(contents))
        with self._encoding:
            columns = table.columns.view()
        if len(table.names) > MOST:
            self._table = _Table(self._encode([]))
        return Recalled(columns, rows, table.names.__getitem__, table.versions.__getitem__)

    def _learn(self, table: _Table[C], contents: Sequence[int], deadline: Deadline) -> None:
        hits = self._collection.fetch(contents, deadline)
        values = {hit["sort"][0]: self._collection.value(hit) for hit in hits}
        with self._encoding:
            fresh = {content: value for content, value in values.items() if content not in table.rows}
            table.columns.extend(self._encode(list(fresh.values())))
            for content, value in fresh.items():
                table.rows[content] = len(table.names)
                table.names.append(value.id)
                table.versions.append(value.version)
