"""The gRPC calls: search, matches and their explanation, ranked people, courses that close gaps."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from vivier.matching.v1 import matching_pb2 as pb

from services.kit.auth import Role
from services.kit.errors import denied, not_found
from services.kit.pages import bad_token, cut, decode_token, page_size
from services.kit.rpc.server import Call
from services.matching import messages, store
from services.matching.deps import Deps
from services.matching.usecases import access, lists
from services.matching.usecases.lists import Ranked
from services.matching.usecases.ranking import assessed

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["MatchingService"]
Function = Callable[[Deps, Call, Any], Any]


def search_offers(deps: Deps, call: Call, request: pb.SearchOffersRequest) -> pb.SearchOffersResponse:
    person = access.visible_person(deps, call.caller, request.person_id) if request.person_id else None
    now = deps.units.clock()
    page = lists.search_offers(deps, messages.offer_query_from(request, now), person)
    response = pb.SearchOffersResponse(next_page_token=page.cursor, total=page.total, facets=messages.facets(page))
    offers = deps.index.offers([hit.id for hit in page.hits]) if person else {}
    for hit in page.hits:
        line = response.hits.add(offer_id=hit.id, score=hit.score, parts=messages.hit_parts(hit))
        if person and hit.id in offers:
            line.match.CopyFrom(messages.match_message(assessed(deps, person, offers[hit.id], now)))
    return response


def search_courses(deps: Deps, call: Call, request: pb.SearchCoursesRequest) -> pb.SearchCoursesResponse:
    page = deps.index.search_courses(messages.course_query_from(request))
    hits = [pb.CourseHit(course_id=hit.id, score=hit.score, parts=messages.hit_parts(hit)) for hit in page.hits]
    return pb.SearchCoursesResponse(
        hits=hits, next_page_token=page.cursor, total=page.total, facets=messages.facets(page)
    )


def list_matches(deps: Deps, call: Call, request: pb.ListMatchesRequest) -> pb.ListMatchesResponse:
    person = access.visible_person(deps, call.caller, request.person_id)
    matches, more = _page(deps, call, request, "matches", partial(lists.matches_of, deps, person), person.id)
    return pb.ListMatchesResponse(matches=matches, next_page_token=more)


def list_candidates(deps: Deps, call: Call, request: pb.ListCandidatesRequest) -> pb.ListCandidatesResponse:
    offer = access.own_offer(deps, call.caller, request.offer_id)
    matches, more = _page(deps, call, request, "candidates", partial(lists.candidates_of, deps, offer), offer.id)
    return pb.ListCandidatesResponse(matches=matches, next_page_token=more)


def list_course_matches(deps: Deps, call: Call, request: pb.ListCourseMatchesRequest) -> pb.ListCourseMatchesResponse:
    person = access.visible_person(deps, call.caller, request.person_id)
    size = page_size(request.page_size)
    position = decode_token(request.page_token, float, str)
    found = lists.courses_for(deps, person, deps.units.clock())
    if position:
        found = [m for m in found if (-m.score, m.course_id) > (-float(position[0]), str(position[1]))]
    found.sort(key=lambda match: (-match.score, match.course_id))
    shown, more = cut(found, size, lambda match: [match.score, match.course_id])
    return pb.ListCourseMatchesResponse(matches=map(messages.course_match_message, shown), next_page_token=more)


def explain(deps: Deps, call: Call, request: pb.ExplainRequest) -> pb.ExplainResponse:
    person, offer = access.explained_pair(deps, call.caller, request.person_id, request.offer_id)
    judged = assessed(deps, person, offer, deps.units.clock())
    return pb.ExplainResponse(match=messages.match_message(access.seen_by(call.caller, judged)))


def list_shown(deps: Deps, call: Call, request: pb.ListShownRequest) -> pb.ListShownResponse:
    if call.caller.role is not Role.OPERATOR:
        raise denied("OPERATOR_ONLY", "only an operator may ask this")
    if not (request.person_id or request.offer_id):
        raise not_found("list", "")
    size = page_size(request.page_size)
    position = decode_token(request.page_token, int)
    with deps.units.reading() as connection:
        before = int(position[0]) if position else None
        found = store.shown(connection, request.person_id, request.offer_id, before, size + 1)
    shown, more = cut(found, size, lambda numbered: numbered[:1])
    return pb.ListShownResponse(shown=[messages.shown_message(line) for _, line in shown], next_page_token=more)


def _page(
    deps: Deps,
    call: Call,
    request: pb.ListMatchesRequest | pb.ListCandidatesRequest,
    name: str,
    ranked: Callable[[tuple[float, str] | None, int, datetime], Sequence[Ranked]],
    subject_id: str,
) -> tuple[list[pb.Match], str]:
    """A page as its reader may see it, remembered as shown, and the token of the next one."""
    size, (after, now) = page_size(request.page_size), _position(request, deps)
    page, more = cut(ranked(after, size, now), size, lambda line: [*line.position, now.timestamp()])
    lists.remember_shown(deps, name, subject_id, page)
    return [messages.match_message(access.seen_by(call.caller, line.assessment)) for line in page], more


def _position(
    request: pb.ListMatchesRequest | pb.ListCandidatesRequest, deps: Deps
) -> tuple[tuple[float, str] | None, datetime]:
    """The line before the page, and the moment at which the list is judged.

    That is the moment of its first page, so that no line changes its place between two pages.
    """
    position = decode_token(request.page_token, float, str, float)
    if position is None:
        return None, deps.units.clock()
    try:
        return position[:2], datetime.fromtimestamp(position[2], UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise bad_token() from error


TABLE: Mapping[str, Function] = {
    "SearchOffers": search_offers,
    "SearchCourses": search_courses,
    "ListMatches": list_matches,
    "ListCourseMatches": list_course_matches,
    "ListCandidates": list_candidates,
    "Explain": explain,
    "ListShown": list_shown,
}
