"""Words made comparable: case, accents, gender and number, stems.

Accents are folded before stemming, so that "ETANCHEITE" and "étanchéité" meet. What depends on a language is data of a
country pack (`Language`); nothing here names a country.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import Stemmer

_WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*")
_ABBREVIATION = re.compile(r"\s*(?:\([^)]*\)|-\w+-)(?=\s|$)")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss"})
_stemmers = threading.local()


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text: `text[start:end]`, its folded surface, its form without gender or number, its stem."""

    start: int
    end: int
    surface: str
    form: str
    stem: str


@dataclass(frozen=True)
class Language:
    """`endings` turn feminine and plural into masculine singular, `verb_endings` actions into verbs; longest first.

    `same_as` replaces whole words before stemming. `stop` words say nothing, save `homographs` in a title or a label
    ("son" is "his", and sound); `generic` words say little in a skill's label.
    """

    stemmer: str
    endings: tuple[tuple[str, str], ...]
    verb_endings: tuple[tuple[str, str], ...]
    same_as: Mapping[str, str]
    stop: frozenset[str]
    homographs: frozenset[str]
    generic: frozenset[str]
    title_noise: re.Pattern[str]

    def words(self, text: str) -> list[Word]:
        """The informative words of a sentence, in order, with their place in `text`."""
        return self._found(text, self.stop)

    def _found(self, text: str, ignored: frozenset[str]) -> list[Word]:
        found = []
        for match in _WORD.finditer(text):
            surface = fold(match.group())
            if surface not in ignored:
                form, stem = _forms(self, surface)
                found.append(Word(match.start(), match.end(), surface, form, stem))
        return found

    def title_words(self, title: str) -> list[Word]:
        """The informative words of a job title, without "(H/F)", contract words and the like."""
        return self._found(self.title_noise.sub(" ", title), self.stop - self.homographs)

    def label_words(self, label: str) -> list[Word]:
        """The words that make a skill what it is: "Techniques de soudage" is known by "soudage"."""
        words = self._found(label, self.stop - self.homographs)
        return [word for word in words if word.surface not in self.generic] or words

    def __hash__(self) -> int:
        return hash(self.stemmer)


@dataclass(frozen=True, slots=True)
class WrittenPlace:
    """A written place, taken apart: `key` is the normalised name ("" for none), `code` an official code alone."""

    key: str
    department: str | None = None
    postal_code: str | None = None
    code: str | None = None


def fold(text: str) -> str:
    """Lower case without accents."""
    decomposed = unicodedata.normalize("NFD", text.lower().translate(_LIGATURES))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def surfaces(text: str) -> list[str]:
    """Every folded word, stop words included."""
    return [fold(match.group()) for match in _WORD.finditer(text)]


def exact_key(words: Iterable[Word]) -> str:
    """Equal for titles that differ only by order, gender, number, case or accents."""
    return " ".join(sorted({word.form for word in words}))


def spellings(title: str) -> tuple[str, ...]:
    """The ways to write a title: in one gender or both, with or without its abbreviation.

    "Steward / Hôtesse de train" is "Steward de train" and "Hôtesse de train"; "Auxiliaire de vie sociale (AVS)" needs
    no "(AVS)".
    """
    plain = _ABBREVIATION.sub("", title)
    first, _, second = plain.partition(" / ")
    if not second or " / " in second:
        return title, plain
    return title, plain, f"{first} {' '.join(second.split()[len(first.split()) :])}", second


def unique_stems(words: Iterable[Word]) -> list[str]:
    return list(dict.fromkeys(word.stem for word in words))


@lru_cache(maxsize=65536)
def _forms(language: Language, surface: str) -> tuple[str, str]:
    masculine = _replaced(surface, language.endings)
    form = masculine.rstrip("sx") if len(masculine) > 3 else masculine
    form = form.removesuffix("e") if len(form) > 3 else form
    meant = _replaced(language.same_as.get(surface, surface), language.endings)
    return form or masculine, _stemmer(language.stemmer).stemWord(_replaced(meant, language.verb_endings))


def _replaced(word: str, endings: tuple[tuple[str, str], ...]) -> str:
    for ending, replacement in endings:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word.removesuffix(ending) + replacement
    return word


def _stemmer(name: str) -> Stemmer.Stemmer:
    """One per thread: a stemmer may not be shared."""
    if getattr(_stemmers, "name", None) != name:
        _stemmers.name, _stemmers.stemmer = name, Stemmer.Stemmer(name)
    return _stemmers.stemmer
