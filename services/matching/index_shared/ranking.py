"""From scores to a page: the highest first, ties by mark, behind the cursor."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.matching.index import Hit, Page
from services.matching.index_shared.cursor import CursorState, Query

Floats = NDArray[np.float64]
Marks = NDArray[np.uint64]


def best(scores: Floats, marks: Marks, count: int) -> NDArray[Any]:
    """Positions of the `count` highest scores, highest first, ties by mark."""
    chosen = np.arange(len(scores))
    if len(scores) > count:
        chosen = np.flatnonzero(scores >= np.partition(scores, len(scores) - count)[len(scores) - count])
    return chosen[np.lexsort((marks[chosen], -scores[chosen]))[:count]]


def page_of(
    query: Query,
    ranked: bool,
    pin: CursorState,
    scores: Floats,
    marks: Marks,
    hit: Callable[[int], Hit],
    total: int,
    facets: Mapping[str, Sequence[tuple[str, int]]],
) -> Page:
    """At most `page_size` of the hits behind the cursor; `hit` makes one from its position."""
    left = np.flatnonzero(pin.after(scores, marks)) if query.cursor else np.arange(len(marks))
    shown = left[best(scores[left], marks[left], query.page_size)]
    cursor = ""
    if len(left) > len(shown):
        cursor = pin.token(query, ranked, float(scores[shown[-1]]), int(marks[shown[-1]]))
    return Page([hit(at) for at in shown.tolist()], total, cursor, facets)
