"""Codes for what somebody says, found in the referential, with how sure they are.

A code that was resolved can be trusted: below `CONFIDENT` the resolution says what was tried and how unsure it is, and
the code stays empty. A given code is taken at its word. One that the referential does not know is a wrong field where
somebody typed it (`strict`); a feed's row falls back to its words, and the resolution's source ends in "code unknown".
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeVar

from services.common.values import CONFIDENT, Place, Point, Resolution
from services.kit.checks import Checks
from services.referential import Green, Referential
from services.referential import Place as KnownPlace

REMEMBERED = 20_000
_NOWHERE = Point(0.0, 0.0)  # what feeds write when they have no coordinates
T = TypeVar("T")
P = TypeVar("P", bound=Place)


class CachedReferential:
    """The referential with a memory: feeds repeat the same titles, places and skills.

    `remembered` is how many words and points are kept; 0 for those of people.
    """

    def __init__(self, referential: Referential, remembered: int = REMEMBERED) -> None:
        of_codes, of_words = lru_cache(REMEMBERED), lru_cache(remembered)
        self.version = referential.version
        self.country = referential.version.partition("-")[0].upper()
        self.occupation = of_codes(referential.occupation)
        self.skill = of_codes(referential.skill)
        self.place = of_codes(referential.place)
        self.place_near = of_words(referential.place_near)
        self.occupation_from_title = of_words(lambda title: _first(referential.occupations_for(title, 1)))
        self.skill_from_label = of_words(lambda label: _first(referential.skills_for(label, 1)))
        self.place_from_text = of_words(lambda text: _first(referential.places_for(text, 1)))


def _first(guesses: list[T]) -> T | None:
    return guesses[0] if guesses else None


@dataclass(frozen=True, slots=True)
class Found:
    """A code and its official label, both empty where nothing is sure; `resolution` is None where nothing was found.

    `green` is the flag of the occupation's name that decided, or of the skill.
    """

    code: str = ""
    label: str = ""
    resolution: Resolution | None = None
    green: Green = Green.NONE


@dataclass(frozen=True, slots=True)
class Resolver:
    """Resolves one row; `checks` has its wrong codes."""

    referential: CachedReferential
    strict: bool
    checks: Checks = field(default_factory=Checks)

    def occupation(self, path: str, code: str, label: str, title: str = "") -> Found:
        """By its code; else by its own words where those are sure; else by the title."""
        known = self.referential.occupation(code) if code else None
        if known is not None:
            return Found(known.code, known.label, self._resolution("given", 1.0), known.green)
        self._unknown(f"{path}.code", code, "UNKNOWN_OCCUPATION")
        source, guess = "label", self.referential.occupation_from_title(label) if label else None
        if guess is None or guess.confidence < CONFIDENT:
            source, guess = "title", self.referential.occupation_from_title(title) if title else None
        if guess is None:
            return Found()
        resolution = self._resolution(source, guess.confidence, code)
        if guess.confidence < CONFIDENT:
            return Found(resolution=resolution)
        return Found(guess.code, guess.label, resolution, guess.green)

    def occupation_codes(self, path: str, codes: Iterable[str]) -> None:
        """Codes alone, each of which must be known."""
        for at, code in enumerate(codes):
            if self.referential.occupation(code) is None:
                self._unknown(f"{path}[{at}]", code, "UNKNOWN_OCCUPATION")

    def skill(self, path: str, code: str, label: str) -> Found:
        """By its code, else by its words."""
        known = self.referential.skill(code) if code else None
        resolution = self._resolution("given", 1.0)
        if known is None:
            self._unknown(f"{path}.code", code, "UNKNOWN_SKILL")
            guess = self.referential.skill_from_label(label) if label else None
            resolution = self._resolution("label", guess.confidence if guess else 0.0, code)
            known = self.referential.skill(guess.code) if guess and guess.confidence >= CONFIDENT else None
        if known is None:
            return Found(resolution=resolution)
        return Found(known.code, known.label, resolution, Green.GREEN if known.green else Green.NONE)

    def place(self, path: str, said: P) -> tuple[P, KnownPlace | None]:
        """The place with its code, point and resolution, and what is known of its commune.

        Coordinates say where it is; else the commune's code; else what is written. Of another country than the
        referential's only coordinates are understood.
        """
        if said.point == _NOWHERE:
            said = replace(said, point=None)
        if said.country_code != self.referential.country:
            resolution = self._resolution("coordinates", 1.0) if said.point else None
            return replace(said, resolution=resolution), None
        known = self.referential.place(said.commune_code) if said.commune_code else None
        if known is None:
            self._unknown(f"{path}.commune_code", said.commune_code, "UNKNOWN_COMMUNE")
        if said.point is not None:
            known = known or self.referential.place_near(said.point.latitude, said.point.longitude)
            return self._at(said, known, self._resolution("coordinates", 1.0))
        if known is not None:
            return self._at(said, known, self._resolution("given", 1.0))
        return self._written(said)

    def _written(self, said: P) -> tuple[P, KnownPlace | None]:
        text = f"{said.postal_code} {said.label}".strip()
        guess = self.referential.place_from_text(text) if text else None
        if guess is None:
            return self._at(said, None, None)
        resolution = self._resolution(guess.source, guess.confidence, said.commune_code)
        return self._at(said, guess.place if guess.confidence >= CONFIDENT else None, resolution)

    def _at(self, said: P, known: KnownPlace | None, resolution: Resolution | None) -> tuple[P, KnownPlace | None]:
        point = said.point
        if point is None and known is not None and known.latitude is not None and known.longitude is not None:
            point = Point(known.latitude, known.longitude)
        code = known.code if known else ""
        return replace(said, commune_code=code, point=point, resolution=resolution), known

    def _unknown(self, path: str, code: str, reason: str) -> None:
        if code and self.strict:
            self.checks.add(path, reason, "no such code")

    def _resolution(self, source: str, confidence: float, unknown_code: str = "") -> Resolution:
        source = f"{source}, code unknown" if unknown_code else source
        return Resolution(source, round(confidence, 3), self.referential.version)
