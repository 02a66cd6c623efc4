"""From messages and to messages, where it is more than a copy; for calls and events alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from vivier.common.v1 import common_pb2 as common
from vivier.offers.v1 import offers_pb2 as pb

from services.common.values import Outcome
from services.kit.checks import Checks
from services.kit.errors import Refused
from services.kit.rpc.status import refusal_message
from services.kit.wire import moment, to_message, to_value
from services.offers.domain.course import Course, CourseContent
from services.offers.domain.offer import Offer, OfferContent
from services.offers.domain.organisation import Organisation, Profile
from services.offers.domain.values import State

# -- from


def profile_from(message: pb.Organisation, checks: Checks) -> Profile:
    _kind_is_said(message, checks)
    return to_value(message, Profile, checks).check(checks)


def offer_from(message: pb.Offer, checks: Checks) -> OfferContent:
    _kind_is_said(message, checks)
    end = moment(message.expires_at, checks, "expires_at") if message.HasField("expires_at") else None
    return to_value(message, OfferContent, checks, end=end).check(checks)


def course_from(message: pb.Course, checks: Checks) -> CourseContent:
    return to_value(message, CourseContent, checks).check(checks)


@dataclass(frozen=True, slots=True)
class _Filter:
    states: tuple[State, ...]


def states_from(request: pb.ListOffersRequest | pb.ListCoursesRequest) -> Sequence[State]:
    checks = Checks()
    states = to_value(request, _Filter, checks).states
    checks.done()
    return states


def _kind_is_said(message: pb.Organisation | pb.Offer, checks: Checks) -> None:
    checks.require("kind", message.kind, "REQUIRED", "must be said")


# -- to


def outcome_number(value: Outcome) -> common.Outcome.ValueType:
    return common.Outcome.Value(f"OUTCOME_{value.name}")


def organisation_message(value: Organisation) -> pb.Organisation:
    return to_message(
        value.profile,
        pb.Organisation,
        id=value.id,
        source=value.source,
        external_id=value.external_id,
        verified=value.verified,
        version=value.version,
    )


def offer_message(value: Offer) -> pb.Offer:
    return to_message(
        value.content,
        pb.Offer,
        id=value.id,
        organisation_id=value.owner.id,
        state=value.state,
        green=value.green,
        published_at=value.published_at,
        expires_at=value.expires_at or value.content.end,
        status=value.status,
        version=value.version,
    )


def course_message(value: Course) -> pb.Course:
    return to_message(
        value.content,
        pb.Course,
        id=value.id,
        organisation_id=value.owner.id,
        state=value.state,
        green=value.green,
        status=value.status,
        version=value.version,
    )


def offer_result(value: tuple[Offer, Outcome] | Refused) -> pb.OfferResult:
    if isinstance(value, Refused):
        return pb.OfferResult(refusal=refusal_message(value))
    return pb.OfferResult(offer=offer_message(value[0]), outcome=outcome_number(value[1]))


def course_result(value: tuple[Course, Outcome] | Refused) -> pb.CourseResult:
    if isinstance(value, Refused):
        return pb.CourseResult(refusal=refusal_message(value))
    return pb.CourseResult(course=course_message(value[0]), outcome=outcome_number(value[1]))
