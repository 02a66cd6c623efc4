"""Codes for what an author says, found in the referential, with how sure they are.

A code that stands in an offer can be trusted: below 0.6 the resolution says what was tried and how unsure it is, and
the code stays empty. A given code is taken at its word. One that the referential does not know is a wrong field where
somebody typed it; a feed's row falls back to its words, and the resolution's source ends in "code unknown".
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeVar

from services.kit.checks import Checks
from services.offers.domain.course import CourseContent
from services.offers.domain.offer import OfferContent
from services.offers.domain.organisation import Profile
from services.offers.domain.values import (
    CONFIDENT,
    Green,
    GreenEvidence,
    GreenGrade,
    Occupation,
    Place,
    Point,
    Resolution,
    SkillNeed,
)
from services.referential import Green as Flag
from services.referential import Guess, PlaceGuess, Referential, SkillGuess
from services.referential import Place as KnownPlace

REMEMBERED = 20_000
_NOWHERE = Point(0.0, 0.0)  # what feeds write when they have no coordinates
_RISING = tuple(GreenGrade)
T = TypeVar("T")


class Words:
    """The referential with a memory: feeds repeat the same titles, places and skills."""

    def __init__(self, referential: Referential) -> None:
        self.version = referential.version
        self.occupation = _remembering(referential.occupation)
        self.skill = _remembering(referential.skill)
        self.place = _remembering(referential.place)
        self.place_near = lru_cache(REMEMBERED)(referential.place_near)
        self.titled = _remembering(lambda words: _first(referential.occupations_for(words, 1)))
        self.skill_named = _remembering(lambda words: _first(referential.skills_for(words, 1)))
        self.place_named = _remembering(lambda words: _first(referential.places_for(words, 1)))


def _remembering(find: Callable[[str], T]) -> Callable[[str], T]:
    return lru_cache(REMEMBERED)(find)


def _first(guesses: list[T]) -> T | None:
    return guesses[0] if guesses else None


def read_offer(words: Words, content: OfferContent, typed: bool) -> tuple[OfferContent, Green]:
    """The offer with its codes; the occupation comes from its own words, or else from the title."""
    reading = _Reading(words, typed)
    found = replace(
        content,
        occupation=reading.occupation("occupation", content.occupation, content.title),
        skills=reading.skills(content.skills),
        place=reading.place("place", content.place),
    )
    reading.checks.done()
    return found, reading.green()


def read_course(words: Words, content: CourseContent, typed: bool) -> tuple[CourseContent, Green]:
    """The course with its codes. Where it leads is what it says, never guessed from its title."""
    reading = _Reading(words, typed)
    sessions = (
        replace(session, place=reading.place(f"sessions[{at}].place", session.place))
        for at, session in enumerate(content.sessions)
    )
    occupations = (reading.occupation(f"occupations[{at}]", each) for at, each in enumerate(content.occupations))
    found = replace(
        content, occupations=tuple(occupations), skills=reading.skills(content.skills), sessions=tuple(sessions)
    )
    reading.checks.done()
    return found, reading.green()


def read_profile(words: Words, profile: Profile, typed: bool) -> Profile:
    reading = _Reading(words, typed)
    found = replace(profile, place=reading.place("place", profile.place))
    reading.checks.done()
    return found


@dataclass(slots=True)
class _Reading:
    """One row being read: its wrong codes, and what is green in it."""

    words: Words
    typed: bool
    checks: Checks = field(default_factory=Checks)
    grades: list[GreenGrade] = field(default_factory=list)
    evidence: list[GreenEvidence] = field(default_factory=list)

    def green(self) -> Green:
        return Green(max(self.grades, key=_RISING.index, default=None), tuple(self.evidence))

    # -- occupations

    def occupation(self, path: str, asked: Occupation, title: str = "") -> Occupation:
        known = self.words.occupation(asked.code) if asked.code else None
        if known is not None:
            self._graded(known.green, known.code, known.label)
            return Occupation(known.code, known.label, self._resolved("given", 1.0))
        self._unknown(f"{path}.code", asked.code, "UNKNOWN_OCCUPATION")
        label = asked.label and self.words.titled(asked.label)
        if label and label.confidence >= CONFIDENT:
            return self._guessed(asked, label, "label")
        return self._guessed(asked, self.words.titled(title), "title")

    def _guessed(self, asked: Occupation, guess: Guess | None, source: str) -> Occupation:
        if guess is None:
            return replace(asked, code="")
        resolution = self._resolved(source, guess.confidence, asked.code)
        if guess.confidence < CONFIDENT:
            return Occupation("", asked.label, resolution)
        self._graded(guess.green, guess.code, guess.label)
        return Occupation(guess.code, guess.label, resolution)

    def _graded(self, flag: Flag, code: str, label: str) -> None:
        grade = GreenGrade(flag.value)
        self.grades.append(grade)
        if grade is not GreenGrade.NONE:
            self.evidence.append(GreenEvidence("occupation", code, label))

    # -- skills

    def skills(self, asked: tuple[SkillNeed, ...]) -> tuple[SkillNeed, ...]:
        return tuple(self._skill(f"skills[{at}].code", skill) for at, skill in enumerate(asked))

    def _skill(self, path: str, asked: SkillNeed) -> SkillNeed:
        known = self.words.skill(asked.code) if asked.code else None
        if known is not None:
            return self._with_skill(asked, known.code, known.label, self._resolved("given", 1.0))
        self._unknown(path, asked.code, "UNKNOWN_SKILL")
        guess: SkillGuess | None = self.words.skill_named(asked.label) if asked.label else None
        resolution = self._resolved("label", guess.confidence if guess else 0.0, asked.code)
        if guess is None or guess.confidence < CONFIDENT:
            return replace(asked, code="", resolution=resolution)
        return self._with_skill(asked, guess.code, guess.label, resolution)

    def _with_skill(self, asked: SkillNeed, code: str, label: str, resolution: Resolution) -> SkillNeed:
        known = self.words.skill(code)
        if known is not None and known.green:
            self.evidence.append(GreenEvidence("skill", code, label))
        return SkillNeed(code, asked.label or label, asked.required, resolution)

    # -- places

    def place(self, path: str, asked: Place | None) -> Place | None:
        """Coordinates say where it is; else the commune's code; else what is written."""
        if asked is None:
            return None
        known = self.words.place(asked.commune_code) if asked.commune_code else None
        if known is None:
            self._unknown(f"{path}.commune_code", asked.commune_code, "UNKNOWN_COMMUNE")
        if asked.point is not None and asked.point != _NOWHERE:
            near = known or self.words.place_near(asked.point.latitude, asked.point.longitude)
            return self._at(replace(asked, commune_code=""), near, asked.point, self._resolved("coordinates", 1.0))
        if known is not None:
            return self._at(asked, known, None, self._resolved("given", 1.0))
        return self._written(asked)

    def _written(self, asked: Place) -> Place:
        text = f"{asked.postal_code} {asked.label}".strip()
        guess: PlaceGuess | None = self.words.place_named(text) if text else None
        if guess is None or guess.place.country.upper() != asked.country_code:
            return replace(asked, commune_code="", point=None)
        resolution = self._resolved(guess.source, guess.confidence, asked.commune_code)
        if guess.confidence < CONFIDENT:
            return replace(asked, commune_code="", point=None, resolution=resolution)
        return self._at(asked, guess.place, None, resolution)

    def _at(self, asked: Place, known: KnownPlace | None, point: Point | None, resolution: Resolution) -> Place:
        if known is None:
            return replace(asked, point=point, resolution=resolution)
        if point is None and known.latitude is not None and known.longitude is not None:
            point = Point(known.latitude, known.longitude)
        postal_code = asked.postal_code or (known.postal_codes[0] if len(known.postal_codes) == 1 else "")
        return Place(asked.country_code, known.code, postal_code, known.label, point, resolution)

    # -- both

    def _unknown(self, path: str, code: str, reason: str) -> None:
        if code and self.typed:
            self.checks.add(path, reason, "no such code")

    def _resolved(self, source: str, confidence: float, unknown_code: str = "") -> Resolution:
        source = f"{source}, code unknown" if unknown_code else source
        return Resolution(source, confidence, self.words.version)
