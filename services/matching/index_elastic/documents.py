"""Values as documents, and documents as values."""

from typing import Any
from zlib import crc32

import numpy as np
import orjson

from services.common.values import Point, Remote
from services.matching.index import DEFAULT_LIMIT_KM, tier_of
from services.matching.index_shared.analysis import Analyser
from services.matching.index_shared.records import content_of, mark, record_of
from services.matching.kernel import NEVER
from services.matching.kernel.codes import micros
from services.matching.values import Course, Offer, Person, Value

SIGN = 1 << 63
LONGEST = 65_535


def document_of(value: Value, analyser: Analyser) -> bytes:
    """As JSON."""
    record = record_of(value)
    return orjson.dumps(
        {
            "record": orjson.Fragment(record),
            "content": signed(content_of(value, record)),
            "mark": mark(value.id) - SIGN,  # keeps their order
            **(_person(value) if isinstance(value, Person) else _searchable(value, analyser)),
        }
    )


def signed(bits: int) -> int:
    """64 bits as a `long`: sums of them wrap alike."""
    return bits - (1 << 64) if bits >= SIGN else bits


def weight_of(stem: str, weight: int = 0) -> int:
    """A stem and what it weighs in one number, so that the weight is found by bisecting.

    Of 150 stems two share these 32 bits in one text of 400,000; one of them then has the other's weight there.
    """
    return crc32(stem.encode()) << 8 | weight


def _person(person: Person) -> dict[str, Any]:
    limit = DEFAULT_LIMIT_KM if person.travel_limit_km is None else person.travel_limit_km
    return {
        "matchable": person.matchable,
        "anywhere": person.anywhere,
        "tier": int(tier_of(np.array(limit))),
        "place": _place(person.place),
        "skills": sorted(person.all_skills),
        "occupations": sorted(person.occupation_codes),
    }


def _searchable(value: Offer | Course, analyser: Analyser) -> dict[str, Any]:
    weights, length = analyser.of(value)
    return {
        "searchable": value.searchable,
        "green_grade": value.green_grade,
        "words": list(weights),
        "weights": [weight_of(stem, weight) for stem, weight in weights.items()],
        "length": min(length, LONGEST),
        **(_offer(value) if isinstance(value, Offer) else _course(value)),
    }


def _offer(offer: Offer) -> dict[str, Any]:
    return {
        "remote": offer.remote is Remote.FULL,
        "open": offer.searchable and offer.matchable,
        "kind": offer.kind,
        "contract": offer.contract,
        "occupations": offer.occupation_code,
        "skills": sorted(offer.all_skills),
        "place": _place(offer.place),
        "latitude": offer.place and offer.place.latitude,
        "longitude": offer.place and offer.place.longitude,
        "published": micros(offer.published_at),
        "expires": micros(offer.expires_at) if offer.expires_at else NEVER,
    }


def _course(course: Course) -> dict[str, Any]:
    places = [session.place for session in course.sessions if session.place]
    return {
        "remote": any(session.remote for session in course.sessions),
        "occupations": sorted(course.occupation_codes),
        "funding": sorted(course.funding),
        "skills": sorted(course.taught_skills),
        "places": [_place(place) for place in places],
        "sessions": [f"{place.latitude!r},{place.longitude!r}" for place in places],
    }


def _place(place: Point | None) -> dict[str, float] | None:
    return {"lat": place.latitude, "lon": place.longitude} if place else None
