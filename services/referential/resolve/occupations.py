"""Occupations: by code, by title, by shared skills."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache

import numpy as np

from services.referential.inverted_index import InvertedIndex, find, key_hash
from services.referential.records import GREENS, Guess, Occupation
from services.referential.resolve.autocomplete import complete
from services.referential.resolve.base import Lookup
from services.referential.snapshot import Array
from services.referential.text import Word, exact_key, unique_stems

_OWN_LABEL, _OTHER_TITLE, _SHARED_TITLE = 1.0, 0.97, 0.95
_UNKNOWN_WORD = 2.0  # a word in no title is a firm or a town more often than a trade: it weighs less than a known one
_NO_HEAD = 0.8  # "formateur en maçonnerie" is not a mason
_ADJECTIVE = 0.88  # a title of one word inside others may be their adjective: "agent hôtelier" is no hotelier
_ALL = 0.999
_CLOSE_CALL, _PER_RIVAL, _MOST_RIVALS = 0.06, 0.08, 5
_OTHER_SKILL = 0.5  # against 1 for a core skill


class Occupations(Lookup):
    @cached_property
    def _occupation_codes(self) -> Array:
        return self._snapshot.array("occupation.code")

    @cached_property
    def _titles(self) -> InvertedIndex:
        return InvertedIndex.read(self._snapshot, "title")

    def occupation_codes(self) -> Iterable[str]:
        return (code.decode() for code in self._occupation_codes.tolist())

    def occupation(self, code: str) -> Occupation | None:
        """The occupation of this official code, or None."""
        row = find(self._occupation_codes, code)
        if row < 0:
            return None
        read, strings = self._snapshot.array, self._snapshot.strings
        codes = tuple(code.decode() for code in read("skill.code")[self._skills_of(row)].tolist())
        core = int(read("occupation.core")[row])
        return Occupation(
            code=code,
            label=strings("occupation.label")[row],
            green=GREENS[read("occupation.green")[row]],
            definition=strings("occupation.definition")[row],
            parent=read("occupation.parent")[row].decode(),
            esco_uri=strings("occupation.esco")[row] or None,
            esco_source=strings("occupation.esco_source")[row] or None,
            skills=codes[:core],
            other_skills=codes[core:],
        )

    def _skills_of(self, row: int) -> Array:
        starts = self._snapshot.array("occupation.skills.at")
        return self._snapshot.array("occupation.skills")[starts[row] : starts[row + 1]]

    # -- titles

    def occupations_for(self, title: str, limit: int = 5) -> list[Guess]:
        """Occupations that a job title may mean, the surest first; see `records` for what confidence means."""
        words = self.language.title_words(title)
        if not words:
            return []
        confidences = self._partial(words)
        exact = self._exact(words)
        confidences[list(exact)] = list(exact.values())
        return self._guesses(confidences, limit)

    def _exact(self, words: Sequence[Word]) -> dict[int, float]:
        """Titles with the same words."""
        keys, rows = self._snapshot.array("title.exact"), self._snapshot.array("title.exact.row")
        wanted = np.uint64(key_hash(exact_key(words)))
        found = rows[np.searchsorted(keys, wanted) : np.searchsorted(keys, wanted, "right")].tolist()
        own = self._snapshot.array("title.own")
        other = _OTHER_TITLE if len(found) == 1 else _SHARED_TITLE
        return {row: _OWN_LABEL if own[row] else other for row in found}

    def _partial(self, words: Sequence[Word]) -> Array:
        """Confidence of every title from the words shared with it."""
        stems = unique_stems(words)
        number_of = {stem: find(self._titles.words, stem) for stem in stems}
        known = [number for number in number_of.values() if number >= 0]
        if not known:
            return np.zeros(len(self._snapshot.array("title.weight")))
        foreign = [stem for stem in stems if number_of[stem] < 0 and not _has_digit(stem)]
        weights, heads = self._snapshot.array("title.weight"), self._snapshot.array("title.head")
        shared = self._titles.total_weights(known, len(weights))
        asked = float(self._titles.weights[known].sum())
        whole = max(asked + _UNKNOWN_WORD * len(foreign), 1e-9)
        of_words, of_title = shared / whole, np.minimum(shared / np.maximum(weights, 1e-9), 1)
        inside = (0.5 + 0.35 * of_words) * np.where(self._one_word & (heads != known[0]), _ADJECTIVE, 1.0)
        explained = 0.7 * asked / whole + 0.2 * of_title
        confidence = 0.6 * (0.6 * of_words + 0.4 * of_title)
        confidence = np.where(of_title > _ALL, np.maximum(confidence, inside), confidence)
        confidence = np.where(shared > _ALL * asked, np.maximum(confidence, explained), confidence)
        confidence = np.where(np.isin(heads, known), confidence, confidence * _NO_HEAD)
        return np.asarray(np.where(shared > 0, confidence, 0.0))

    @cached_property
    def _one_word(self) -> Array:
        return np.asarray(np.diff(self._snapshot.array("title.terms.at")) == 1)

    def _guesses(self, confidences: Array, limit: int) -> list[Guess]:
        """The best title of each occupation; several occupations that are equally near are each less sure."""
        owners = self._snapshot.array("title.occupation")
        best = np.zeros(len(self._occupation_codes))
        np.maximum.at(best, owners, confidences)
        top = float(best.max())
        if top < _SHARED_TITLE:
            rivals = int((best > top - _CLOSE_CALL).sum()) - 1
            best *= 1 - _PER_RIVAL * min(rivals, _MOST_RIVALS)
        ranked = np.argsort(-best, kind="stable")[:limit]
        return [self._guess(int(row), float(best[row]), confidences) for row in ranked if best[row] > 0]

    def _guess(self, row: int, confidence: float, confidences: Array) -> Guess:
        owners = self._snapshot.array("title.occupation")
        titles = np.flatnonzero(owners == row)
        return self._guess_of_title(int(titles[np.argmax(confidences[titles])]), confidence)

    def _guess_of_title(self, title: int, confidence: float) -> Guess:
        row = self._snapshot.array("title.occupation")[title]
        return Guess(
            code=self._occupation_codes[row].decode(),
            label=self._snapshot.strings("occupation.label")[row],
            confidence=round(confidence, 3),
            matched=self._snapshot.strings("title.text")[title],
            green=GREENS[self._snapshot.array("title.green")[title]],
        )

    def search_occupations(self, text: str, limit: int = 10) -> list[Guess]:
        """For autocompletion: every word of the text begins a word of a title of the occupation."""
        owners = self._snapshot.array("title.occupation")
        index, texts = InvertedIndex.read(self._snapshot, "title.surface"), self._snapshot.strings("title.text")
        seen: dict[int, tuple[int, float]] = {}
        for title, confidence in complete(index, texts, text):
            seen.setdefault(int(owners[title]), (title, confidence))
            if len(seen) == limit:
                break
        return [self._guess_of_title(title, confidence) for title, confidence in seen.values()]

    # -- closeness

    def closeness(self, occupation_a: str, occupation_b: str) -> float:
        """0 to 1: root of the weight of shared skills over that of all skills of both; rare and core ones weigh more.

        The root spreads what is always low: half of the official occupations have a neighbour above 0.39, and half of
        all pairs stay under 0.06. Symmetric, 1 for the same code, 0 when a code is unknown.
        """
        row, other = find(self._occupation_codes, occupation_a), find(self._occupation_codes, occupation_b)
        if row < 0 or other < 0:
            return 0.0
        return 1.0 if row == other else float(self._closeness_rows(row)[other])

    def _closeness_to_all(self, row: int) -> Array:
        starts, users = self._snapshot.array("skill.users.at"), self._snapshot.array("skill.users")
        factors, idf = self._user_factors, self._snapshot.array("skill.idf")
        core = int(self._snapshot.array("occupation.core")[row])
        shared = np.zeros(len(self._occupation_codes))
        for rank, skill in enumerate(self._skills_of(row).tolist()):
            part = slice(starts[skill], starts[skill + 1])
            own = 1.0 if rank < core else _OTHER_SKILL
            shared[users[part]] += idf[skill] * np.minimum(factors[part], own)
        share = shared / np.maximum(self._weights + self._weights[row] - shared, 1e-9)
        return np.asarray(np.round(np.sqrt(share), 4))

    @cached_property
    def _closeness_rows(self) -> Callable[[int], Array]:
        """Remembered: a pair alone costs as much as its whole row, and all rows together are 20 MB."""
        return lru_cache(None)(self._closeness_to_all)

    @cached_property
    def _user_factors(self) -> Array:
        return np.where(self._snapshot.array("skill.users.core"), 1.0, _OTHER_SKILL)

    @cached_property
    def _weights(self) -> Array:
        """Total skill weight of each occupation."""
        counts = np.diff(self._snapshot.array("skill.users.at"))
        weights = np.repeat(self._snapshot.array("skill.idf"), counts) * self._user_factors
        return np.bincount(self._snapshot.array("skill.users"), weights, len(self._occupation_codes))


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)
