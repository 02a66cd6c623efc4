"""Texts as counted terms: fold, then stem; each spelling is analysed once."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import cast

from services.referential.text import Language

_WORD = re.compile(r"[^\W_]+")
_LONGEST = 40
_HEAVIEST = 255
_SPELLINGS = 500_000
_STOP = -1
_GENDER_LETTERS = frozenset("hfx")  # of "(H/F)"


class Words:
    """Terms by number. `count` belongs to the writer; `terms` may run in any thread meanwhile."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._terms: dict[str, int] = {}
        self._spellings: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._terms)

    def count(self, texts: Iterable[tuple[str, int]]) -> tuple[Mapping[int, int], int]:
        """The weight of each term over (text, weight of a word there), and the number of words."""
        bag: list[int] = []
        length = 0
        for text, weight in texts:
            numbers = self._numbers(text)
            length += len(numbers) - numbers.count(_STOP)
            bag += numbers * weight
        counted = Counter(bag)
        del counted[_STOP]
        if counted and max(counted.values()) > _HEAVIEST:
            counted = Counter({term: min(weight, _HEAVIEST) for term, weight in counted.items()})
        return counted, length

    def terms(self, text: str) -> list[int | None]:
        """The distinct terms of a searched text; None for one that no text ever held."""
        stems = dict.fromkeys(self._stem(spelling) for spelling in _spellings(text))
        return [self._terms.get(stem) for stem in stems if stem]

    def _numbers(self, text: str) -> list[int]:
        spellings = _spellings(text)
        numbers = list(map(self._spellings.get, spellings))
        if None in numbers:
            return [self._learn(spelling) for spelling in spellings]
        return cast(list[int], numbers)

    def _learn(self, spelling: str) -> int:
        number = self._spellings.get(spelling)
        if number is None:
            if len(self._spellings) >= _SPELLINGS:
                self._spellings.clear()
            stem = self._stem(spelling)
            number = self._terms.setdefault(stem, len(self._terms)) if stem else _STOP
            self._spellings[spelling] = number
        return number

    def _stem(self, spelling: str) -> str:
        """ "" for a word that says nothing."""
        words = self._language.words(spelling[:_LONGEST])
        return words[0].stem if words and words[0].surface not in _GENDER_LETTERS else ""


def _spellings(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFC", text).lower())
