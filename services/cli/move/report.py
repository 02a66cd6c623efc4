"""What a move reports: how far it is, and what there is on both sides when it is done."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

SECONDS_BETWEEN = 2.0
Say = Callable[[str], object]


class CannotMove(Exception):
    """Its text says what is in the way and what to do."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A table, a topic, a group or the index: how much of it is here and there, and whether it is all the same."""

    what: str
    here: int
    there: int
    equal: bool


@dataclass(slots=True)
class Checksum:
    """A count and a hash of rows or records: `add_ordered` where their order matters, else `add_unordered`."""

    count: int = 0
    hash: int = 0

    def add_ordered(self, values: object) -> None:
        self.count += 1
        self.hash = _hash(self.hash, values)

    def add_unordered(self, values: object) -> None:
        self.count += 1
        self.hash = (self.hash + _hash(0, values)) % (1 << 128)


class Progress:
    """Says how far a table or topic is, now and then and at its end."""

    def __init__(self, say: Say, what: str, total: int) -> None:
        self._say = say
        self._what = what
        self._total = total
        self._done = 0
        self._told = time.monotonic()

    def more(self, count: int) -> None:
        self._done += count
        if time.monotonic() - self._told > SECONDS_BETWEEN:
            self._told = time.monotonic()
            self._say(f"{self._what}: {self._done:,} of {self._total:,}")

    def end(self) -> None:
        self._say(f"{self._what}: {self._done:,} copied")


def _hash(before: int, values: object) -> int:
    """Of how Python writes the values: it tells 1 from True and from "1", and every float from the next."""
    content = before.to_bytes(16) + repr(values).encode(errors="backslashreplace")
    return int.from_bytes(blake2b(content, digest_size=16).digest())
