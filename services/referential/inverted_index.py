"""An inverted index in four arrays: sorted words, where their rows start, the rows, and each word's weight."""

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.referential.snapshot import Array, Snapshot


@dataclass(frozen=True, slots=True)
class InvertedIndex:
    words: Array
    starts: Array
    rows: Array
    weights: Array

    @classmethod
    def read(cls, snapshot: Snapshot, name: str) -> "InvertedIndex":
        return cls(*(snapshot.array(f"{name}.{part}") for part in ("words", "starts", "rows", "weights")))

    def rows_of(self, number: int) -> Array:
        return self.rows[self.starts[number] : self.starts[number + 1]]

    def rows_with_prefix(self, prefix: str) -> Array:
        """Rows with a word that begins so; a row may come twice."""
        first, last = prefix_range(self.words, prefix)
        return self.rows[self.starts[first] : self.starts[last]]

    def total_weights(self, numbers: Sequence[int], size: int) -> Array:
        """For each of `size` rows, the summed weight of those words that it holds."""
        if not numbers:
            return np.zeros(size)
        rows = [self.rows_of(number) for number in numbers]
        weights = np.repeat(self.weights[numbers], [len(part) for part in rows])
        return np.bincount(np.concatenate(rows), weights, size)


def index_sections(name: str, documents: Sequence[Sequence[str]]) -> dict[str, Array]:
    """The arrays of an index over documents; the weight of a word is ln(1 + documents / documents that hold it)."""
    holders: dict[bytes, list[int]] = {}
    for row, words in enumerate(documents):
        for word in set(words):
            holders.setdefault(word.encode(), []).append(row)
    ordered = sorted(holders)
    counts = np.array([len(holders[word]) for word in ordered], np.uint32)
    return {
        f"{name}.words": np.array(ordered, np.bytes_),
        f"{name}.starts": np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32),
        f"{name}.rows": np.array([row for word in ordered for row in holders[word]], np.uint32),
        f"{name}.weights": inverse_frequency(len(documents), counts),
    }


def inverse_frequency(total: int, counts: Array) -> Array:
    """Rounded, so that every machine writes the same bytes."""
    return np.round(np.log1p(total / np.maximum(counts, 1)), 4).astype(np.float32)


def find(codes: Array, code: str) -> int:
    """Row of a code in a sorted array, or -1."""
    wanted = code.encode()
    row = bisect_left(codes, wanted)
    return row if row < len(codes) and codes[row] == wanted else -1


def equal_range(keys: Array, key: str) -> tuple[int, int]:
    """First and last (excluded) row of a key that may come several times."""
    wanted = key.encode()
    return bisect_left(keys, wanted), bisect_right(keys, wanted)


def prefix_range(keys: Array, prefix: str) -> tuple[int, int]:
    """First and last (excluded) row whose key begins so."""
    wanted = prefix.encode()
    return bisect_left(keys, wanted), bisect_left(keys, wanted + b"\xff")


def key_hash(key: str) -> int:
    """Eight bytes that stand for a long key in a sorted array."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "little")
