"""The gates: what a pair must pass, whatever its score. All are judged, so that `why` names each one that failed.

A missing answer never excludes silently: an unknown kind, age or licence passes and says which question is open. A
place is different, because nobody is within reach of nowhere. "No kinds wished" is an answer, and excludes all.
"""

from datetime import datetime
from math import asin, cos, radians, sin, sqrt

from services.common.values import OfferKind, Point, Remote
from services.matching.domain.formula import Formula, Gate
from services.matching.domain.reasons import Code, Reason, number, reason
from services.matching.values import AgeBand, Offer, Person

EARTH_RADIUS_KM = 6371.0088

AGE_BY_KIND: dict[OfferKind, tuple[int, int | None]] = {
    OfferKind.JOB: (16, None),
    OfferKind.APPRENTICESHIP: (16, 29),  # older only with a recognised disability, which matching is never told
    OfferKind.INTERNSHIP: (16, None),  # the observation week of younger pupils is not an offer here
    OfferKind.VOLUNTEERING: (16, None),
}
"""French law, youngest and oldest age."""

AGE_BY_CONTRACT: dict[str, tuple[int, int | None]] = {
    "civic_service": (16, 25),  # to 30 with a recognised disability
    "professionalisation": (16, None),  # filed under apprenticeships, yet open to older job seekers
}
"""Contracts whose law differs from that of their kind."""

AGES_OF_BAND: dict[AgeBand, tuple[int, int]] = {
    AgeBand.UNKNOWN: (0, 150),
    AgeBand.UNDER_16: (0, 15),
    AgeBand.FROM_16: (16, 17),
    AgeBand.FROM_18: (18, 20),
    AgeBand.FROM_21: (21, 25),
    AgeBand.FROM_26: (26, 29),
    AgeBand.FROM_30: (30, 150),
}


def gates(person: Person, offer: Offer, formula: Formula, now: datetime) -> tuple[Gate, ...]:
    """All gates, in the order of GATES."""
    return (
        _open(offer, now),
        _consent(person),
        _kind(person, offer),
        _age(person, offer),
        _licence(person, offer),
        _reach(person, offer, formula),
    )


def _open(offer: Offer, now: datetime) -> Gate:
    if not offer.searchable:
        return Gate("open", False, reason(Code.OFFER_CLOSED))
    if offer.expires_at is not None and offer.expires_at <= now:
        return Gate("open", False, reason(Code.OFFER_EXPIRED, expired=offer.expires_at.isoformat()))
    if not offer.matchable:
        return Gate("open", False, reason(Code.OFFER_NOT_MATCHABLE))
    return Gate("open", True, reason(Code.OFFER_OPEN))


def _consent(person: Person) -> Gate:
    return Gate("consent", person.matchable, reason(Code.CONSENT_GIVEN if person.matchable else Code.CONSENT_MISSING))


def _kind(person: Person, offer: Offer) -> Gate:
    return Gate("kind", person.wished_kinds is None or offer.kind in person.wished_kinds, kind_reason(person, offer))


def kind_reason(person: Person, offer: Offer) -> Reason:
    """What the person's wished kinds say of this offer."""
    if person.wished_kinds is None:
        return reason(Code.KIND_UNKNOWN, kind=offer.kind, question="wished_kinds")
    if offer.kind in person.wished_kinds:
        return reason(Code.KIND_WISHED, kind=offer.kind)
    return reason(Code.KIND_NOT_WISHED, kind=offer.kind, wished=" ".join(sorted(person.wished_kinds)))


def age_limits(offer: Offer) -> tuple[int, int | None]:
    """Youngest and oldest age by law and by the offer's own word."""
    lowest, highest = AGE_BY_CONTRACT.get(offer.contract, AGE_BY_KIND[offer.kind])
    return max(lowest, offer.minimum_age), highest


def _age(person: Person, offer: Offer) -> Gate:
    lowest, highest = age_limits(offer)
    passed, code = judge_age(person.age_band, lowest, highest)
    facts = {"minimum": str(lowest), "maximum": "" if highest is None else str(highest)}
    if code is Code.AGE_UNKNOWN:
        facts["question"] = "age_band"
    return Gate("age", passed, Reason(code, facts))


def judge_age(band: AgeBand, lowest: int, highest: int | None) -> tuple[bool, Code]:
    """A band passes only when every age in it does; the law's own limits are edges of bands, so exact for them."""
    if band is AgeBand.UNKNOWN:
        return True, Code.AGE_UNKNOWN
    youngest, oldest = AGES_OF_BAND[band]
    if oldest < lowest:
        return False, Code.AGE_TOO_YOUNG
    if highest is not None and youngest > highest:
        return False, Code.AGE_TOO_OLD
    fits = youngest >= lowest and (highest is None or oldest <= highest)
    return fits, Code.AGE_FITS if fits else Code.AGE_UNCERTAIN


def _licence(person: Person, offer: Offer) -> Gate:
    asked = " ".join(sorted(offer.licences))
    if not offer.licences:
        return Gate("licence", True, reason(Code.LICENCE_NOT_ASKED))
    if person.licences is None:
        return Gate("licence", True, reason(Code.LICENCE_UNKNOWN, licences=asked, question="licences"))
    missing = offer.licences - person.licences
    if missing:
        return Gate("licence", False, reason(Code.LICENCE_MISSING, licences=" ".join(sorted(missing))))
    return Gate("licence", True, reason(Code.LICENCE_HELD, licences=asked))


def _reach(person: Person, offer: Offer, formula: Formula) -> Gate:
    if offer.remote is Remote.FULL:
        return Gate("reach", True, reason(Code.REMOTE))
    if person.anywhere:
        return Gate("reach", True, reason(Code.ANYWHERE))
    if person.place is None:
        return Gate("reach", False, reason(Code.PLACE_MISSING, question="place"))
    if offer.place is None:
        return Gate("reach", False, reason(Code.OFFER_PLACE_MISSING))
    distance = distance_km(person.place, offer.place)
    return Gate("reach", distance <= limit_km(person, formula), distance_reason(person, distance, formula))


def limit_km(person: Person, formula: Formula) -> int:
    """How far the person goes, or the published default."""
    return formula.default_limit_km if person.travel_limit_km is None else person.travel_limit_km


def distance_reason(person: Person, distance: float, formula: Formula) -> Reason:
    """The distance beside the limit, and whether the limit is the person's own."""
    known = "false" if person.travel_limit_km is None else "true"
    limit = str(limit_km(person, formula))
    return reason(Code.DISTANCE_KM, distance=number(distance), limit=limit, limit_known=known)


def distance_km(one: Point, other: Point) -> float:
    """Great-circle distance (haversine)."""
    south, north = radians(one.latitude), radians(other.latitude)
    across = radians(other.longitude - one.longitude)
    chord = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin(across / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, chord)))
