"""Autocompletion over an index of whole words."""

import numpy as np

from services.referential.inverted_index import InvertedIndex
from services.referential.snapshot import Array, Strings
from services.referential.text import fold, surfaces

_CONSIDERED = 200


def complete(index: InvertedIndex, texts: Strings, text: str) -> list[tuple[int, float]]:
    """Rows where every word of `text` begins a word, with a confidence: texts that begin so, then short ones, first."""
    words = surfaces(text)
    if not words:
        return []
    held = np.ones(len(texts), bool)
    for word in words:
        having = np.zeros(len(texts), bool)
        having[index.rows_with_prefix(word)] = True
        held &= having
    rows = np.flatnonzero(held)
    start, length = fold(text.strip()), len(text.strip())
    found = sorted((not fold(texts[row]).startswith(start), len(texts[row]), row) for row in _few(rows, texts))
    return [(row, round(min(1.0, length / max(size, 1)), 3)) for _, size, row in found]


def _few(rows: Array, texts: Strings) -> list[int]:
    """Beyond a few hundred hits, only the shortest texts are worth ranking."""
    if len(rows) <= _CONSIDERED:
        return [int(row) for row in rows]
    return [int(row) for row in rows[np.argsort(texts.sizes(rows), kind="stable")[:_CONSIDERED]]]
