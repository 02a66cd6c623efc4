"""One person: the profile, who may see it, and what is published of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from services.kit.checks import Checks
from services.kit.errors import Kind, Refused, not_found
from services.profile.domain.coarsening import AgeBand, age_band, needs_parent
from services.profile.domain.limits import MOST_EVIDENCE, MOST_EXPERIENCES, MOST_SKILLS
from services.profile.domain.merging import Stamp, merged, require_experiences, with_evidence, without_orphans
from services.profile.domain.values import (
    Consent,
    ConsentKind,
    Evidence,
    EvidenceSource,
    Experience,
    Profile,
    Skill,
    SkillKey,
    skill_key,
)

ConsentKey = tuple[ConsentKind, str]


@dataclass(frozen=True, slots=True)
class Status:
    """Is this profile matched, and if not, why not? A skill in words alone is a reason that stands in no way.

    `unanswered` would sharpen the matches.
    """

    matchable: bool
    visible_to_employers: bool
    reasons: tuple[str, ...]
    unanswered: tuple[str, ...]


@dataclass(slots=True)
class Person:
    """`partner_id` made the profile (empty: the person, or an operator).

    `band` and `matchable` are what was published last; both may change with time alone.

    `mentor_ids` are those with an accepted mentorship. Parts are replaced, never changed in place.
    """

    id: str
    partner_id: str
    created_at: datetime
    profile: Profile = field(default_factory=Profile)
    version: int = 0
    band: AgeBand = AgeBand.UNKNOWN
    matchable: bool = False
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

    def put_experience(self, said: Experience, new_id: str) -> None:
        """A new one under `new_id`, or another text for the one whose id is said."""
        experience = replace(said, id=said.id or new_id)
        held = {each.id: each for each in self.profile.experiences or ()}
        if said.id and said.id not in held:
            raise not_found("experience", said.id)
        self._keep(experiences=tuple({**held, experience.id: experience}.values()))

    def remove_experience(self, experience_id: str) -> None:
        """With the evidence that was read from it. One that is not there is gone already."""
        held = self.profile.experiences or ()
        if any(each.id == experience_id for each in held):
            self._keep(experiences=tuple(each for each in held if each.id != experience_id))
            self.profile = without_orphans(self.profile)

    def put_skill(self, said: Skill, stamp: Stamp) -> None:
        """Add what is said to what is there already."""
        require_experiences(self.profile, {"skill": said})
        held = {each.key: each for each in self.profile.skills or ()}
        before = held[said.key].evidence if said.key in held else ()
        own = tuple(each for each in before if each.source is not EvidenceSource.CONFIRMED)
        joined = replace(said, evidence=(*own, *said.evidence))
        skill = with_evidence(joined, held.get(said.key), stamp)
        with Checks("skill.") as checks:
            checks.at_most("evidence", own, MOST_EVIDENCE)
        self._keep(skills=tuple({**held, skill.key: skill}.values()))

    def remove_skill(self, key: SkillKey) -> None:
        """One that is not held is gone already."""
        if self.profile.skills is not None:
            self._keep(skills=tuple(each for each in self.profile.skills if each.key != key))

    def confirm_skill(self, code: str, words: str, by: str, stamp: Stamp) -> None:
        """Once for each who confirms; repeating it changes nothing. Words without a code are nobody's to confirm."""
        held = {each.key: each for each in self.profile.skills or ()}
        skill = held.get(skill_key(code))
        if not code or (skill is None and skill_key("", code) in held):
            raise Refused(Kind.CONFLICT, "SKILL_UNRESOLVED", "a skill without a code cannot be confirmed")
        if skill is None:
            raise not_found("skill", code)
        if by not in {each.confirmed_by for each in skill.evidence}:
            new = Evidence(stamp.new_id(), EvidenceSource.CONFIRMED, words, "", by, stamp.now)
            held[skill.key] = replace(skill, evidence=(*skill.evidence, new))
            self._keep(skills=tuple(held.values()))

    def _keep(self, **parts: Any) -> None:
        profile = replace(self.profile, **parts)
        with Checks() as checks:
            checks.at_most("experiences", profile.experiences or (), MOST_EXPERIENCES)
            checks.at_most("skills", profile.skills or (), MOST_SKILLS)
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

    def add_mentor(self, mentor_id: str) -> None:
        self.mentor_ids = tuple(sorted({*self.mentor_ids, mentor_id}))

    def remove_mentor(self, mentor_id: str, now: datetime) -> None:
        """With the mentorship ends what the mentor may see."""
        self.mentor_ids = tuple(each for each in self.mentor_ids if each != mentor_id)
        self.withdraw(ConsentKind.MENTOR, mentor_id, now)

    def is_managed_by(self, partner_id: str) -> bool:
        """The partner that made the profile, as long as the person agrees."""
        return bool(partner_id) and self.partner_id == partner_id and self.agrees(ConsentKind.PARTNER, partner_id)

    def age_band(self, now: datetime) -> AgeBand:
        return age_band(self.profile.birth_month, now)

    def is_outdated(self, now: datetime) -> bool:
        """Is what was published of this person out of date?"""
        return (self.band, self.matchable) != (self.age_band(now), self.status(now).matchable)

    def next_version(self, now: datetime) -> None:
        """With what is published from here on."""
        self.version += 1
        self.band, self.matchable = self.age_band(now), self.status(now).matchable

    def status(self, now: datetime) -> Status:
        obstacles = tuple(self._obstacles(now))
        visible = self.agrees(ConsentKind.EMPLOYERS) and "PARENT_CONSENT_MISSING" not in obstacles
        unresolved = any(not each.code for each in self.profile.skills or ())
        reasons = (*obstacles, "SKILL_UNRESOLVED") if unresolved else obstacles
        return Status(not obstacles, visible, reasons, tuple(self._unanswered()))

    def _obstacles(self, now: datetime) -> Iterable[str]:
        place, travel = self.profile.place, self.profile.travel
        if not (travel and travel.anywhere) and not (place and place.known):
            yield "PLACE_UNRESOLVED" if place else "PLACE_MISSING"
        if needs_parent(self.profile.birth_month, now) and not self.agrees(ConsentKind.PARENT):
            yield "PARENT_CONSENT_MISSING"

    def _unanswered(self) -> Iterable[str]:
        """The names that the API gives to these fields. One of the two hours is an answer."""
        held = self.profile
        wishes, travel = held.wishes, held.travel
        hours = wishes and (wishes.minimum_hours or wishes.maximum_hours)
        answers = {
            "birthMonth": held.birth_month,
            "place": held.place,
            "travel": travel and (travel.limit_km or travel.anywhere),
            "licences": held.licences is not None,
            "wishes.occupations": wishes and wishes.occupations is not None,
            "wishes.kinds": wishes and wishes.kinds is not None,
            "wishes.minimumHours": hours,
            "wishes.maximumHours": hours,
            "wishes.availableFrom": wishes and wishes.available_from,
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
