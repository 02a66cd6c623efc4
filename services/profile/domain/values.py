"""What is known of a person. `None` means never asked; an empty collection means asked, and the answer was "none"."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.common.values import OUTPUT_ONLY, Occupation, OfferKind, Resolution
from services.common.values import Place as AnyPlace


class TravelMode(StrEnum):
    WALK = "walk"
    BIKE = "bike"
    PUBLIC_TRANSPORT = "public_transport"
    CAR = "car"
    MOPED = "moped"


class ExperienceKind(StrEnum):
    UNSPECIFIED = "unspecified"
    PAID = "paid"
    PERSONAL = "personal"
    VOLUNTARY = "voluntary"
    STUDIES = "studies"


class EvidenceSource(StrEnum):
    STATED = "stated"
    EXPERIENCE = "experience"
    CONFIRMED = "confirmed"


class ConsentKind(StrEnum):
    PARTNER = "partner"
    MENTOR = "mentor"
    EMPLOYERS = "employers"
    PARENT = "parent"


@dataclass(frozen=True, slots=True)
class Place(AnyPlace):
    """`label` may be as exact as an address; `commune_label` is the official name that was found for it."""

    commune_label: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Travel:
    """`limit_km` 0 without `anywhere`: not said."""

    limit_km: int = 0
    anywhere: bool = False
    modes: tuple[TravelMode, ...] = ()


@dataclass(frozen=True, slots=True)
class Wishes:
    """Hours a week, 0: not said; `available_from` is YYYY-MM-DD, empty: not said."""

    occupations: tuple[str, ...] | None = None
    kinds: tuple[OfferKind, ...] | None = None
    minimum_hours: float = 0.0
    maximum_hours: float = 0.0
    available_from: str = ""


@dataclass(frozen=True, slots=True)
class Experience:
    """Something done, in the person's own words. Months are YYYY-MM; without an end it still goes on."""

    id: str
    kind: ExperienceKind
    title: str
    words: str
    occupation: Occupation
    start_month: str
    end_month: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a skill is thought to be held. `confirmed_by` is "mentor/ID" or "partner/ID".

    Before it is kept it has no `id` and no `at`.
    """

    id: str = field(default="", metadata=OUTPUT_ONLY)
    source: EvidenceSource = EvidenceSource.STATED
    words: str = ""
    experience_id: str = ""
    confirmed_by: str = field(default="", metadata=OUTPUT_ONLY)
    at: datetime | None = field(default=None, metadata=OUTPUT_ONLY)


SkillKey = tuple[str, str]


def skill_key(code: str, label: str = "") -> SkillKey:
    """What makes two skills the same: the code, or without one the words, whatever their case, accents and spaces."""
    if code:
        return code, ""
    plain = (each for each in unicodedata.normalize("NFKD", label.casefold()) if not unicodedata.combining(each))
    return "", " ".join("".join(plain).split())


@dataclass(frozen=True, slots=True)
class Skill:
    """Without a code it is kept in the person's own words: never matched, and not published."""

    code: str
    label: str
    evidence: tuple[Evidence, ...]
    resolution: Resolution | None = field(default=None, metadata=OUTPUT_ONLY)

    @property
    def key(self) -> SkillKey:
        return skill_key(self.code, self.label)

    @property
    def confirmed(self) -> bool:
        return any(each.source is EvidenceSource.CONFIRMED for each in self.evidence)


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything a person says of themselves: what is held of one person, and what one write says.

    It is kept encrypted as one document.
    """

    external_id: str = ""
    identity: Identity | None = None
    birth_month: str = ""
    place: Place | None = None
    travel: Travel | None = None
    licences: tuple[str, ...] | None = None
    wishes: Wishes | None = None
    experiences: tuple[Experience, ...] | None = None
    skills: tuple[Skill, ...] | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """An agreement, and when it was given and taken back."""

    kind: ConsentKind
    grantee_id: str
    granted_at: datetime
    withdrawn_at: datetime | None = None

    @property
    def active(self) -> bool:
        return self.withdrawn_at is None
