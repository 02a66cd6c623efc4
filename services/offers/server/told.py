"""What goes out: domain values as messages, for answers and for events alike."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from vivier.common.v1 import common_pb2 as common
from vivier.offers.v1 import offers_pb2 as pb

from services.kit.errors import Refused
from services.offers.domain import values
from services.offers.domain.course import Course, Session
from services.offers.domain.offer import Offer, Salary
from services.offers.domain.organisation import Organisation
from services.offers.domain.values import GreenGrade, Outcome
from services.offers.server import asked


def _wire(known: Mapping[int, Enum]) -> Mapping[Any, Any]:
    """The wire's number for a member; 0 for None, which is "not said"."""
    return {None: 0, **{member: number for number, member in known.items()}}


_KINDS = _wire(asked.KINDS)
_REMOTES = _wire(asked.REMOTES)
_CONTRACTS = _wire(asked.CONTRACTS)
_PERIODS = _wire(asked.PERIODS)
_ORGANISATION_KINDS = _wire(asked.ORGANISATION_KINDS)
_OFFER_STATES = _wire(asked.OFFER_STATES)
_COURSE_STATES = _wire(asked.COURSE_STATES)
_GRADES = _wire(asked.numbers(GreenGrade, pb.GreenGrade, "GREEN_GRADE"))
_OUTCOMES = _wire(asked.numbers(Outcome, common.Outcome, "OUTCOME"))


def outcome(value: Outcome) -> Any:
    return _OUTCOMES[value]


def organisation(value: Organisation) -> pb.Organisation:
    said = value.profile
    return pb.Organisation(
        id=value.id,
        source=value.source,
        external_id=value.external_id,
        kind=_ORGANISATION_KINDS[said.kind],
        name=said.name,
        siret=said.siret,
        verified=value.verified,
        activity_code=said.activity_code,
        website=said.website,
        description=said.description,
        place=_place(said.place),
        version=value.version,
    )


def offer(value: Offer) -> pb.Offer:
    said = value.content
    return pb.Offer(
        id=value.id,
        organisation_id=value.owner.id,
        external_id=said.external_id,
        source=said.source,
        kind=_KINDS[said.kind],
        state=_OFFER_STATES[value.state],
        title=said.title,
        description=said.description,
        occupation=_occupation(said.occupation),
        skills=_skills(said.skills),
        place=_place(said.place),
        remote=_REMOTES[said.remote],
        contract=_CONTRACTS[said.contract],
        duration_months=said.duration_months,
        weekly_hours=said.weekly_hours,
        salary=_salary(said.salary),
        start_date=_day(said.start_date),
        openings=said.openings,
        licences=said.licences,
        minimum_age=said.minimum_age,
        disability_friendly=said.disability_friendly,
        answer_days=said.answer_days,
        green=_green(value.green),
        apply_url=said.apply_url,
        published_at=_moment(value.published_at),
        expires_at=_moment(value.expires_at or said.end),
        status=_status(value.status),
        version=value.version,
        language=said.language,
    )


def course(value: Course) -> pb.Course:
    said = value.content
    return pb.Course(
        id=value.id,
        organisation_id=value.owner.id,
        external_id=said.external_id,
        source=said.source,
        state=_COURSE_STATES[value.state],
        title=said.title,
        description=said.description,
        certification_code=said.certification_code,
        certification_label=said.certification_label,
        occupations=map(_occupation, said.occupations),
        skills=_skills(said.skills),
        sessions=map(_session, said.sessions),
        funding=said.funding,
        price=said.price,
        duration_hours=said.duration_hours,
        minimum_age=said.minimum_age,
        green=_green(value.green),
        status=_status(value.status),
        version=value.version,
        apply_url=said.apply_url,
    )


def offer_result(value: tuple[Offer, Outcome] | Refused) -> pb.OfferResult:
    if isinstance(value, Refused):
        return pb.OfferResult(refusal=_refusal(value))
    return pb.OfferResult(offer=offer(value[0]), outcome=outcome(value[1]))


def course_result(value: tuple[Course, Outcome] | Refused) -> pb.CourseResult:
    if isinstance(value, Refused):
        return pb.CourseResult(refusal=_refusal(value))
    return pb.CourseResult(course=course(value[0]), outcome=outcome(value[1]))


def _refusal(value: Refused) -> common.Refusal:
    violations = [
        common.FieldViolation(path=v.path, reason=v.reason, description=v.description) for v in value.violations
    ]
    return common.Refusal(reason=value.reason, message=value.message, violations=violations)


def _resolution(value: values.Resolution | None) -> common.Resolution | None:
    if value is None:
        return None
    return common.Resolution(
        source=value.source, confidence=value.confidence, referential_version=value.referential_version
    )


def _place(value: values.Place | None) -> common.Place | None:
    if value is None:
        return None
    return common.Place(
        country_code=value.country_code,
        commune_code=value.commune_code,
        postal_code=value.postal_code,
        label=value.label,
        point=_point(value.point),
        resolution=_resolution(value.resolution),
    )


def _point(value: values.Point | None) -> common.Point | None:
    return None if value is None else common.Point(latitude=value.latitude, longitude=value.longitude)


def _occupation(value: values.Occupation) -> common.Occupation:
    return common.Occupation(code=value.code, label=value.label, resolution=_resolution(value.resolution))


def _skills(needs: Iterable[values.SkillNeed]) -> list[pb.SkillNeed]:
    return [
        pb.SkillNeed(code=need.code, label=need.label, required=need.required, resolution=_resolution(need.resolution))
        for need in needs
    ]


def _salary(value: Salary | None) -> pb.Salary | None:
    if value is None:
        return None
    return pb.Salary(
        minimum=value.minimum, maximum=value.maximum, currency=value.currency, period=_PERIODS[value.period]
    )


def _session(value: Session) -> pb.CourseSession:
    return pb.CourseSession(
        external_id=value.external_id,
        place=_place(value.place),
        start_date=_day(value.start_date),
        end_date=_day(value.end_date),
        seats=value.seats,
        remote=value.remote,
    )


def _green(value: values.Green) -> pb.Green:
    evidence = [pb.GreenEvidence(source=each.source, code=each.code, label=each.label) for each in value.evidence]
    return pb.Green(grade=_GRADES[value.grade], evidence=evidence)


def _status(value: values.Status) -> pb.OfferStatus:
    return pb.OfferStatus(
        searchable=value.searchable,
        matchable=value.matchable,
        sees_people=value.sees_people,
        reasons=value.reasons,
    )


def _day(value: date | None) -> str:
    return "" if value is None else value.isoformat()


def _moment(value: datetime | None) -> Timestamp | None:
    if value is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(value)
    return stamp
