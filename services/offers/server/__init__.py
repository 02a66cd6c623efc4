"""gRPC in and out. `Server.serves` is the table: call → function."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vivier.offers.v1 import offers_pb2 as pb

from services.kit.auth import Role
from services.kit.checks import Checks
from services.kit.errors import Violation, invalid
from services.kit.outbox import Units
from services.kit.pages import bad_token, decode_token, encode_token, page_size
from services.kit.rpc.server import Call, Function
from services.offers.domain.course import Course
from services.offers.domain.offer import Offer
from services.offers.domain.posting import Posting
from services.offers.domain.values import State
from services.offers.server import asked, told
from services.offers.usecases import organisations, postings
from services.offers.usecases.postings import P, Trade
from services.offers.usecases.words import Words

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["OffersService"]
MAX_ROWS = 100


@dataclass(frozen=True, slots=True)
class Server:
    units: Units
    words: Words

    # -- organisations

    def _upsert_organisation(self, call: Call, request: pb.UpsertOrganisationRequest) -> pb.UpsertOrganisationResponse:
        checks = Checks("organisation.")
        said = asked.profile(checks, request.organisation)
        checks.done()
        key = (request.organisation.source.strip(), request.organisation.external_id.strip())
        written, outcome = organisations.upsert(self.units, self.words, call.caller, request, key, said)
        return pb.UpsertOrganisationResponse(organisation=told.organisation(written), outcome=told.outcome(outcome))

    def _get_organisations(self, _: Call, request: pb.BatchGetOrganisationsRequest) -> pb.BatchGetOrganisationsResponse:
        found = organisations.get(self.units, _few(request.ids))
        return pb.BatchGetOrganisationsResponse(organisations=map(told.organisation, found))

    def _list_organisations(self, _: Call, request: pb.ListOrganisationsRequest) -> pb.ListOrganisationsResponse:
        size = page_size(request.page_size)
        after = decode_token(request.page_token, str)
        found = organisations.page(self.units, str(after[0]) if after else "", size + 1)
        more = encode_token(found[size - 1].id) if len(found) > size else ""
        return pb.ListOrganisationsResponse(organisations=map(told.organisation, found[:size]), next_page_token=more)

    # -- offers

    def _upsert_offers(self, call: Call, request: pb.UpsertOffersRequest) -> pb.UpsertOffersResponse:
        rows = asked.rows(_at_most("offers", request.offers), asked.offer)
        results = postings.upsert(self.units, self.words, postings.OFFERS, call.caller, request, rows, request.publish)
        return pb.UpsertOffersResponse(results=map(told.offer_result, results))

    def _get_offers(self, call: Call, request: pb.BatchGetOffersRequest) -> pb.BatchGetOffersResponse:
        found = postings.get(self.units, postings.OFFERS, call.caller, _few(request.ids))
        owners = self._owners(found) if request.with_organisations else ()
        return pb.BatchGetOffersResponse(offers=map(told.offer, found), organisations=owners)

    def _list_offers(self, call: Call, request: pb.ListOffersRequest) -> pb.ListOffersResponse:
        found, more = self._page(postings.OFFERS, call, request, asked.OFFER_STATES)
        return pb.ListOffersResponse(offers=map(told.offer, found), next_page_token=more)

    def _moves_offer(self, verb: Callable[[Offer, datetime], Offer], response: Callable[..., Any]) -> Function:
        def move(call: Call, request: Any) -> Any:
            moved = postings.act(self.units, postings.OFFERS, call.caller, request, request.id, verb)
            return response(offer=told.offer(moved))

        return move

    # -- courses

    def _upsert_courses(self, call: Call, request: pb.UpsertCoursesRequest) -> pb.UpsertCoursesResponse:
        rows = asked.rows(_at_most("courses", request.courses), asked.course)
        results = postings.upsert(self.units, self.words, postings.COURSES, call.caller, request, rows, request.publish)
        return pb.UpsertCoursesResponse(results=map(told.course_result, results))

    def _get_courses(self, call: Call, request: pb.BatchGetCoursesRequest) -> pb.BatchGetCoursesResponse:
        found = postings.get(self.units, postings.COURSES, call.caller, _few(request.ids))
        owners = self._owners(found) if request.with_organisations else ()
        return pb.BatchGetCoursesResponse(courses=map(told.course, found), organisations=owners)

    def _list_courses(self, call: Call, request: pb.ListCoursesRequest) -> pb.ListCoursesResponse:
        found, more = self._page(postings.COURSES, call, request, asked.COURSE_STATES)
        return pb.ListCoursesResponse(courses=map(told.course, found), next_page_token=more)

    def _moves_course(self, verb: Callable[[Course, datetime], Course], response: Callable[..., Any]) -> Function:
        def move(call: Call, request: Any) -> Any:
            moved = postings.act(self.units, postings.COURSES, call.caller, request, request.id, verb)
            return response(course=told.course(moved))

        return move

    # -- both

    def _owners(self, found: Sequence[Offer] | Sequence[Course]) -> list[pb.Organisation]:
        ids = sorted({each.owner.id for each in found})
        return [told.organisation(one) for one in organisations.get(self.units, ids)]

    def _page(self, trade: Trade[P], call: Call, request: Any, states: Mapping[int, State]) -> tuple[list[P], str]:
        if call.caller.role is Role.OPERATOR and not request.organisation_id:
            raise invalid([Violation("organisation_id", "REQUIRED", "an operator names the organisation")])
        size = page_size(request.page_size)
        wanted = asked.states(request.states, states)
        before = _position(request.page_token)
        found = postings.page(self.units, trade, call.caller, request.organisation_id, wanted, before, size + 1)
        last: Posting[Any] | None = found[size - 1] if len(found) > size else None
        return found[:size], encode_token(last.created_at.isoformat(), last.id) if last else ""

    # -- the table

    def serves(self) -> Mapping[str, Function]:
        return {
            "UpsertOrganisation": self._upsert_organisation,
            "BatchGetOrganisations": self._get_organisations,
            "ListOrganisations": self._list_organisations,
            "UpsertOffers": self._upsert_offers,
            "BatchGetOffers": self._get_offers,
            "ListOffers": self._list_offers,
            "PublishOffer": self._moves_offer(Offer.publish, pb.PublishOfferResponse),
            "PauseOffer": self._moves_offer(Offer.pause, pb.PauseOfferResponse),
            "FillOffer": self._moves_offer(Offer.fill, pb.FillOfferResponse),
            "CloseOffer": self._moves_offer(Offer.close, pb.CloseOfferResponse),
            "UpsertCourses": self._upsert_courses,
            "BatchGetCourses": self._get_courses,
            "ListCourses": self._list_courses,
            "PublishCourse": self._moves_course(Course.publish, pb.PublishCourseResponse),
            "CloseCourse": self._moves_course(Course.close, pb.CloseCourseResponse),
        }


def _few(ids: Sequence[str]) -> Sequence[str]:
    return _at_most("ids", ids)


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
