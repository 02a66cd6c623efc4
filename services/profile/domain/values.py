"""What is known of a person. `None` means never asked; an empty collection means asked, and the answer was "none"."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from services.common.values import OUTPUT_ONLY, Occupation, OfferKind, Resolution
from services.common.values import Place as AnyPlace
from services.kit.checks import Checks, is_blank
from services.kit.limits import each, number, text, within
from services.profile.domain import limits


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

    country_code: Annotated[str, limits.country] = "FR"
    commune_code: Annotated[str, limits.code] = ""
    postal_code: Annotated[str, limits.postal_code] = ""
    commune_label: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    given_name: Annotated[str, text(limits.NAME)] = ""
    family_name: Annotated[str, text(limits.NAME)] = ""
    email: Annotated[str, Checks.email] = ""
    phone: Annotated[str, limits.phone] = ""


@dataclass(frozen=True, slots=True)
class Travel:
    """`limit_km` 0 without `anywhere`: not said."""

    limit_km: Annotated[int, number(0, 200)] = 0
    anywhere: bool = False
    modes: Annotated[tuple[TravelMode, ...], limits.unique] = ()


@dataclass(frozen=True, slots=True)
class Wishes:
    """Hours a week, 0: not said; `available_from` is YYYY-MM-DD, empty: not said."""

    occupations: Annotated[tuple[str, ...] | None, limits.answer(limits.codes), limits.unique] = None
    kinds: Annotated[tuple[OfferKind, ...] | None, limits.unique] = None
    minimum_hours: Annotated[float, number(0, 60)] = 0.0
    maximum_hours: Annotated[float, number(0, 60)] = 0.0
    available_from: Annotated[str, limits.day] = ""

    def check(self, checks: Checks, path: str) -> None:
        ordered = not self.maximum_hours or self.minimum_hours <= self.maximum_hours
        path = f"{path}maximum_hours"
        checks.require(path, ordered, "OUT_OF_ORDER", "must not be below {field}", field="minimum_hours")


@dataclass(frozen=True, slots=True)
class Experience:
    """Something done, in the person's own words. Months are YYYY-MM; without an end it still goes on."""

    id: Annotated[str, limits.code]
    kind: ExperienceKind
    title: Annotated[str, text(limits.LABEL)]
    words: Annotated[str, text(limits.WORDS, lines=True)]
    occupation: Annotated[Occupation, limits.occupation]
    start_month: Annotated[str, Checks.month]
    end_month: Annotated[str, Checks.month]

    def check(self, checks: Checks, path: str) -> None:
        said = not (is_blank(self.title) and is_blank(self.words))
        checks.require(path.rstrip("."), said, "REQUIRED", "needs a title or words")
        ordered = not self.end_month or self.start_month <= self.end_month
        path = f"{path}end_month"
        checks.require(path, ordered, "OUT_OF_ORDER", "must not be before {field}", field="start_month")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a skill is thought to be held. `confirmed_by` is "mentor/ID" or "partner/ID".

    Before it is kept it has no `id` and no `at`.
    """

    id: str = field(default="", metadata=OUTPUT_ONLY)
    source: EvidenceSource = EvidenceSource.STATED
    words: Annotated[str, text(limits.EVIDENCE_WORDS, lines=True)] = ""
    experience_id: Annotated[str, limits.code] = ""
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

    code: Annotated[str, limits.code]
    label: Annotated[str, text(limits.LABEL)]
    evidence: Annotated[tuple[Evidence, ...], each(limits.MOST_EVIDENCE)]
    resolution: Resolution | None = field(default=None, metadata=OUTPUT_ONLY)

    def check(self, checks: Checks, path: str) -> None:
        said = not (is_blank(self.code) and is_blank(self.label))
        checks.require(path.rstrip("."), said, "REQUIRED", "needs a code or a label")

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

    external_id: Annotated[str, text(limits.EXTERNAL_ID)] = ""
    identity: Annotated[Identity | None, within] = None
    birth_month: Annotated[str, Checks.month] = ""
    place: Annotated[Place | None, within] = None
    travel: Annotated[Travel | None, within] = None
    licences: Annotated[tuple[str, ...] | None, limits.answer(limits.licences), limits.unique] = None
    wishes: Annotated[Wishes | None, within] = None
    experiences: Annotated[tuple[Experience, ...] | None, each(limits.MOST_EXPERIENCES)] = None
    skills: Annotated[tuple[Skill, ...] | None, each(limits.MOST_SKILLS)] = None
    language: Annotated[str, limits.language] = ""


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
