"""Codes for words, by the referential. It happens before the transaction: a store is never held for it."""

from dataclasses import replace
from typing import Any

from services.kit.checks import Checks
from services.profile.domain.values import (
    CONFIDENT,
    Experience,
    Occupation,
    Place,
    Point,
    Profile,
    Resolution,
    Skill,
    Wishes,
)
from services.referential import Place as KnownPlace
from services.referential import PlaceGuess, Referential

NEAR_CONFIDENCE = 0.9  # the nearest commune's centre: right but for the edges


class Resolver:
    """What the referential says, in the words of this service. Wrong codes become violations."""

    def __init__(self, referential: Referential) -> None:
        self._referential = referential
        self._country = referential.version.partition("-")[0].upper()
        self._skills = frozenset(referential.skill_codes())
        self._occupations = frozenset(referential.occupation_codes())

    def profile(self, checks: Checks, said: Profile) -> Profile:
        return replace(
            said,
            place=said.place and self.place(checks, "place", said.place),
            wishes=said.wishes and self._wishes(checks, said.wishes),
            experiences=None
            if said.experiences is None
            else tuple(self.experience(checks, f"experiences[{at}]", each) for at, each in enumerate(said.experiences)),
            skills=None
            if said.skills is None
            else tuple(self.skill(checks, f"skills[{at}]", each) for at, each in enumerate(said.skills)),
        )

    # -- places

    def place(self, checks: Checks, path: str, said: Place) -> Place:
        """What is missing comes from what is there: the commune of a point, the point of a commune, both of words."""
        if said.country_code != self._country:
            return replace(said, resolution=self._resolution("coordinates", 1.0 if said.point else 0.0))
        if said.commune_code:
            known = self._referential.place(said.commune_code)
            checks.require(f"{path}.commune_code", known, "UNKNOWN_CODE", "no such commune")
            return self._at(said, known, "given", 1.0)
        if said.point:
            known = self._referential.place_near(said.point.latitude, said.point.longitude)
            return self._at(said, known, "coordinates", NEAR_CONFIDENCE)
        guess = self._guess(said)
        if guess and guess.confidence >= CONFIDENT:
            return self._at(said, guess.place, guess.source, guess.confidence)
        source, confidence = (guess.source, guess.confidence) if guess else ("", 0.0)
        return replace(said, resolution=self._resolution(source, confidence))

    def _guess(self, said: Place) -> PlaceGuess | None:
        words = f"{said.postal_code} {said.label}".strip()
        return next(iter(self._referential.places_for(words, 1)), None) if words else None

    def _at(self, said: Place, known: KnownPlace | None, source: str, confidence: float) -> Place:
        centre = None
        if known and known.latitude is not None and known.longitude is not None:
            centre = Point(known.latitude, known.longitude)
        return replace(
            said,
            commune_code=known.code if known else said.commune_code,
            label=said.label or (known.label if known else ""),
            commune_label=known.label if known else "",
            point=said.point or centre,
            resolution=self._resolution(source, confidence),
        )

    def _resolution(self, source: str, confidence: float) -> Resolution:
        return Resolution(source, round(confidence, 3), self._referential.version)

    # -- occupations

    def _wishes(self, checks: Checks, said: Wishes) -> Wishes:
        self.known_occupations(checks, "wishes.occupations.codes", said.occupations or ())
        return said

    def known_occupations(self, checks: Checks, path: str, codes: tuple[str, ...]) -> None:
        for at, code in enumerate(codes):
            checks.require(f"{path}[{at}]", code in self._occupations, "UNKNOWN_CODE", "no such occupation")

    def experience(self, checks: Checks, path: str, said: Experience) -> Experience:
        return replace(said, occupation=self._occupation(checks, path, said.occupation, said.title))

    def _occupation(self, checks: Checks, path: str, said: Occupation, title: str) -> Occupation:
        """By its code; else by its words, else by the title, kept only where they are sure enough."""
        if said.code:
            known = said.code in self._occupations
            checks.require(f"{path}.occupation.code", known, "UNKNOWN_CODE", "no such occupation")
            return replace(said, resolution=self._resolution("given", 1.0))
        words = said.label or title
        guess = next(iter(self._referential.occupations_for(words, 1)), None) if words else None
        if guess is None or guess.confidence < CONFIDENT:
            return said
        return Occupation(guess.code, said.label, self._resolution("title", guess.confidence))

    # -- skills

    def skill(self, checks: Checks, path: str, said: Skill) -> Skill:
        """By its code, else by its label; where that is not sure enough, the words stay without a code."""
        if said.code:
            return self._coded(checks, path, said)
        best = next(iter(self._referential.skills_for(said.label, 1)), None)
        resolution = self._resolution("words", best.confidence if best else 0.0)
        if best is None or best.confidence < CONFIDENT:
            return replace(said, resolution=resolution)
        return replace(said, code=best.code, label=best.label, resolution=resolution)

    def _coded(self, checks: Checks, path: str, said: Skill) -> Skill:
        known: Any = self._referential.skill(said.code) if said.code in self._skills else None
        checks.require(f"{path}.code", known, "UNKNOWN_CODE", "no such skill")
        label = known.label if known else said.label
        return replace(said, label=label, resolution=self._resolution("given", 1.0))
