"""What a write leaves out stays as it is. Precisely:

- `external_id`, `birth_month`, `language`: empty leaves them.
- `identity`, `wishes`: field by field; an empty field leaves what is there, an explicit empty answer means "none".
- `place`, `travel`, `licences`: each is one answer and is replaced as a whole.
- `experiences`, `skills`: the whole list is replaced. An entry that says the same as one already there keeps its id
  and date. What others confirmed stays with a skill that stays; nobody can write a confirmation this way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from services.kit.errors import Violation, invalid
from services.profile.domain.values import (
    Evidence,
    EvidenceSource,
    Experience,
    Identity,
    Place,
    Profile,
    Skill,
    SkillKey,
    Wishes,
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What new parts get: an id each, and the time."""

    new_id: Callable[[], str]
    now: datetime


def merged(held: Profile, said: Profile, stamp: Stamp) -> Profile:
    after = Profile(
        external_id=said.external_id or held.external_id,
        identity=_overlaid(held.identity or Identity(), said.identity) if said.identity else held.identity,
        birth_month=said.birth_month or held.birth_month,
        place=_place(held.place, said.place),
        travel=said.travel or held.travel,
        licences=held.licences if said.licences is None else said.licences,
        wishes=_overlaid(held.wishes or Wishes(), said.wishes) if said.wishes else held.wishes,
        experiences=held.experiences if said.experiences is None else _experiences(held, said.experiences, stamp),
        skills=held.skills if said.skills is None else _skills(held, said.skills, stamp),
        language=said.language or held.language,
    )
    require_experiences(after, {f"skills[{at}]": each for at, each in enumerate(said.skills or ())})
    return without_orphans(after)


def require_experiences(profile: Profile, said: Mapping[str, Skill]) -> None:
    """Evidence, said at these paths, may only point at experiences of the profile."""
    known = {each.id for each in profile.experiences or ()} | {""}
    wrong = [
        f"{path}.evidence[{nth}].experience_id"
        for path, skill in said.items()
        for nth, each in enumerate(skill.evidence)
        if each.experience_id not in known and each.source is not EvidenceSource.CONFIRMED
    ]
    if wrong:
        raise invalid([Violation(path, "UNKNOWN_ID", "no such experience") for path in wrong])


def without_orphans(profile: Profile) -> Profile:
    """Evidence goes with the experience that it was read from, and a skill with its last evidence."""
    if profile.skills is None:
        return profile
    known = {each.id for each in profile.experiences or ()} | {""}
    kept = ((s, tuple(each for each in s.evidence if each.experience_id in known)) for s in profile.skills)
    return replace(profile, skills=tuple(replace(skill, evidence=evidence) for skill, evidence in kept if evidence))


def _place(held: Place | None, said: Place | None) -> Place | None:
    """The same place keeps the way it was found, so that writing back what was read changes nothing."""
    if said is None or (held and replace(said, resolution=held.resolution) == held):
        return held
    return said


def _overlaid(held: Any, said: Any) -> Any:
    given = {each.name: getattr(said, each.name) for each in fields(said)}
    return replace(held, **{name: value for name, value in given.items() if value is not None and value not in ("", 0)})


def _experiences(held: Profile, said: Sequence[Experience], stamp: Stamp) -> tuple[Experience, ...]:
    known = {each.id for each in held.experiences or ()}
    if strangers := [at for at, each in enumerate(said) if each.id and each.id not in known]:
        raise invalid([Violation(f"experiences[{at}].id", "UNKNOWN_ID", "no such experience") for at in strangers])
    named = {one.id for one in said}
    spare = [each for each in held.experiences or () if each.id not in named]
    by_id = [each for each in held.experiences or () if each.id in named]
    return tuple(_same(one, by_id if one.id else spare) or _fresh(one, stamp) for one in said)


def _fresh(one: Experience, stamp: Stamp) -> Experience:
    return replace(one, id=one.id or stamp.new_id())


def _same(one: Experience, spare: list[Experience]) -> Experience | None:
    """The one already there that says the same; it is taken only once."""
    for at, other in enumerate(spare):
        if one.id in ("", other.id) and _content(other) == _content(one):
            return spare.pop(at)
    return None


def _content(one: Experience) -> Experience:
    """What it says, whatever its id and however its occupation was found."""
    return replace(one, id="", occupation=replace(one.occupation, resolution=None))


def _skills(held: Profile, said: Sequence[Skill], stamp: Stamp) -> tuple[Skill, ...]:
    """In the order said; what is said twice is one skill with the evidence of both."""
    known = {skill.key: skill for skill in held.skills or ()}
    found: dict[SkillKey, Skill] = {}
    for skill in said:
        twin = found.get(skill.key)
        evidence = (*twin.evidence, *skill.evidence) if twin else skill.evidence
        found[skill.key] = replace(twin or skill, evidence=evidence)
    return tuple(with_evidence(skill, known.get(key), stamp) for key, skill in found.items())


def with_evidence(said: Skill, held: Skill | None, stamp: Stamp) -> Skill:
    """The skill with the words said now (at least that it was said) and what others confirmed before."""
    before = held.evidence if held else ()
    if held:
        said = replace(said, label=said.label if said.code else held.label, resolution=held.resolution)
    own = [each for each in said.evidence if each.source is not EvidenceSource.CONFIRMED]
    if not own and before:
        return replace(said, evidence=before)
    confirmed = tuple(each for each in before if each.source is EvidenceSource.CONFIRMED)
    known = {_words(each): each for each in before}
    new = {_words(each): each for each in own or [Evidence()]}
    dated = (known.get(key) or replace(each, id=stamp.new_id(), at=stamp.now) for key, each in new.items())
    return replace(said, evidence=(*dated, *confirmed))


def _words(evidence: Evidence) -> tuple[str, ...]:
    return evidence.source, evidence.words, evidence.experience_id
