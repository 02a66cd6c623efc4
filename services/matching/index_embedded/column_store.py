"""A column store: the rows of one kind of thing, for one writer and any number of readers.

Rows lie in columns: a base sorted by key, then a tail in order of arrival. An update appends a row and marks the old
one as died in a generation; a reader holds a `View` (how many rows, which generation) that never changes. When the tail
is long, base and tail are merged into a new base without the dead, and later views are of that one.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Generic, TypeVar

import numpy as np
import orjson
from numpy.typing import NDArray

from services.matching.index_embedded.merge import Batch, Merge
from services.matching.index_embedded.postings import Postings
from services.matching.index_embedded.terms import Terms
from services.matching.index_embedded.views import FOREVER, Own, Owned, Statistics, View
from services.matching.index_shared.columns import Grown, bytes_of, ragged
from services.matching.index_shared.records import content_of, mark, record_of, value_of
from services.matching.values import Value

SHORTEST_TAIL = 64
LONGEST_TAIL = 32_768
_GROWTH = 4  # a tail may be this part of its base
_FAR_BEHIND = 4
_BATCH = 8_192
QUICK = 20_000  # rows that are merged in some milliseconds

V = TypeVar("V", bound=Value)
R = TypeVar("R", bound=Owned)


class ColumnStore(Generic[V, R]):
    """The writer's side. Calls of `put` and `remove` must not overlap; `view` may be read at any time."""

    def __init__(self, kind: type[V], encode: Callable[[Sequence[V], Own], R], terms: Terms) -> None:
        """`encode` makes the columns of a batch, with the key of `Own` filled in."""
        self._kind, self._encode, self._terms = kind, encode, terms
        self._rows = Grown(encode([], _own([], [], [], [])))
        self._merge: Merge[R] | None = None
        self._worker = ThreadPoolExecutor(1, "merge")
        self._running: Future[None] = Future()
        self.view: View[R] = View(
            rows=self._rows.view(),
            base=0,
            size=0,
            generation=0,
            by_mark=np.empty(0, np.int32),
            row_of=np.empty(0, np.int32),
            codes=Postings.empty(),
            words=Postings.empty(),
            statistics=Statistics(0, 1.0, np.empty(0, np.int64)),
            alive=0,
            content=0,
        )

    def put(self, values: Iterable[V]) -> set[str]:
        waiting = list(_newest(values).values())
        overtaken: set[str] = set()
        for first in range(0, len(waiting), _BATCH):
            overtaken |= self._put(waiting[first : first + _BATCH])
        return overtaken

    def remove(self, name: str) -> None:
        row = self.view.find([name])[0]
        if row is not None:
            self._publish(self.view.size, [row])

    def get(self, names: Sequence[str]) -> dict[str, V]:
        view = self.view
        rows = zip(names, view.find(names), strict=True)
        return {name: value_of(self._kind, name, view.record(row)) for name, row in rows if row is not None}

    def close(self) -> None:
        self._worker.shutdown(wait=False)

    def bytes(self) -> int:
        view = self.view
        maps = view.by_mark.nbytes + view.row_of.nbytes
        return bytes_of(view.rows) + maps + view.codes.bytes() + view.words.bytes()

    def _put(self, values: Sequence[V]) -> set[str]:
        version = self.view.rows.own.version
        found = list(zip(values, self.view.find([value.id for value in values]), strict=True))
        overtaken = {value.id for value, row in found if row is not None and version[row] > value.version}
        fresh = [(value, row) for value, row in found if row is None or version[row] < value.version]
        if fresh:
            self._append(self._encoded([value for value, _ in fresh]))
            self._publish(self.view.size + len(fresh), [row for _, row in fresh if row is not None])
            self._keep_short()
        return overtaken

    def _encoded(self, values: Sequence[V]) -> Batch[R]:
        """Everything that can fail, before anything is changed."""
        texts = [self._terms.stems_of(value) for value in values]
        records = [record_of(value) for value in values]
        contents = [content_of(value, record) for value, record in zip(values, records, strict=True)]
        own = _own(values, [length for _, length in texts], records, contents)
        return Batch(self._encode(values, own), [stems for stems, _ in texts], list(map(self._terms.codes_of, values)))

    def _append(self, batch: Batch[R]) -> None:
        """Past the end of every view, so nobody sees it yet."""
        batch.add_to(self._rows, self.view.words, self.view.codes, self.view.size)
        if self._merge:
            self._merge.late.append(batch)

    def _publish(self, size: int, gone: Sequence[int]) -> None:
        """The new rows are there and those gone are not, for views from now on."""
        view, rows = self.view, self._rows.view()
        generation = view.generation + 1
        rows.own.died[gone] = generation
        content = view.content + _sum(rows.own.content[view.size :]) - _sum(rows.own.content[gone])
        self.view = replace(
            view,
            rows=rows,
            size=size,
            generation=generation,
            alive=view.alive + size - view.size - len(gone),
            content=content % (1 << 64),
        )

    def _keep_short(self) -> None:
        """Merge a long tail: at once when that is quick, else beside the writer, who waits only far behind."""
        view = self.view
        length = view.size - view.base
        limit = min(max(view.base // _GROWTH, SHORTEST_TAIL), LONGEST_TAIL)
        if self._merge is None and length > limit:
            self._merge = Merge(view, self._rows)
            self._running = self._worker.submit(self._merge.run)
        if self._merge and (view.size < QUICK or length > limit * _FAR_BEHIND or self._running.done()):
            self._running.result()
            self._rows, self.view = self._merge.rows, self._merge.finished(view)
            self._merge = None


def _newest(values: Iterable[V]) -> dict[str, V]:
    newest: dict[str, V] = {}
    for value in values:
        known = newest.get(value.id)
        if known is None or known.version < value.version:
            newest[value.id] = value
    return newest


def _own(values: Sequence[V], lengths: Sequence[int], records: Sequence[bytes], contents: Sequence[int]) -> Own:
    count = len(values)
    return Own(
        key=np.zeros(count, np.int64),
        mark=np.array([mark(value.id) for value in values], np.uint64),
        version=np.array([value.version for value in values], np.int64),
        content=np.array(contents, np.uint64),
        died=np.full(count, FOREVER, np.uint32),
        document=np.zeros(count, np.int32),
        length=np.minimum(lengths, np.iinfo(np.uint16).max).astype(np.uint16),
        record=ragged([_named(value.id, record) for value, record in zip(values, records, strict=True)], np.uint8),
    )


def _named(name: str, record: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(orjson.dumps(name) + b"\n" + record, np.uint8)


def _sum(contents: NDArray[np.uint64]) -> int:
    return int(np.sum(contents, dtype=np.uint64))
