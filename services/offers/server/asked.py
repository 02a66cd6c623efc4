"""What comes in: messages become checked domain values."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp
from vivier.common.v1 import common_pb2 as common
from vivier.offers.v1 import offers_pb2 as pb

from services.kit.checks import Checks
from services.kit.errors import Refused
from services.offers.domain.course import CourseContent, Session
from services.offers.domain.offer import ContractType, OfferContent, OfferKind, Remote, Salary, SalaryPeriod
from services.offers.domain.organisation import OrganisationKind, Profile
from services.offers.domain.values import Occupation, Place, Point, SkillNeed, State

E = TypeVar("E", bound=Enum)
C = TypeVar("C")


def numbers(kind: type[E], wire: Any, prefix: str) -> dict[int, E]:
    """The wire's numbers of a domain enum; both use the same names."""
    names = {f"{prefix}_{member.name}": member for member in kind}
    return {number: names[name] for name, number in wire.items() if name in names}


KINDS = numbers(OfferKind, common.OfferKind, "OFFER_KIND")
REMOTES = numbers(Remote, pb.Remote, "REMOTE")
CONTRACTS = numbers(ContractType, pb.ContractType, "CONTRACT_TYPE")
PERIODS = numbers(SalaryPeriod, pb.SalaryPeriod, "SALARY_PERIOD")
ORGANISATION_KINDS = numbers(OrganisationKind, pb.OrganisationKind, "ORGANISATION_KIND")
OFFER_STATES = numbers(State, pb.OfferState, "OFFER_STATE")
COURSE_STATES = numbers(State, pb.CourseState, "COURSE_STATE")


def rows(messages: Iterable[Any], read: Callable[[Checks, Any], C]) -> list[C | Refused]:
    """Each row for itself: its values, or why they are wrong."""
    return [_row(message, read) for message in messages]


def _row(message: Any, read: Callable[[Checks, Any], C]) -> C | Refused:
    checks = Checks()
    content = read(checks, message)
    try:
        checks.done()
    except Refused as refusal:
        return refusal
    return content


def states(asked: Sequence[int], known: Mapping[int, State]) -> list[State]:
    checks = Checks()
    found = [_member(checks, f"states[{at}]", number, known) for at, number in enumerate(asked)]
    checks.done()
    return [state for state in found if state is not None]


def profile(checks: Checks, message: pb.Organisation) -> Profile:
    kind = _member(checks, "kind", message.kind, ORGANISATION_KINDS)
    checks.require("kind", kind or message.kind, "REQUIRED", "must be said")
    return Profile(
        kind=kind,
        name=message.name,
        siret=message.siret,
        activity_code=message.activity_code,
        website=message.website,
        description=message.description,
        place=_place(message.place) if message.HasField("place") else None,
    ).check(checks)


def offer(checks: Checks, message: pb.Offer) -> OfferContent:
    kind = _member(checks, "kind", message.kind, KINDS)
    checks.require("kind", kind or message.kind, "REQUIRED", "must be said")
    return OfferContent(
        id=message.id,
        organisation_id=message.organisation_id,
        external_id=message.external_id,
        source=message.source,
        kind=kind,
        title=message.title,
        description=message.description,
        occupation=_occupation(message.occupation),
        skills=_skills(message.skills),
        place=_place(message.place) if message.HasField("place") else None,
        remote=_member(checks, "remote", message.remote, REMOTES),
        contract=_member(checks, "contract", message.contract, CONTRACTS),
        duration_months=message.duration_months,
        weekly_hours=message.weekly_hours,
        salary=_salary(checks, message.salary) if message.HasField("salary") else None,
        start_date=checks.day("start_date", message.start_date),
        openings=message.openings or 1,
        licences=tuple(message.licences),
        minimum_age=message.minimum_age,
        disability_friendly=message.disability_friendly,
        answer_days=message.answer_days,
        apply_url=message.apply_url,
        end=_moment(checks, "expires_at", message.expires_at) if message.HasField("expires_at") else None,
        language=message.language or "fr",
    ).check(checks)


def course(checks: Checks, message: pb.Course) -> CourseContent:
    return CourseContent(
        id=message.id,
        organisation_id=message.organisation_id,
        external_id=message.external_id,
        source=message.source,
        title=message.title,
        description=message.description,
        certification_code=message.certification_code,
        certification_label=message.certification_label,
        occupations=tuple(map(_occupation, message.occupations)),
        skills=_skills(message.skills),
        sessions=tuple(_session(checks, f"sessions[{at}]", each) for at, each in enumerate(message.sessions)),
        funding=tuple(message.funding),
        price=message.price,
        duration_hours=message.duration_hours,
        minimum_age=message.minimum_age,
        apply_url=message.apply_url,
    ).check(checks)


def _member(checks: Checks, path: str, number: int, known: Mapping[int, E]) -> E | None:
    if number and number not in known:
        checks.add(path, "UNKNOWN_VALUE", f"{number} means nothing here")
    return known.get(number)


def _moment(checks: Checks, path: str, value: Timestamp) -> datetime | None:
    try:
        return value.ToDatetime(UTC)
    except (ValueError, OverflowError):
        checks.add(path, "NOT_A_DATE", "must be a moment between the years 1 and 9999")
        return None


def _place(message: common.Place) -> Place:
    point = Point(message.point.latitude, message.point.longitude) if message.HasField("point") else None
    return Place(
        message.country_code or "FR", message.commune_code, message.postal_code.strip(), message.label.strip(), point
    )


def _occupation(message: common.Occupation) -> Occupation:
    return Occupation(message.code, message.label.strip())


def _skills(messages: Iterable[pb.SkillNeed]) -> tuple[SkillNeed, ...]:
    return tuple(SkillNeed(message.code, message.label.strip(), message.required) for message in messages)


def _salary(checks: Checks, message: pb.Salary) -> Salary | None:
    period = _member(checks, "salary.period", message.period, PERIODS)
    return Salary(message.minimum, message.maximum, message.currency or "EUR", period)


def _session(checks: Checks, path: str, message: pb.CourseSession) -> Session:
    return Session(
        external_id=message.external_id,
        place=_place(message.place) if message.HasField("place") else None,
        start_date=checks.day(f"{path}.start_date", message.start_date),
        end_date=checks.day(f"{path}.end_date", message.end_date),
        seats=message.seats,
        remote=message.remote,
    )
