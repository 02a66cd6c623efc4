"""Skills: by code, and in a person's or an employer's own words."""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np

from services.referential.inverted_index import InvertedIndex, find
from services.referential.records import KINDS, Skill, SkillGuess
from services.referential.resolve.autocomplete import complete
from services.referential.resolve.base import Lookup
from services.referential.snapshot import Array
from services.referential.text import Word

_LEAST_COVERAGE = 0.55
_CONSIDERED = 60
_WHOLE, _ONE_WORD, _PART = 0.95, 0.75, 0.8
_ONE_COMMON_WORD = 0.5
_RARE = 6.0  # weight from which a single word names a skill by itself


class Skills(Lookup):
    @cached_property
    def _skill_codes(self) -> Array:
        return self._snapshot.array("skill.code")

    @cached_property
    def _skill_words(self) -> InvertedIndex:
        return InvertedIndex.read(self._snapshot, "skill")

    def skill_codes(self) -> Iterable[str]:
        return (code.decode() for code in self._skill_codes.tolist())

    def skill(self, code: str) -> Skill | None:
        """The skill of this official code, or None."""
        row = find(self._skill_codes, code)
        if row < 0:
            return None
        read, strings = self._snapshot.array, self._snapshot.strings
        return Skill(
            code=code,
            label=strings("skill.label")[row],
            kind=KINDS[read("skill.kind")[row]],
            green=bool(read("skill.green")[row]),
            esco_uri=strings("skill.esco")[row] or None,
            esco_source=strings("skill.esco_source")[row] or None,
            idf=float(read("skill.idf")[row]),
        )

    def skills_for(self, words: str, limit: int = 10) -> list[SkillGuess]:
        """Skills named by free words, the surest first, each with the shortest extract that holds its words.

        0.6 and more: the informative words of the skill's label stand close together. Words around them do not count
        against it. A label of one word needs a rare word to be sure.
        """
        found = self.language.words(words)
        number_of = {stem: find(self._skill_words.words, stem) for stem in {word.stem for word in found}}
        known = [number for number in number_of.values() if number >= 0]
        weights = self._snapshot.array("skill.weight")
        coverage = self._skill_words.total_weights(sorted(known), len(weights)) / np.maximum(weights, 1e-9)
        positions = [number_of[word.stem] for word in found]
        guesses = [self._located(row, found, positions) for row in self._candidates(coverage, weights)]
        guesses.sort(key=lambda guess: (-guess.confidence, guess.start - guess.end, guess.code))
        return [guess for guess in guesses if guess.confidence > 0][:limit]

    def _candidates(self, coverage: Array, weights: Array) -> list[int]:
        rows = np.flatnonzero(coverage >= _LEAST_COVERAGE)
        merit = coverage[rows] ** 2 * weights[rows]
        return [int(row) for row in rows[np.argsort(-merit, kind="stable")[:_CONSIDERED]]]

    def _located(self, row: int, found: Sequence[Word], positions: Sequence[int]) -> SkillGuess:
        starts = self._snapshot.array("skill.terms.at")
        terms = set(self._snapshot.array("skill.terms")[starts[row] : starts[row + 1]].tolist())
        first, last, held = _shortest_window(positions, terms)
        return SkillGuess(
            code=self._skill_codes[row].decode(),
            label=self._snapshot.strings("skill.label")[row],
            confidence=round(self._confidence(terms, held, last - first + 1), 3),
            start=found[first].start,
            end=found[last].end,
        )

    def _confidence(self, terms: set[int], held: set[int], width: int) -> float:
        weights = self._skill_words.weights
        nearness = min(1.0, (2 * len(held) + 1) / width)
        if len(terms) == 1:
            return _ONE_WORD if weights[next(iter(terms))] >= _RARE else _ONE_COMMON_WORD
        if held == terms:
            return _WHOLE * nearness
        if len(held) == 1:
            return 0.0
        return _PART * nearness * float(weights[list(held)].sum() / weights[list(terms)].sum())

    def search_skills(self, text: str, limit: int = 10) -> list[SkillGuess]:
        """For autocompletion: every word of the text begins a word of the label."""
        index, labels = InvertedIndex.read(self._snapshot, "skill.surface"), self._snapshot.strings("skill.label")
        return [
            SkillGuess(self._skill_codes[row].decode(), labels[row], confidence, 0, len(text))
            for row, confidence in complete(index, labels, text)[:limit]
        ]


def _shortest_window(positions: Sequence[int], terms: set[int]) -> tuple[int, int, set[int]]:
    """First and last word of the shortest stretch that holds all the terms that occur at all, and those terms."""
    held = terms & set(positions)
    last_seen: dict[int, int] = {}
    best = (0, len(positions) - 1)
    for place, term in enumerate(positions):
        if term in held:
            last_seen[term] = place
            first = min(last_seen.values())
            if len(last_seen) == len(held) and place - first < best[1] - best[0]:
                best = (first, place)
    return *best, held
