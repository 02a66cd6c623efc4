"""One judgement of one person and one offer, the same in both directions."""

from dataclasses import dataclass
from datetime import datetime

from services.matching.domain.formula import Formula, Gate, Knowledge, Part
from services.matching.domain.gates import gates
from services.matching.domain.parts import asked_skills, parts
from services.matching.values import Offer, Person


@dataclass(frozen=True, slots=True)
class Assessment:
    """Why, or why not: complete whether the pair matches or fails."""

    person_id: str
    offer_id: str
    person_version: int
    offer_version: int
    formula_version: str
    gates: tuple[Gate, ...]
    parts: tuple[Part, ...]
    score: float
    matched: bool  # all gates passed, and the score reaches the threshold
    missing_skills: tuple[str, ...]  # asked, and not among those the person named; the heaviest first


def assess(person: Person, offer: Offer, formula: Formula, knowledge: Knowledge, now: datetime) -> Assessment:
    """Judge the pair at this moment. `now` is aware."""
    judged, weighed = gates(person, offer, formula, now), parts(person, offer, formula, knowledge, now)
    score = sum(part.weight * part.value for part in weighed) / sum(part.weight for part in weighed)
    return Assessment(
        person_id=person.id,
        offer_id=offer.id,
        person_version=person.version,
        offer_version=offer.version,
        formula_version=formula.version,
        gates=judged,
        parts=weighed,
        score=score,
        matched=all(gate.passed for gate in judged) and score >= formula.threshold,
        missing_skills=tuple(
            code for code in asked_skills(offer, formula, knowledge) if code not in (person.skills or {})
        ),
    )
