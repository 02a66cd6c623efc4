"""Courses that close gaps: "this course closes 2 of the 3 skills that 14 offers near you ask and you lack".

A course counts as naming its taught skills (stated, not confirmed). Its lift of an offer is what that adds to the
score, by the same formula. Its own score is the mean lift over the offers near the person, each weighted by its present
score: a course that helps towards what already fits in occupation, place and wishes comes before one that opens a trade
nobody wished for. So it reads as points of score, 0…1.

A person who never named a skill lacks all; the lift starts from the prior then, as the score does.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from services.matching.domain.assess import assess
from services.matching.domain.formula import Formula, Knowledge
from services.matching.domain.gates import distance_km, judge_age, limit_km
from services.matching.domain.parts import asked_skills, coverage_value, held_share
from services.matching.values import Course, CourseSession, Offer, Person


@dataclass(frozen=True, slots=True)
class CourseMatch:
    """What one course would change for one person."""

    person_id: str
    course_id: str
    score: float
    closed_skills: tuple[str, ...]  # taught, lacked, and asked near; the most useful first
    offer_ids: tuple[str, ...]  # the offers that it brings closer, the most lifted first
    gap_count: int  # the different skills that these offers ask and the person lacks
    session_id: str
    distance_km: float  # 0 when the session is followed from a distance
    formula_version: str

    @property
    def offer_count(self) -> int:
        return len(self.offer_ids)


@dataclass(frozen=True, slots=True)
class _Near:
    """One offer near the person: how much it fits, and what each lacked skill would add to its coverage."""

    offer: Offer
    score: float
    coverage: float
    value: float  # of the part skills, now
    gaps: dict[str, float]

    def lift(self, taught: frozenset[str], formula: Formula) -> float:
        """What naming these skills adds to the score."""
        covered = self.coverage + sum(share for code, share in self.gaps.items() if code in taught)
        gained = coverage_value(covered, self.offer, formula) - self.value
        return formula.skills_weight * gained / sum(formula.weights)


def course_matches(
    person: Person,
    offers: Iterable[Offer],
    courses: Iterable[Course],
    formula: Formula,
    knowledge: Knowledge,
    now: datetime,
) -> list[CourseMatch]:
    """The useful courses, the most useful first.

    `offers` are those near the person; those that fail a gate, or leave no gap, are left out here. A course needs a
    coming session, from a distance or within the person's reach, and to take the person's age.
    """
    near = [found for offer in offers if (found := _near(person, offer, formula, knowledge, now))]
    total = sum(found.score for found in near)
    by_skill: dict[str, list[_Near]] = defaultdict(list)
    for found in near:
        for code in found.gaps:
            by_skill[code].append(found)
    matches = []
    for course in courses:
        session = _session(person, course, formula, now.date())
        if session and not by_skill.keys().isdisjoint(course.taught_skills):
            matches.append(_match(person, course, session, by_skill, total, formula))
    return sorted(matches, key=lambda match: (-match.score, match.distance_km, match.course_id))


def _near(person: Person, offer: Offer, formula: Formula, knowledge: Knowledge, now: datetime) -> _Near | None:
    judged = assess(person, offer, formula, knowledge, now)
    if not judged.missing_skills or not all(gate.passed for gate in judged.gates):
        return None
    asked = asked_skills(offer, formula, knowledge)
    total = sum(asked.values())
    held = sum(counts * held_share(person, code, formula) for code, counts in asked.items())
    gaps = {code: formula.stated_skill * asked[code] / total for code in judged.missing_skills}
    return _Near(offer, judged.score, held / total, judged.parts[0].value, gaps)


def _session(person: Person, course: Course, formula: Formula, today: date) -> tuple[CourseSession, float] | None:
    """The nearest coming session that the person can follow, the earliest among equals."""
    if not course.searchable or not judge_age(person.age_band, course.minimum_age, None)[0]:
        return None
    coming = [session for session in course.sessions if session.start_date is None or session.start_date >= today]
    distances = [(session, _distance(person, session, formula)) for session in coming]
    reachable = [(session, distance) for session, distance in distances if distance is not None]
    return min(reachable, key=lambda one: (one[1], one[0].start_date or today, one[0].id), default=None)


def _distance(person: Person, session: CourseSession, formula: Formula) -> float | None:
    """Kilometres to a session, or None when out of reach."""
    if session.remote:
        return 0.0
    if person.place is None or session.place is None:
        return None
    distance = distance_km(person.place, session.place)
    return distance if person.anywhere or distance <= limit_km(person, formula) else None


def _match(
    person: Person,
    course: Course,
    session: tuple[CourseSession, float],
    by_skill: dict[str, list[_Near]],
    total: float,
    formula: Formula,
) -> CourseMatch:
    closed = {code: by_skill[code] for code in sorted(course.taught_skills) if code in by_skill}
    closer = {found.offer.id: found for offers in closed.values() for found in offers}.values()
    lifts = {found.offer.id: found.lift(course.taught_skills, formula) for found in closer}
    return CourseMatch(
        person_id=person.id,
        course_id=course.id,
        score=sum(found.score * lifts[found.offer.id] for found in closer) / total,
        closed_skills=tuple(sorted(closed, key=lambda code: -sum(found.gaps[code] for found in closed[code]))),
        offer_ids=tuple(sorted(lifts, key=lambda offer_id: (-lifts[offer_id], offer_id))),
        gap_count=len({code for found in closer for code in found.gaps}),
        session_id=session[0].id,
        distance_km=session[1],
        formula_version=formula.version,
    )
