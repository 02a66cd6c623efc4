"""The stems of one index by number."""

from collections.abc import Mapping

from services.matching.index_shared.analysis import Analyser
from services.matching.kernel import UNKNOWN
from services.matching.values import Course, Offer


class Terms:
    """`of` belongs to the writer; `asked` and `number` may run in any thread meanwhile."""

    def __init__(self, words: Analyser) -> None:
        self._words = words
        self._numbers: dict[str, int] = {}
        self.asked = words.asked

    def of(self, value: Offer | Course) -> tuple[Mapping[int, int], int]:
        """As `Analyser.of`, by number."""
        weights, length = self._words.of(value)
        numbers = self._numbers
        return {numbers.setdefault(stem, len(numbers)): weight for stem, weight in weights.items()}, length

    def number(self, stem: str) -> int:
        """UNKNOWN for one that no text ever held."""
        return self._numbers.get(stem, UNKNOWN)
