"""An author's input with the codes that were found for its words, and what is green in it."""

from dataclasses import dataclass, field, replace

from services.common.resolver import CachedReferential, Found, Resolver
from services.common.values import Occupation, Place
from services.offers.domain.course import CourseContent
from services.offers.domain.offer import OfferContent
from services.offers.domain.organisation import Profile
from services.offers.domain.values import Green, GreenEvidence, GreenGrade, SkillNeed

_RISING = tuple(GreenGrade)


def resolve_offer(referential: CachedReferential, content: OfferContent, strict: bool) -> tuple[OfferContent, Green]:
    """The occupation comes from its own words, or else from the title."""
    row = _Row(Resolver(referential, strict))
    found = replace(
        content,
        occupation=row.occupation("occupation", content.occupation, content.title),
        skills=row.skills(content.skills),
        place=content.place and row.place("place", content.place),
    )
    return found, row.done()


def resolve_course(referential: CachedReferential, content: CourseContent, strict: bool) -> tuple[CourseContent, Green]:
    """Where a course leads is what it says, never guessed from its title."""
    row = _Row(Resolver(referential, strict))
    sessions = (
        replace(session, place=session.place and row.place(f"sessions[{at}].place", session.place))
        for at, session in enumerate(content.sessions)
    )
    occupations = (row.occupation(f"occupations[{at}]", each) for at, each in enumerate(content.occupations))
    found = replace(
        content, occupations=tuple(occupations), skills=row.skills(content.skills), sessions=tuple(sessions)
    )
    return found, row.done()


def resolve_profile(referential: CachedReferential, profile: Profile, strict: bool) -> Profile:
    row = _Row(Resolver(referential, strict))
    found = replace(profile, place=profile.place and row.place("place", profile.place))
    row.done()
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    """One row, and what is green in it so far."""

    resolver: Resolver
    grades: list[GreenGrade] = field(default_factory=list)
    evidence: list[GreenEvidence] = field(default_factory=list)

    def done(self) -> Green:
        """Raises what was wrong."""
        self.resolver.checks.done()
        return Green(max(self.grades, key=_RISING.index, default=None), tuple(self.evidence))

    def occupation(self, path: str, said: Occupation, title: str = "") -> Occupation:
        found = self.resolver.occupation(path, said.code, said.label, title)
        if found.code:
            self.grades.append(GreenGrade(found.green.value))
        self._green("occupation", found)
        return Occupation(found.code, found.label or said.label, found.resolution)

    def skills(self, said: tuple[SkillNeed, ...]) -> tuple[SkillNeed, ...]:
        return tuple(self._skill(f"skills[{at}]", skill) for at, skill in enumerate(said))

    def _skill(self, path: str, said: SkillNeed) -> SkillNeed:
        found = self.resolver.skill(path, said.code, said.label)
        self._green("skill", found)
        return replace(said, code=found.code, label=said.label or found.label, resolution=found.resolution)

    def _green(self, source: str, found: Found) -> None:
        if GreenGrade(found.green.value) is not GreenGrade.NONE:
            self.evidence.append(GreenEvidence(source, found.code, found.label))

    def place(self, path: str, said: Place) -> Place:
        found, known = self.resolver.place(path, said)
        if known is None:
            return found
        only = known.postal_codes[0] if len(known.postal_codes) == 1 else ""
        return replace(found, label=known.label, postal_code=said.postal_code or only)
