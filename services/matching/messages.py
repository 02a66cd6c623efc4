"""Between the messages of offers and profile and the values of matching."""

from collections.abc import Mapping
from datetime import UTC, date
from typing import Any

from vivier.common.v1 import common_pb2 as common
from vivier.offers.v1 import events_pb2 as offers
from vivier.offers.v1 import offers_pb2 as offers_pb
from vivier.profile.v1 import events_pb2 as profile

from services.kit.bus import Record
from services.matching.values import (
    AgeBand,
    Course,
    CourseSession,
    HeldSkill,
    Offer,
    OfferKind,
    Person,
    Point,
    Remote,
)

KINDS = {
    common.OFFER_KIND_JOB: OfferKind.JOB,
    common.OFFER_KIND_APPRENTICESHIP: OfferKind.APPRENTICESHIP,
    common.OFFER_KIND_INTERNSHIP: OfferKind.INTERNSHIP,
    common.OFFER_KIND_VOLUNTEERING: OfferKind.VOLUNTEERING,
}
KEPT: Mapping[str, Any] = {
    kind.DESCRIPTOR.full_name: kind for kind in (offers.OfferChanged, offers.CourseChanged, profile.PersonChanged)
}


def offer_of(message: offers.OfferChanged) -> Offer:
    """What matching keeps of an offer."""
    offer = message.offer
    return Offer(
        id=offer.id,
        version=offer.version,
        organisation_id=offer.organisation_id,
        organisation_name=message.organisation_name,
        kind=KINDS.get(offer.kind, OfferKind.JOB),
        title=offer.title,
        description=offer.description,
        occupation_code=offer.occupation.code or None,
        required_skills=frozenset(s.code for s in offer.skills if s.code and s.required),
        wished_skills=frozenset(s.code for s in offer.skills if s.code and not s.required),
        place=_point(offer.place.point) if offer.place.HasField("point") else None,
        remote=_remote(offer.remote),
        contract=contract_name(offer.contract),
        weekly_hours=offer.weekly_hours,
        start_date=_day(offer.start_date),
        licences=frozenset(offer.licences),
        minimum_age=offer.minimum_age,
        green_grade=green_name(offer.green.grade),
        published_at=offer.published_at.ToDatetime(UTC),
        expires_at=offer.expires_at.ToDatetime(UTC) if offer.HasField("expires_at") else None,
        searchable=offer.status.searchable,
        matchable=offer.status.matchable,
        sees_people=offer.status.sees_people,
    )


def course_of(message: offers.CourseChanged) -> Course:
    """What matching keeps of a course."""
    course = message.course
    return Course(
        id=course.id,
        version=course.version,
        organisation_id=course.organisation_id,
        organisation_name=message.organisation_name,
        title=course.title,
        description=course.description,
        taught_skills=frozenset(s.code for s in course.skills if s.code),
        occupation_codes=frozenset(o.code for o in course.occupations if o.code),
        sessions=tuple(
            CourseSession(
                s.external_id,
                _point(s.place.point) if s.place.HasField("point") else None,
                _day(s.start_date),
                s.remote,
            )
            for s in course.sessions
        ),
        funding=frozenset(course.funding),
        minimum_age=course.minimum_age,
        green_grade=green_name(course.green.grade),
        searchable=course.status.searchable,
    )


def person_of(message: profile.PersonChanged) -> Person:
    """What matching keeps of a person; what was never asked stays None."""
    wishes = message.wishes
    return Person(
        id=message.person_id,
        version=message.version,
        age_band=AgeBand(message.age_band),
        place=_point(message.place) if message.HasField("place") else None,
        travel_limit_km=message.travel.limit_km or None,
        anywhere=message.travel.anywhere,
        licences=frozenset(message.licences.codes) if message.HasField("licences") else None,
        wished_occupations=frozenset(wishes.occupations.codes) if wishes.HasField("occupations") else None,
        wished_kinds=frozenset(KINDS[k] for k in wishes.kinds.kinds) if wishes.HasField("kinds") else None,
        minimum_hours=wishes.minimum_hours or None,
        maximum_hours=wishes.maximum_hours or None,
        available_from=_day(wishes.available_from),
        skills={s.code: HeldSkill(s.code, s.confirmed, tuple(s.evidence_ids)) for s in message.skills.skills}
        if message.HasField("skills")
        else None,
        past_occupations=frozenset(message.past_occupation_codes),
        matchable=message.matchable,
        visible_to_employers=message.visible_to_employers,
        partner_ids=frozenset(message.partner_ids),
        mentor_ids=frozenset(message.mentor_ids),
        language=message.language or "fr",
    )


def value_of(record: Record) -> Offer | Course | Person | None:
    """What matching keeps of a record; None for a tombstone, and for a draft: nobody's business but its author's.

    Raises DecodeError, ValueError or LookupError where it cannot be read.
    """
    if record.event.payload is None:
        return None
    message = KEPT[record.event.type].FromString(record.event.payload)
    if isinstance(message, offers.OfferChanged):
        return None if message.offer.state == offers_pb.OFFER_STATE_DRAFT else offer_of(message)
    return course_of(message) if isinstance(message, offers.CourseChanged) else person_of(message)


def contract_name(contract: offers_pb.ContractType.ValueType) -> str:
    """permanent, fixed_term…; "" when not said."""
    name = offers_pb.ContractType.Name(contract).removeprefix("CONTRACT_TYPE_").lower()
    return "" if name == "unspecified" else name


def green_name(grade: offers_pb.GreenGrade.ValueType) -> str:
    """none, brown, strategic, green; "" when not known."""
    name = offers_pb.GreenGrade.Name(grade).removeprefix("GREEN_GRADE_").lower()
    return "" if name == "unspecified" else name


def _remote(remote: offers_pb.Remote.ValueType) -> Remote:
    known = {offers_pb.REMOTE_PARTIAL: Remote.PARTIAL, offers_pb.REMOTE_FULL: Remote.FULL}
    return known.get(remote, Remote.NONE)


def _point(point: common.Point) -> Point:
    return Point(point.latitude, point.longitude)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
