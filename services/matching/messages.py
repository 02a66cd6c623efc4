"""From messages and to messages, where it is more than a copy; for calls and events alike."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from google.protobuf.message import DecodeError, Message
from vivier.common.v1 import common_pb2 as common
from vivier.matching.v1 import matching_pb2 as pb
from vivier.offers.v1 import events_pb2 as offers
from vivier.offers.v1 import offers_pb2
from vivier.profile.v1 import events_pb2 as profile

from services.common.values import OfferKind, Point
from services.kit.bus import Record
from services.kit.checks import Checks
from services.kit.errors import Refused
from services.kit.pages import page_size
from services.kit.wire import to_message, to_value
from services.matching.domain import Assessment, CourseMatch
from services.matching.index import Circle, CourseQuery, Hit, Page, SearchQuery
from services.matching.store import Shown
from services.matching.values import AgeBand, Course, CourseSession, HeldSkill, Offer, Person, Value

T = TypeVar("T")
LONGEST_TEXT = 200
MOST_CODES = 100
FARTHEST_KM = 20_000
OFFERS_SHOWN = 20
KEPT: Mapping[str, Any] = {
    kind.DESCRIPTOR.full_name: kind for kind in (offers.OfferChanged, offers.CourseChanged, profile.PersonChanged)
}
"""The events that the index is made of."""

UNREADABLE = (DecodeError, Refused, ValueError, LookupError)
KINDS = {common.OfferKind.Value(f"OFFER_KIND_{kind.name}"): kind for kind in OfferKind}

# -- from events


def value_of(record: Record) -> Value | None:
    """What matching keeps of a record; None for a tombstone, and for a draft: nobody's business but its author's.

    Raises one of `UNREADABLE`.
    """
    if record.event.payload is None:
        return None
    message = KEPT[record.event.type].FromString(record.event.payload)
    if isinstance(message, offers.OfferChanged):
        return None if message.offer.state == offers_pb2.OFFER_STATE_DRAFT else offer_of(message)
    return course_of(message) if isinstance(message, offers.CourseChanged) else person_of(message)


def offer_of(message: offers.OfferChanged) -> Offer:
    """What matching keeps of an offer."""
    offer = message.offer
    return _value(
        offer,
        Offer,
        organisation_name=message.organisation_name,
        occupation_code=offer.occupation.code or None,
        required_skills=frozenset(s.code for s in offer.skills if s.code and s.required),
        wished_skills=frozenset(s.code for s in offer.skills if s.code and not s.required),
        place=_point(offer.place),
        contract=contract_name(offer.contract),
        green_grade=green_name(offer.green.grade),
        searchable=offer.status.searchable,
        matchable=offer.status.matchable,
        sees_people=offer.status.sees_people,
    )


def course_of(message: offers.CourseChanged) -> Course:
    """What matching keeps of a course."""
    course = message.course
    return _value(
        course,
        Course,
        organisation_name=message.organisation_name,
        taught_skills=frozenset(s.code for s in course.skills if s.code),
        occupation_codes=frozenset(o.code for o in course.occupations if o.code),
        sessions=tuple(
            CourseSession(s.external_id, _point(s.place), _day(s.start_date), s.remote) for s in course.sessions
        ),
        green_grade=green_name(course.green.grade),
        searchable=course.status.searchable,
    )


def person_of(message: profile.PersonChanged) -> Person:
    """What matching keeps of a person; what was never asked stays None."""
    wishes = message.wishes
    return _value(
        message,
        Person,
        id=message.person_id,
        age_band=AgeBand(message.age_band),
        travel_limit_km=message.travel.limit_km or None,
        anywhere=message.travel.anywhere,
        wished_occupations=frozenset(wishes.occupations.codes) if wishes.HasField("occupations") else None,
        wished_kinds=frozenset(KINDS[k] for k in wishes.kinds.kinds) if wishes.HasField("kinds") else None,
        minimum_hours=wishes.minimum_hours or None,
        maximum_hours=wishes.maximum_hours or None,
        available_from=_day(wishes.available_from),
        skills={s.code: HeldSkill(s.code, s.confirmed, tuple(s.evidence_ids)) for s in message.skills.skills}
        if message.HasField("skills")
        else None,
        past_occupations=frozenset(message.past_occupation_codes),
    )


def _value(message: Message, kind: Callable[..., T], /, **given: object) -> T:
    """An enum's value that a newer release has added is no fault: the default stands for it."""
    checks = Checks()
    value = to_value(message, kind, checks, "", **given)
    checks.violations = [each for each in checks.violations if each.reason != "UNKNOWN_VALUE"]
    checks.done()
    return value


def _point(place: common.Place) -> Point | None:
    return Point(place.point.latitude, place.point.longitude) if place.HasField("point") else None


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def contract_name(contract: offers_pb2.ContractType.ValueType) -> str:
    """permanent, fixed_term…; "" when not said."""
    name = offers_pb2.ContractType.Name(contract).removeprefix("CONTRACT_TYPE_").lower()
    return "" if name == "unspecified" else name


def green_name(grade: offers_pb2.GreenGrade.ValueType) -> str:
    """none, brown, strategic, green; "" when not known."""
    name = offers_pb2.GreenGrade.Name(grade).removeprefix("GREEN_GRADE_").lower()
    return "" if name == "unspecified" else name


# -- from calls


def offer_query_from(request: pb.SearchOffersRequest, now: datetime) -> SearchQuery:
    checks = Checks()
    checks.require(
        "kinds", all(kind in KINDS for kind in request.kinds), "UNKNOWN_VALUE", "this value is not known here"
    )
    return SearchQuery(
        as_of=now,
        **_query_fields(checks, request),
        kinds=frozenset(KINDS[kind] for kind in request.kinds),
        green_grades=frozenset(map(green_name, request.green_grades)),
        contracts=frozenset(map(contract_name, request.contracts)),
    )


def course_query_from(request: pb.SearchCoursesRequest) -> CourseQuery:
    return CourseQuery(**_query_fields(Checks(), request), funding=frozenset(request.funding))


def _query_fields(checks: Checks, request: pb.SearchOffersRequest | pb.SearchCoursesRequest) -> dict[str, Any]:
    """What both queries have. Refuses where `checks` found something."""
    text, within = checks.text("text", request.text, LONGEST_TEXT), None
    if request.HasField("within"):
        center = request.within.center
        checks.point("within.center", center.latitude, center.longitude)
        radius = checks.number("within.radius_km", request.within.radius_km, 0.001, FARTHEST_KM)
        within = Circle(Point(center.latitude, center.longitude), radius)
    checks.at_most("skill_codes", request.skill_codes, MOST_CODES)
    checks.at_most("occupation_codes", request.occupation_codes, MOST_CODES)
    checks.done()
    return {
        "text": text,
        "within": within,
        "include_remote": request.include_remote,
        "skills": frozenset(request.skill_codes),
        "occupations": frozenset(request.occupation_codes),
        "page_size": page_size(request.page_size),
        "cursor": request.page_token,
        "facets": request.facets,
    }


# -- to


def match_message(assessment: Assessment) -> pb.Match:
    return to_message(assessment, pb.Match, missing_skill_codes=assessment.missing_skills)


def course_match_message(match: CourseMatch) -> pb.CourseMatch:
    return to_message(
        match,
        pb.CourseMatch,
        closed_skill_codes=match.closed_skills,
        offer_ids=match.offer_ids[:OFFERS_SHOWN],
        offer_count=match.offer_count,
    )


def shown_message(line: Shown) -> pb.Shown:
    pair = line.pair
    match = pb.Match(
        person_id=pair.person_id,
        offer_id=pair.offer_id,
        score=pair.score,
        matched=True,
        parts=[pb.Part(name=name, value=value) for name, value in line.parts.items()],
        formula_version=pair.formula_version,
        offer_version=pair.offer_version,
        person_version=pair.person_version,
    )
    at = int(line.at.timestamp() * 1000)
    return pb.Shown(list=line.list, subject_id=line.subject_id, rank=line.rank, match=match, at_unix_millis=at)


def hit_parts(hit: Hit) -> list[pb.Part]:
    return [pb.Part(name=name, value=value, known=True) for name, value in hit.parts.items()]


def facets(page: Page) -> list[pb.Facet]:
    return [
        pb.Facet(name=name, counts=[pb.FacetCount(value=value, count=count) for value, count in counts])
        for name, counts in page.facets.items()
    ]
