"""The parts: five named factors, each with its value, whether it is known, and the reasons that make it up."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from services.common.values import Remote
from services.matching.domain.formula import Formula, Knowledge, Part
from services.matching.domain.gates import distance_km, distance_reason, kind_reason, limit_km
from services.matching.domain.reasons import Code, Reason, number, reason
from services.matching.values import Offer, Person

CALLED_CLOSE = 0.2
"""Below it two occupations share hardly more than any two do: the words say far, whatever little the value is."""


def parts(person: Person, offer: Offer, formula: Formula, knowledge: Knowledge, now: datetime) -> tuple[Part, ...]:
    """All parts, in the order of PARTS."""
    return (
        _skills(person, offer, formula, knowledge),
        _occupation(person, offer, formula, knowledge),
        _place(person, offer, formula),
        _wishes(person, offer, formula, knowledge, now.date()),
        _freshness(offer, formula, now),
    )


# Skills


def asked_skills(offer: Offer, formula: Formula, knowledge: Knowledge) -> dict[str, float]:
    """What each asked skill counts, heaviest first; one that is required and wished is required."""
    required = {code: knowledge.idf(code) for code in offer.required_skills}
    wished = {code: formula.wished_skill * knowledge.idf(code) for code in offer.wished_skills - offer.required_skills}
    return dict(sorted((required | wished).items(), key=lambda item: (-item[1], item[0])))


def held_share(person: Person, code: str, formula: Formula) -> float:
    """How fully a skill counts: confirmed, stated, or not held."""
    held = (person.skills or {}).get(code)
    if held is None:
        return 0.0
    return 1.0 if held.confirmed else formula.stated_skill


def coverage_value(coverage: float, offer: Offer, formula: Formula) -> float:
    """Above the prior as soon as anything fits: naming one more fitting skill can never cost."""
    if offer.required_skills and coverage == 0:
        return 0.0
    return formula.skills_prior + (1 - formula.skills_prior) * coverage


def _skills(person: Person, offer: Offer, formula: Formula, knowledge: Knowledge) -> Part:
    asked = asked_skills(offer, formula, knowledge)
    if not asked:
        return _unknown("skills", formula.skills_weight, formula.skills_prior, reason(Code.SKILLS_NOT_ASKED))
    if person.skills is None:
        unknown = reason(Code.SKILLS_UNKNOWN, question="skills")
        return _unknown("skills", formula.skills_weight, formula.skills_prior, unknown)
    held = sum(counts * held_share(person, code, formula) for code, counts in asked.items())
    value = coverage_value(held / sum(asked.values()), offer, formula)
    return Part("skills", formula.skills_weight, value, True, tuple(_skill(person, offer, code) for code in asked))


def _skill(person: Person, offer: Offer, code: str) -> Reason:
    asked = "required" if code in offer.required_skills else "wished"
    held = (person.skills or {}).get(code)
    if held is None:
        return reason(Code.SKILL_MISSING, skill=code, asked=asked)
    level = "confirmed" if held.confirmed else "stated"
    return Reason(Code.SKILL_HELD, {"skill": code, "asked": asked, "level": level}, held.evidence_ids)


# Occupation


def _nearest(held: Iterable[str], offered: str, knowledge: Knowledge) -> tuple[float, str] | None:
    """The closest of a person's occupations to the one offered."""
    return max(((knowledge.closeness(code, offered), code) for code in sorted(held)), default=None)


def _occupation(person: Person, offer: Offer, formula: Formula, knowledge: Knowledge) -> Part:
    weight, prior = formula.occupation_weight, formula.occupation_prior
    offered = offer.occupation_code
    if offered is None:
        return _unknown("occupation", weight, prior, reason(Code.OCCUPATION_NOT_RESOLVED))
    wished = _nearest(person.wished_occupations or (), offered, knowledge)
    past = _nearest(person.past_occupations, offered, knowledge)
    found = [(near[0], near[1], "wished") for near in (wished,) if near]
    found += [(formula.past_occupation * near[0], near[1], "past") for near in (past,) if near]
    if not found:
        unknown = reason(Code.OCCUPATION_UNKNOWN, question="wished_occupations")
        return _unknown("occupation", weight, prior, unknown)
    value, code, source = max(found, key=lambda near: near[0])
    return Part("occupation", weight, value, True, (_closeness(offered, code, source, value),))


def _closeness(offered: str, held: str, source: str, value: float) -> Reason:
    if held == offered:
        return reason(Code.OCCUPATION_SAME, occupation=offered, source=source)
    if value >= CALLED_CLOSE:
        return reason(Code.OCCUPATION_CLOSE, occupation=offered, held=held, source=source, closeness=number(value))
    return reason(Code.OCCUPATION_FAR, occupation=offered)


# Place


def _place(person: Person, offer: Offer, formula: Formula) -> Part:
    weight, prior = formula.place_weight, formula.place_prior
    if offer.remote is Remote.FULL:
        return Part("place", weight, 1.0, True, (reason(Code.REMOTE),))
    if person.place is None:
        return _unknown("place", weight, prior, reason(Code.PLACE_MISSING, question="place"))
    if offer.place is None:
        return _unknown("place", weight, prior, reason(Code.OFFER_PLACE_MISSING))
    distance, limit = distance_km(person.place, offer.place), limit_km(person, formula)
    if person.anywhere:
        scale = max(limit, formula.anywhere_scale_km)
        value = 1 - formula.place_loss * min(1.0, distance / scale)
        anywhere = reason(Code.ANYWHERE, distance=number(distance), limit=str(scale))
        return Part("place", weight, value, True, (anywhere,))
    value = 1 - formula.place_loss * distance / max(limit, 1) if distance <= limit else 0.0
    return Part("place", weight, value, True, (distance_reason(person, distance, formula),))


# Wishes


def _wishes(person: Person, offer: Offer, formula: Formula, knowledge: Knowledge, today: date) -> Part:
    wishes = (
        (formula.occupation_wish, _occupation_wish(person, offer, formula, knowledge)),
        (formula.kind_wish, _kind_wish(person, offer, formula)),
        (formula.hours_wish, _hours_wish(person, offer, formula)),
        (formula.start_wish, _start_wish(person, offer, formula, today)),
    )
    value = sum(share * value for share, (value, _, _) in wishes)
    reasons = tuple(_with_value(why, value) for _, (value, _, why) in wishes)
    return Part("wishes", formula.wishes_weight, value, any(known for _, (_, known, _) in wishes), reasons)


_Wish = tuple[float, bool, Reason]


def _occupation_wish(person: Person, offer: Offer, formula: Formula, knowledge: Knowledge) -> _Wish:
    offered = offer.occupation_code
    if offered is None:
        return formula.wish_prior, False, reason(Code.OCCUPATION_NOT_RESOLVED)
    near = _nearest(person.wished_occupations or (), offered, knowledge)
    if near is None:
        return formula.wish_prior, False, reason(Code.OCCUPATION_WISH_UNKNOWN, question="wished_occupations")
    value, wished = near
    if wished == offered:
        return value, True, reason(Code.OCCUPATION_WISHED, occupation=offered)
    if value >= CALLED_CLOSE:
        return value, True, reason(Code.OCCUPATION_NEAR_WISH, occupation=offered, wished=wished)
    return value, True, reason(Code.OCCUPATION_NOT_WISHED, occupation=offered)


def _kind_wish(person: Person, offer: Offer, formula: Formula) -> _Wish:
    why = kind_reason(person, offer)
    if person.wished_kinds is None:
        return formula.wish_prior, False, why
    return float(offer.kind in person.wished_kinds), True, why


def _hours_wish(person: Person, offer: Offer, formula: Formula) -> _Wish:
    hours, low, high = offer.weekly_hours, person.minimum_hours, person.maximum_hours
    if hours <= 0:
        return formula.wish_prior, False, reason(Code.HOURS_NOT_SAID)
    if low is None and high is None:
        return formula.wish_prior, False, reason(Code.HOURS_UNKNOWN, hours=number(hours), question="maximum_hours")
    outside = max(0.0, 0.0 if low is None else low - hours, 0.0 if high is None else hours - high)
    facts = {"hours": number(hours), "minimum": _said(low), "maximum": _said(high)}
    value = max(0.0, 1 - outside / formula.hours_slack)
    return value, True, Reason(Code.HOURS_OUTSIDE if outside else Code.HOURS_FIT, facts)


def _said(hours: float | None) -> str:
    return "" if hours is None else number(hours)


def _start_wish(person: Person, offer: Offer, formula: Formula, today: date) -> _Wish:
    """An offer that starts as soon as possible, or should have started already, starts today."""
    start = max(offer.start_date or today, today)
    if person.available_from is None:
        return formula.wish_prior, False, reason(Code.START_UNKNOWN, start=start.isoformat(), question="available_from")
    late = max(0, (person.available_from - start).days)
    facts = {"start": start.isoformat(), "available": person.available_from.isoformat()}
    if not late:
        return 1.0, True, Reason(Code.START_FITS, facts)
    value = max(0.0, 1 - late / formula.start_slack_days)
    return value, True, Reason(Code.START_BEFORE_AVAILABLE, facts | {"days": str(late)})


def _with_value(why: Reason, value: float) -> Reason:
    return Reason(why.code, {**why.parameters, "value": number(value)}, why.evidence_ids)


# Freshness


def _freshness(offer: Offer, formula: Formula, now: datetime) -> Part:
    """In whole days, so that whoever looks on one day sees one score; a clock that jumped back makes it new."""
    days = max(0, (now - offer.published_at) // timedelta(days=1))
    why = reason(Code.PUBLISHED_DAYS_AGO, days=str(days))
    return Part("freshness", formula.freshness_weight, 0.5 ** (days / formula.half_life_days), True, (why,))


def _unknown(name: str, weight: float, prior: float, why: Reason) -> Part:
    return Part(name, weight, prior, False, (why,))
