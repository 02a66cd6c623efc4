"""gRPC in and out: functions `(deps, call, request)`, and at the end the table: call → function."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from google.protobuf.message import Message
from vivier.offers.v1 import offers_pb2 as pb

from services.common.messages import outcome_number, result_message
from services.kit.auth import Role
from services.kit.checks import Checks, checked
from services.kit.errors import Violation, invalid
from services.kit.pages import bad_token, cut, decode_token, page_by_id, page_size
from services.kit.rpc.server import Call
from services.kit.wire import field_value
from services.offers import messages
from services.offers.deps import Deps
from services.offers.domain.course import Course
from services.offers.domain.offer import Offer
from services.offers.domain.values import State
from services.offers.usecases import organisations, postings
from services.offers.usecases.postings import COURSES, OFFERS, PostingKind

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["OffersService"]
MAX_ROWS = 100
Response = Callable[..., Message]
Verb = Callable[[Any, datetime], Any]


# -- organisations


def upsert_organisation(deps: Deps, call: Call, request: pb.UpsertOrganisationRequest) -> pb.UpsertOrganisationResponse:
    with Checks("organisation.") as checks:
        profile = messages.profile_from(request.organisation, checks)
    key = (request.organisation.source.strip(), request.organisation.external_id.strip())
    written, outcome = organisations.upsert(deps, call.caller, request, key, profile)
    return pb.UpsertOrganisationResponse(
        organisation=messages.organisation_message(written), outcome=outcome_number(outcome)
    )


def get_organisations(
    deps: Deps, _: Call, request: pb.BatchGetOrganisationsRequest
) -> pb.BatchGetOrganisationsResponse:
    return pb.BatchGetOrganisationsResponse(organisations=_organisations(deps, _at_most("ids", request.ids)))


def list_organisations(deps: Deps, _: Call, request: pb.ListOrganisationsRequest) -> pb.ListOrganisationsResponse:
    page, more = page_by_id(request, partial(organisations.page, deps))
    return pb.ListOrganisationsResponse(organisations=map(messages.organisation_message, page), next_page_token=more)


def _organisations(deps: Deps, ids: Sequence[str]) -> list[pb.Organisation]:
    return [messages.organisation_message(each) for each in organisations.get(deps, ids)]


# -- offers and courses


@dataclass(frozen=True, slots=True)
class _Form:
    """How offers or courses stand in messages: one in the field `one`, several in the field `many`."""

    kind: PostingKind[Any]
    one: str
    many: str
    read: Callable[[Any, Checks], Any]
    to_message: Callable[[Any], Message]
    result: type[Message]


OFFER = _Form(OFFERS, "offer", "offers", messages.offer_from, messages.offer_message, pb.OfferResult)
COURSE = _Form(COURSES, "course", "courses", messages.course_from, messages.course_message, pb.CourseResult)


def upsert(form: _Form, response: Response, deps: Deps, call: Call, request: Any) -> Message:
    said = _at_most(form.many, getattr(request, form.many))
    rows = [checked(partial(form.read, row)) for row in said]
    written = postings.upsert(deps, form.kind, call.caller, request, rows, request.publish)
    return response(results=[result_message(form.result, form.one, each, form.to_message) for each in written])


def get(form: _Form, response: Response, deps: Deps, call: Call, request: Any) -> Message:
    found = postings.get(deps, form.kind, call.caller, _at_most("ids", request.ids))
    owners = sorted({each.owner.id for each in found}) if request.with_organisations else ()
    return response(**{form.many: map(form.to_message, found)}, organisations=_organisations(deps, owners))


def list_own(form: _Form, response: Response, deps: Deps, call: Call, request: Any) -> Message:
    if call.caller.role is Role.OPERATOR and not request.organisation_id:
        raise invalid([Violation("organisation_id", "REQUIRED", "an operator names the organisation")])
    size, states = page_size(request.page_size), field_value(request, "states", tuple[State, ...])
    before = _position(request.page_token)
    found = postings.page(deps, form.kind, call.caller, request.organisation_id, states, before, size + 1)
    page, more = cut(found, size, lambda last: [last.created_at.isoformat(), last.id])
    return response(**{form.many: map(form.to_message, page)}, next_page_token=more)


def move(form: _Form, response: Response, verb: Verb, deps: Deps, call: Call, request: Any) -> Message:
    moved = postings.move(deps, form.kind, call.caller, request, request.id, verb)
    return response(**{form.one: form.to_message(moved)})


def _at_most(path: str, rows: Sequence[Any]) -> Sequence[Any]:
    with Checks() as checks:
        checks.at_most(path, rows, MAX_ROWS)
    return rows


def _position(token: str) -> tuple[datetime, str] | None:
    position = decode_token(token, str, str)
    if position is None:
        return None
    try:
        return datetime.fromisoformat(position[0]).astimezone(UTC), position[1]
    except (ValueError, OverflowError) as error:
        raise bad_token() from error


TABLE: Mapping[str, Callable[[Deps, Call, Any], Any]] = {
    "UpsertOrganisation": upsert_organisation,
    "BatchGetOrganisations": get_organisations,
    "ListOrganisations": list_organisations,
    "UpsertOffers": partial(upsert, OFFER, pb.UpsertOffersResponse),
    "BatchGetOffers": partial(get, OFFER, pb.BatchGetOffersResponse),
    "ListOffers": partial(list_own, OFFER, pb.ListOffersResponse),
    "PublishOffer": partial(move, OFFER, pb.PublishOfferResponse, Offer.publish),
    "PauseOffer": partial(move, OFFER, pb.PauseOfferResponse, Offer.pause),
    "FillOffer": partial(move, OFFER, pb.FillOfferResponse, Offer.fill),
    "CloseOffer": partial(move, OFFER, pb.CloseOfferResponse, Offer.close),
    "UpsertCourses": partial(upsert, COURSE, pb.UpsertCoursesResponse),
    "BatchGetCourses": partial(get, COURSE, pb.BatchGetCoursesResponse),
    "ListCourses": partial(list_own, COURSE, pb.ListCoursesResponse),
    "PublishCourse": partial(move, COURSE, pb.PublishCourseResponse, Course.publish),
    "CloseCourse": partial(move, COURSE, pb.CloseCourseResponse, Course.close),
}
