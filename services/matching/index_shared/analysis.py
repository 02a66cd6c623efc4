"""Texts as counted terms: fold, then stem; each spelling is analysed once.

This is the one analyser of every adapter: what an index holds and what a query asks are the stems made here.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from services.matching.values import Course, Offer
from services.referential.text import Language

TITLE, OCCUPATION, ORGANISATION, DESCRIPTION = 4, 3, 2, 1
"""What a word weighs by where it stands."""

HEAVIEST = 255
Labels = Callable[[str], str]
"""The words of an occupation's code."""

_WORD = re.compile(r"[^\W_]+")
_LONGEST = 40
_SPELLINGS = 500_000
_GENDER_LETTERS = frozenset("hfx")  # of "(H/F)"


class Analyser:
    """`of` belongs to the writer; `asked` may run in any thread meanwhile."""

    def __init__(self, language: Language, labels: Labels) -> None:
        self._language, self._labels = language, labels
        self._stems: dict[str, str] = {}

    def of(self, value: Offer | Course) -> tuple[Mapping[str, int], int]:
        """The weight of each of its stems, and the number of its words."""
        occupations = " ".join(map(self._labels, sorted(value.occupation_codes)))
        return self._count(
            (
                (value.title, TITLE),
                (occupations, OCCUPATION),
                (value.organisation_name, ORGANISATION),
                (value.description, DESCRIPTION),
            )
        )

    def asked(self, text: str) -> list[str]:
        """The distinct stems of a searched text."""
        return [stem for stem in dict.fromkeys(map(self._stem, _spellings(text))) if stem]

    def _count(self, texts: Iterable[tuple[str, int]]) -> tuple[Mapping[str, int], int]:
        bag: list[str] = []
        length = 0
        for text, weight in texts:
            stems = self._known(text)
            length += len(stems) - stems.count("")
            bag += stems * weight
        counted = Counter(bag)
        del counted[""]
        if counted and max(counted.values()) > HEAVIEST:
            counted = Counter({stem: min(weight, HEAVIEST) for stem, weight in counted.items()})
        return counted, length

    def _known(self, text: str) -> list[str]:
        spellings = _spellings(text)
        try:
            return [self._stems[spelling] for spelling in spellings]
        except KeyError:
            return [self._learn(spelling) for spelling in spellings]

    def _learn(self, spelling: str) -> str:
        stem = self._stems.get(spelling)
        if stem is None:
            if len(self._stems) >= _SPELLINGS:
                self._stems.clear()
            stem = self._stems[spelling] = self._stem(spelling)
        return stem

    def _stem(self, spelling: str) -> str:
        """ "" for a word that says nothing."""
        words = self._language.words(spelling[:_LONGEST])
        return words[0].stem if words and words[0].surface not in _GENDER_LETTERS else ""


def _spellings(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFC", text).lower())
