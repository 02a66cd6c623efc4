"""What the referential answers with.

Confidence, everywhere from 0 to 1, says how far the words decide the code by themselves:

    0.95 and more  the words are an official name (case, accents, gender forms and "(H/F)" do not count)
    0.70 to 0.90   every informative word is explained by one official name
    0.60 to 0.85   one whole official name stands inside longer words ("ACME recrute un couvreur-zingueur")
    below 0.60     partial or ambiguous: show it, ask, but do not match on it

Occupations that the same words reach equally well make each other less sure, down to 60 % of it: "technicien" alone
decides nothing. `CONFIDENT` is the line between matching and asking. Nothing found is an empty list, never a low guess.
"""

from dataclasses import dataclass
from enum import Enum

CONFIDENT = 0.6


class Green(Enum):
    """Place of an occupation in the ecological transition."""

    NONE = "none"
    GREEN = "green"  # its purpose is the environment
    STRATEGIC = "strategic"  # the transition cannot be made without it
    BROWN = "brown"  # the transition will transform or shrink it


class SkillKind(Enum):
    KNOW_HOW = "know_how"
    KNOWLEDGE = "knowledge"
    SOFT = "soft"


GREENS, KINDS = tuple(Green), tuple(SkillKind)  # a snapshot stores positions in these: append, never reorder


class QpvState(Enum):
    IN = "in"
    OUT = "out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Occupation:
    """`skills` are the core skill codes, `other_skills` the rest; `parent` is the code it was split from."""

    code: str
    label: str
    green: Green
    definition: str
    parent: str
    esco_uri: str | None
    esco_source: str | None  # how the link was made: "label" means equal labels, not an official table
    skills: tuple[str, ...]
    other_skills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Skill:
    """`idf` is the natural logarithm of 1 + occupations / occupations that use the skill: rare skills weigh more."""

    code: str
    label: str
    kind: SkillKind
    green: bool
    esco_uri: str | None
    esco_source: str | None
    idf: float


@dataclass(frozen=True, slots=True)
class Place:
    """A commune, or a municipal district whose commune is `parent`. Degrees (WGS 84) are None where unknown."""

    code: str
    label: str
    postal_codes: tuple[str, ...]
    department: str
    region: str
    latitude: float | None
    longitude: float | None
    population: int
    country: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Guess:
    """An occupation for a title; `matched` is the official name that decided, `green` is that name's own flag."""

    code: str
    label: str
    confidence: float
    matched: str
    green: Green


@dataclass(frozen=True, slots=True)
class SkillGuess:
    """A skill for words; `words[start:end]` is the literal extract that decided."""

    code: str
    label: str
    confidence: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PlaceGuess:
    """`source` says what decided: code, name+postal, name+department, name, former_name, part, postal, department."""

    place: Place
    confidence: float
    source: str


@dataclass(frozen=True, slots=True)
class QpvAnswer:
    """`code` only when IN; `vintage` is the year of the list or of the outline that decided."""

    state: QpvState
    code: str | None
    vintage: str
