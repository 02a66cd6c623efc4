"""gRPC in and out: functions `(deps, call, request)`, and at the end the table: call → function."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from vivier.offers.v1 import offers_pb2 as pb

from services.kit.auth import Role
from services.kit.checks import Checks, checked
from services.kit.errors import Violation, invalid
from services.kit.pages import bad_token, cut, decode_token, page_size
from services.kit.rpc.server import Call
from services.offers import messages
from services.offers.deps import Deps
from services.offers.domain.course import Course
from services.offers.domain.offer import Offer
from services.offers.domain.posting import Posting
from services.offers.usecases import organisations, postings
from services.offers.usecases.postings import COURSES, OFFERS, P, PostingKind

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["OffersService"]
MAX_ROWS = 100
Function = Callable[[Deps, Call, Any], Any]


# -- organisations


def upsert_organisation(deps: Deps, call: Call, request: pb.UpsertOrganisationRequest) -> pb.UpsertOrganisationResponse:
    checks = Checks("organisation.")
    profile = messages.profile_from(request.organisation, checks)
    checks.done()
    key = (request.organisation.source.strip(), request.organisation.external_id.strip())
    written, outcome = organisations.upsert(deps, call.caller, request, key, profile)
    return pb.UpsertOrganisationResponse(
        organisation=messages.organisation_message(written), outcome=messages.outcome_number(outcome)
    )


def get_organisations(
    deps: Deps, _: Call, request: pb.BatchGetOrganisationsRequest
) -> pb.BatchGetOrganisationsResponse:
    found = organisations.get(deps, _at_most("ids", request.ids))
    return pb.BatchGetOrganisationsResponse(organisations=map(messages.organisation_message, found))


def list_organisations(deps: Deps, _: Call, request: pb.ListOrganisationsRequest) -> pb.ListOrganisationsResponse:
    size = page_size(request.page_size)
    after = decode_token(request.page_token, str)
    found = organisations.page(deps, str(after[0]) if after else "", size + 1)
    page, more = cut(found, size, lambda last: [last.id])
    return pb.ListOrganisationsResponse(organisations=map(messages.organisation_message, page), next_page_token=more)


# -- offers


def upsert_offers(deps: Deps, call: Call, request: pb.UpsertOffersRequest) -> pb.UpsertOffersResponse:
    rows = [checked(partial(messages.offer_from, row)) for row in _at_most("offers", request.offers)]
    results = postings.upsert(deps, OFFERS, call.caller, request, rows, request.publish)
    return pb.UpsertOffersResponse(results=map(messages.offer_result, results))


def get_offers(deps: Deps, call: Call, request: pb.BatchGetOffersRequest) -> pb.BatchGetOffersResponse:
    found = postings.get(deps, OFFERS, call.caller, _at_most("ids", request.ids))
    owners = _owners(deps, found) if request.with_organisations else ()
    return pb.BatchGetOffersResponse(offers=map(messages.offer_message, found), organisations=owners)


def list_offers(deps: Deps, call: Call, request: pb.ListOffersRequest) -> pb.ListOffersResponse:
    page, more = _page(deps, OFFERS, call, request)
    return pb.ListOffersResponse(offers=map(messages.offer_message, page), next_page_token=more)


def _moves_offer(verb: Callable[[Offer, datetime], Offer], response: Callable[..., Any]) -> Function:
    def move(deps: Deps, call: Call, request: Any) -> Any:
        moved = postings.act(deps, OFFERS, call.caller, request, request.id, verb)
        return response(offer=messages.offer_message(moved))

    return move


# -- courses


def upsert_courses(deps: Deps, call: Call, request: pb.UpsertCoursesRequest) -> pb.UpsertCoursesResponse:
    rows = [checked(partial(messages.course_from, row)) for row in _at_most("courses", request.courses)]
    results = postings.upsert(deps, COURSES, call.caller, request, rows, request.publish)
    return pb.UpsertCoursesResponse(results=map(messages.course_result, results))


def get_courses(deps: Deps, call: Call, request: pb.BatchGetCoursesRequest) -> pb.BatchGetCoursesResponse:
    found = postings.get(deps, COURSES, call.caller, _at_most("ids", request.ids))
    owners = _owners(deps, found) if request.with_organisations else ()
    return pb.BatchGetCoursesResponse(courses=map(messages.course_message, found), organisations=owners)


def list_courses(deps: Deps, call: Call, request: pb.ListCoursesRequest) -> pb.ListCoursesResponse:
    page, more = _page(deps, COURSES, call, request)
    return pb.ListCoursesResponse(courses=map(messages.course_message, page), next_page_token=more)


def _moves_course(verb: Callable[[Course, datetime], Course], response: Callable[..., Any]) -> Function:
    def move(deps: Deps, call: Call, request: Any) -> Any:
        moved = postings.act(deps, COURSES, call.caller, request, request.id, verb)
        return response(course=messages.course_message(moved))

    return move


# -- both


def _owners(deps: Deps, found: Sequence[Posting[Any]]) -> list[pb.Organisation]:
    ids = sorted({each.owner.id for each in found})
    return [messages.organisation_message(one) for one in organisations.get(deps, ids)]


def _page(
    deps: Deps, kind: PostingKind[P], call: Call, request: pb.ListOffersRequest | pb.ListCoursesRequest
) -> tuple[Sequence[P], str]:
    if call.caller.role is Role.OPERATOR and not request.organisation_id:
        raise invalid([Violation("organisation_id", "REQUIRED", "an operator names the organisation")])
    size, states = page_size(request.page_size), messages.states_from(request)
    before = _position(request.page_token)
    found = postings.page(deps, kind, call.caller, request.organisation_id, states, before, size + 1)
    return cut(found, size, lambda last: [last.created_at.isoformat(), last.id])


def _at_most(path: str, rows: Sequence[Any]) -> Sequence[Any]:
    checks = Checks()
    checks.at_most(path, rows, MAX_ROWS)
    checks.done()
    return rows


def _position(token: str) -> tuple[datetime, str] | None:
    position = decode_token(token, str, str)
    if position is None:
        return None
    try:
        return datetime.fromisoformat(position[0]).astimezone(UTC), position[1]
    except (ValueError, OverflowError) as error:
        raise bad_token() from error


TABLE: Mapping[str, Function] = {
    "UpsertOrganisation": upsert_organisation,
    "BatchGetOrganisations": get_organisations,
    "ListOrganisations": list_organisations,
    "UpsertOffers": upsert_offers,
    "BatchGetOffers": get_offers,
    "ListOffers": list_offers,
    "PublishOffer": _moves_offer(Offer.publish, pb.PublishOfferResponse),
    "PauseOffer": _moves_offer(Offer.pause, pb.PauseOfferResponse),
    "FillOffer": _moves_offer(Offer.fill, pb.FillOfferResponse),
    "CloseOffer": _moves_offer(Offer.close, pb.CloseOfferResponse),
    "UpsertCourses": upsert_courses,
    "BatchGetCourses": get_courses,
    "ListCourses": list_courses,
    "PublishCourse": _moves_course(Course.publish, pb.PublishCourseResponse),
    "CloseCourse": _moves_course(Course.close, pb.CloseCourseResponse),
}
