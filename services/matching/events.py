"""The bus in and out: what offers and profile say becomes the index; matches are told."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from google.protobuf.message import DecodeError
from vivier.common.v1 import common_pb2 as common
from vivier.matching.v1 import events_pb2 as out
from vivier.offers.v1 import events_pb2 as offers
from vivier.offers.v1 import offers_pb2 as offers_pb
from vivier.profile.v1 import events_pb2 as profile

from services.kit.bus import Event, Record
from services.kit.dispatch import Handler
from services.kit.outbox import Unit, erased, outgoing
from services.matching.usecases import changes
from services.matching.usecases.changes import OfferMet, PersonForgotten, PersonMet
from services.matching.usecases.ranking import Matching
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

logger = logging.getLogger(__name__)
OFFERS_TOPIC = "vivier.offers.v1"
PROFILE_TOPIC = "vivier.profile.v1"
TOPIC = "vivier.matching.v1"
PERSON = "person/"
"""How the keys of people begin, among those of profile."""

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
        place_label=offer.place.label,
        searchable=offer.status.searchable,
        matchable=offer.status.matchable,
        sees_people=offer.status.sees_people,
        disability_friendly=offer.disability_friendly,
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
    """What matching keeps of a record; None for a tombstone, for a draft (nobody's business but its author's), for
    what is not kept, and for what cannot be read (the consumer buries it).
    """
    kind = KEPT.get(record.event.type)
    if kind is None or record.event.payload is None:
        return None
    try:
        message = kind.FromString(record.event.payload)
        if isinstance(message, offers.OfferChanged):
            return None if message.offer.state == offers_pb.OFFER_STATE_DRAFT else offer_of(message)
        return course_of(message) if isinstance(message, offers.CourseChanged) else person_of(message)
    except (DecodeError, ValueError, LookupError):
        logger.warning("left out of the index: %s at %d/%d", record.event.type, record.partition, record.offset)
        return None


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


def _offer_met(event: OfferMet) -> Event:
    offer = event.offer
    message = out.OfferMatched(
        offer_id=offer.id,
        offer_version=offer.version,
        formula_version=event.formula_version,
        people=[out.MatchedPerson(person_id=p.person_id, score=p.score) for p in event.pairs],
        title=offer.title,
        organisation_name=offer.organisation_name,
    )
    return outgoing(f"offer-matches/{offer.id}", message)


def _person_met(event: PersonMet) -> Event:
    message = out.PersonMatched(
        person_id=event.person_id,
        person_version=event.person_version,
        formula_version=event.formula_version,
        offers=[
            out.MatchedOffer(
                offer_id=offer.id, score=score, title=offer.title, organisation_name=offer.organisation_name
            )
            for offer, score in event.offers
        ],
        courses=[
            out.MatchedCourse(
                course_id=course.id,
                score=match.score,
                title=course.title,
                organisation_name=course.organisation_name,
                closed_skills=len(match.closed_skills),
                offers=match.offer_count,
            )
            for course, match in event.courses
        ],
    )
    return outgoing(f"person-matches/{event.person_id}", message)


PUBLISHES: Mapping[type, Callable[..., Event]] = {
    OfferMet: _offer_met,
    PersonMet: _person_met,
    PersonForgotten: lambda event: erased(TOPIC, f"person-matches/{event.person_id}"),
}


def listens(
    matching: Matching, is_news: Callable[[Record], bool], now: Callable[[], datetime]
) -> Mapping[str, Handler]:
    """Message or tombstone → what is done about it; the index has it already, or something newer."""

    def offer_changed(unit: Unit, record: Record) -> None:
        offer = offer_of(offers.OfferChanged.FromString(record.event.payload or b""))
        if is_news(record):
            changes.offer_changed(matching, unit, offer, now())

    def course_changed(_: Unit, record: Record) -> None:
        """People see it in their list, and are told of it when they change."""
        course_of(offers.CourseChanged.FromString(record.event.payload or b""))

    def person_changed(unit: Unit, record: Record) -> None:
        person = person_of(profile.PersonChanged.FromString(record.event.payload or b""))
        if is_news(record):
            changes.person_changed(matching, unit, person, now())

    def person_erased(unit: Unit, record: Record) -> None:
        changes.person_erased(unit, record.event.key.removeprefix(PERSON), now())

    return {
        "vivier.offers.v1.OfferChanged": offer_changed,
        "vivier.offers.v1.CourseChanged": course_changed,
        "vivier.profile.v1.PersonChanged": person_changed,
        PERSON: person_erased,
    }
