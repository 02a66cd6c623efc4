"""From messages and to messages, where it is more than a copy; for calls and events alike."""

from vivier.offers.v1 import offers_pb2 as pb

from services.kit.checks import Checks
from services.kit.limits import checked
from services.kit.wire import moment, to_message, to_value
from services.offers.domain.course import Course, CourseContent
from services.offers.domain.offer import Offer, OfferContent
from services.offers.domain.organisation import Organisation, Profile

# -- from


def profile_from(message: pb.Organisation, checks: Checks) -> Profile:
    _kind_is_said(message, checks)
    return checked(checks, to_value(message, Profile, checks))


def offer_from(message: pb.Offer, checks: Checks) -> OfferContent:
    _kind_is_said(message, checks)
    end = moment(message.expires_at, checks, "expires_at") if message.HasField("expires_at") else None
    return checked(checks, to_value(message, OfferContent, checks, end=end))


def course_from(message: pb.Course, checks: Checks) -> CourseContent:
    return checked(checks, to_value(message, CourseContent, checks))


def _kind_is_said(message: pb.Organisation | pb.Offer, checks: Checks) -> None:
    checks.require("kind", message.kind, "REQUIRED", "must be said")


# -- to


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
