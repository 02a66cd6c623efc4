"""One person: the profile, who may see it, and what is told of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.kit.errors import Kind, Refused
from services.profile.domain.blurring import AgeBand, age_band, needs_parent
from services.profile.domain.merging import Stamp, merged
from services.profile.domain.values import Consent, ConsentKind, Profile

ConsentKey = tuple[ConsentKind, str]


@dataclass(frozen=True, slots=True)
class Status:
    """Is this profile matched, and if not, why not? `unanswered` would sharpen the matches."""

    matchable: bool
    visible_to_employers: bool
    reasons: tuple[str, ...]
    unanswered: tuple[str, ...]


@dataclass(slots=True)
class Person:
    """`partner_id` made the profile (empty: the person, or an operator); `band` is what was last told of the age.

    `mentor_ids` are those with an accepted mentorship. Parts are replaced, never changed in place.
    """

    id: str
    partner_id: str
    created_at: datetime
    profile: Profile = field(default_factory=Profile)
    version: int = 0
    band: AgeBand = AgeBand.UNKNOWN
    consents: Mapping[ConsentKey, Consent] = field(default_factory=dict)
    mentor_ids: tuple[str, ...] = ()

    def write(self, said: Profile, stamp: Stamp) -> None:
        """Take over what a write says; what it leaves out stays. Below 15 only with a parent's consent."""
        profile = merged(self.profile, said, stamp)
        if needs_parent(profile.birth_month, stamp.now) and not self.agrees(ConsentKind.PARENT):
            raise Refused(
                Kind.CONFLICT,
                "PARENT_CONSENT_REQUIRED",
                "below 15 a parent has to agree; a partner or an operator records it",
            )
        self.profile = profile

    def agrees(self, kind: ConsentKind, grantee_id: str = "") -> bool:
        consent = self.consents.get((kind, grantee_id))
        return consent is not None and consent.active

    def grantees(self, kind: ConsentKind) -> tuple[str, ...]:
        return tuple(sorted(who for (what, who), consent in self.consents.items() if what is kind and consent.active))

    def grant(self, kind: ConsentKind, grantee_id: str, now: datetime) -> None:
        """Repeating it keeps the first date."""
        if not self.agrees(kind, grantee_id):
            self.consents = {**self.consents, (kind, grantee_id): Consent(kind, grantee_id, now)}

    def withdraw(self, kind: ConsentKind, grantee_id: str, now: datetime) -> None:
        """What was never granted stays so."""
        consent = self.consents.get((kind, grantee_id))
        if consent is not None and consent.active:
            self.consents = {**self.consents, (kind, grantee_id): replace(consent, withdrawn_at=now)}

    def is_managed_by(self, partner_id: str) -> bool:
        """The partner that made the profile, as long as the person agrees."""
        return bool(partner_id) and self.partner_id == partner_id and self.agrees(ConsentKind.PARTNER, partner_id)

    def age_band(self, now: datetime) -> AgeBand:
        return age_band(self.profile.birth_month, now)

    def status(self, now: datetime) -> Status:
        reasons = tuple(self._reasons(now))
        visible = self.agrees(ConsentKind.EMPLOYERS) and "PARENT_CONSENT_MISSING" not in reasons
        return Status(not reasons, visible, reasons, tuple(self._unanswered()))

    def _reasons(self, now: datetime) -> Iterable[str]:
        place, travel = self.profile.place, self.profile.travel
        if not (travel and travel.anywhere) and not (place and place.located):
            yield "PLACE_UNRESOLVED" if place else "PLACE_MISSING"
        if needs_parent(self.profile.birth_month, now) and not self.agrees(ConsentKind.PARENT):
            yield "PARENT_CONSENT_MISSING"

    def _unanswered(self) -> Iterable[str]:
        held = self.profile
        wishes, travel = held.wishes, held.travel
        answers = {
            "birth_month": held.birth_month,
            "place": held.place,
            "travel": travel and (travel.limit_km or travel.anywhere),
            "licences": held.licences is not None,
            "wishes.occupations": wishes and wishes.occupations is not None,
            "wishes.kinds": wishes and wishes.kinds is not None,
            "wishes.hours": wishes and (wishes.minimum_hours or wishes.maximum_hours),
            "wishes.available_from": wishes and wishes.available_from,
            "experiences": held.experiences is not None,
            "skills": held.skills is not None,
        }
        return (name for name, answered in answers.items() if not answered)


@dataclass(frozen=True, slots=True)
class PersonChanged:
    person: Person
    at: datetime


@dataclass(frozen=True, slots=True)
class PersonErased:
    person_id: str
