"""gRPC in and out: search, matches and their explanation, ranked people, courses that close gaps."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from vivier.matching.v1 import matching_pb2 as pb

from services.kit.auth import Role
from services.kit.checks import Checks
from services.kit.errors import denied, not_found
from services.kit.pages import bad_token, cut, decode_token, page_size
from services.kit.rpc.server import Call
from services.matching import store
from services.matching.deps import Deps
from services.matching.domain import Assessment, CourseMatch, Gate, Part, Reason
from services.matching.index import Circle, CourseQuery, Hit, Page, SearchQuery
from services.matching.messages import KINDS, contract_name, green_name
from services.matching.usecases import access, lists
from services.matching.usecases.lists import Ranked
from services.matching.usecases.ranking import assessed
from services.matching.values import Point

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["MatchingService"]
LONGEST_TEXT = 200
MOST_CODES = 100
FARTHEST_KM = 20_000
OFFERS_SHOWN = 20
Function = Callable[[Deps, Call, Any], Any]


def search_offers(deps: Deps, call: Call, request: pb.SearchOffersRequest) -> pb.SearchOffersResponse:
    person = access.visible_person(deps, call.caller, request.person_id) if request.person_id else None
    now = deps.units.clock()
    page = lists.search_offers(deps, _offer_query(request, now), person)
    response = pb.SearchOffersResponse(next_page_token=page.cursor, total=page.total, facets=_facets(page))
    offers = deps.index.offers([hit.id for hit in page.hits]) if person else {}
    for hit in page.hits:
        line = response.hits.add(offer_id=hit.id, score=hit.score, parts=_hit_parts(hit))
        if person and hit.id in offers:
            line.match.CopyFrom(match_message(assessed(deps, person, offers[hit.id], now)))
    return response


def search_courses(deps: Deps, call: Call, request: pb.SearchCoursesRequest) -> pb.SearchCoursesResponse:
    page = deps.index.search_courses(_course_query(request))
    hits = [pb.CourseHit(course_id=hit.id, score=hit.score, parts=_hit_parts(hit)) for hit in page.hits]
    return pb.SearchCoursesResponse(hits=hits, next_page_token=page.cursor, total=page.total, facets=_facets(page))


def list_matches(deps: Deps, call: Call, request: pb.ListMatchesRequest) -> pb.ListMatchesResponse:
    person = access.visible_person(deps, call.caller, request.person_id)
    size, (after, now) = page_size(request.page_size), _place(request, deps)
    ranked = lists.matches_of(deps, person, after, size, now)
    page, more = _cut(ranked, size, now)
    lists.remember_shown(deps, "matches", person.id, page)
    return pb.ListMatchesResponse(matches=_messages(page, call), next_page_token=more)


def list_candidates(deps: Deps, call: Call, request: pb.ListCandidatesRequest) -> pb.ListCandidatesResponse:
    offer = access.own_offer(deps, call.caller, request.offer_id)
    size, (after, now) = page_size(request.page_size), _place(request, deps)
    ranked = lists.candidates_of(deps, offer, after, size, now)
    page, more = _cut(ranked, size, now)
    lists.remember_shown(deps, "candidates", offer.id, page)
    return pb.ListCandidatesResponse(matches=_messages(page, call), next_page_token=more)


def list_course_matches(deps: Deps, call: Call, request: pb.ListCourseMatchesRequest) -> pb.ListCourseMatchesResponse:
    person = access.visible_person(deps, call.caller, request.person_id)
    size = page_size(request.page_size)
    position = decode_token(request.page_token, float, str)
    found = lists.courses_for(deps, person, deps.units.clock())
    if position:
        found = [m for m in found if (-m.score, m.course_id) > (-float(position[0]), str(position[1]))]
    found.sort(key=lambda match: (-match.score, match.course_id))
    shown, more = cut(found, size, lambda match: [match.score, match.course_id])
    return pb.ListCourseMatchesResponse(matches=map(_course_match, shown), next_page_token=more)


def explain(deps: Deps, call: Call, request: pb.ExplainRequest) -> pb.ExplainResponse:
    person, offer = access.explained_pair(deps, call.caller, request.person_id, request.offer_id)
    judged = assessed(deps, person, offer, deps.units.clock())
    return pb.ExplainResponse(match=match_message(access.seen_by(call.caller, judged)))


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
    return pb.ListShownResponse(shown=[_shown(line) for _, line in shown], next_page_token=more)


def match_message(assessment: Assessment) -> pb.Match:
    """An assessment on the wire."""
    return pb.Match(
        person_id=assessment.person_id,
        offer_id=assessment.offer_id,
        score=assessment.score,
        matched=assessment.matched,
        parts=map(_part, assessment.parts),
        gates=map(_gate, assessment.gates),
        formula_version=assessment.formula_version,
        offer_version=assessment.offer_version,
        person_version=assessment.person_version,
        missing_skill_codes=assessment.missing_skills,
    )


def _part(part: Part) -> pb.Part:
    reasons = map(_reason, part.reasons)
    return pb.Part(name=part.name, weight=part.weight, value=part.value, known=part.known, reasons=reasons)


def _gate(gate: Gate) -> pb.Gate:
    return pb.Gate(name=gate.name, passed=gate.passed, reason=_reason(gate.reason))


def _reason(reason: Reason) -> pb.Reason:
    return pb.Reason(code=reason.code.value, parameters=reason.parameters, evidence_ids=reason.evidence_ids)


def _course_match(match: CourseMatch) -> pb.CourseMatch:
    return pb.CourseMatch(
        person_id=match.person_id,
        course_id=match.course_id,
        score=match.score,
        closed_skill_codes=match.closed_skills,
        offer_ids=match.offer_ids[:OFFERS_SHOWN],
        offer_count=match.offer_count,
        gap_count=match.gap_count,
        session_id=match.session_id,
        distance_km=match.distance_km,
        formula_version=match.formula_version,
    )


def _shown(line: store.Shown) -> pb.Shown:
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


def _offer_query(request: pb.SearchOffersRequest, now: datetime) -> SearchQuery:
    checks = Checks()
    text, within = _text_and_circle(checks, request)
    checks.at_most("skill_codes", request.skill_codes, MOST_CODES)
    checks.at_most("occupation_codes", request.occupation_codes, MOST_CODES)
    checks.require(
        "kinds", all(kind in KINDS for kind in request.kinds), "UNKNOWN_VALUE", "this value is not known here"
    )
    checks.done()
    return SearchQuery(
        as_of=now,
        text=text,
        within=within,
        include_remote=request.include_remote,
        skills=frozenset(request.skill_codes),
        occupations=frozenset(request.occupation_codes),
        kinds=frozenset(KINDS[kind] for kind in request.kinds),
        green_grades=frozenset(map(green_name, request.green_grades)),
        contracts=frozenset(map(contract_name, request.contracts)),
        page_size=page_size(request.page_size),
        cursor=request.page_token,
        facets=request.facets,
    )


def _course_query(request: pb.SearchCoursesRequest) -> CourseQuery:
    checks = Checks()
    text, within = _text_and_circle(checks, request)
    checks.at_most("skill_codes", request.skill_codes, MOST_CODES)
    checks.at_most("occupation_codes", request.occupation_codes, MOST_CODES)
    checks.done()
    return CourseQuery(
        text=text,
        within=within,
        include_remote=request.include_remote,
        skills=frozenset(request.skill_codes),
        occupations=frozenset(request.occupation_codes),
        funding=frozenset(request.funding),
        page_size=page_size(request.page_size),
        cursor=request.page_token,
        facets=request.facets,
    )


def _text_and_circle(
    checks: Checks, request: pb.SearchOffersRequest | pb.SearchCoursesRequest
) -> tuple[str, Circle | None]:
    text = checks.text("text", request.text, LONGEST_TEXT)
    if not request.HasField("within"):
        return text, None
    center = request.within.center
    checks.point("within.center", center.latitude, center.longitude)
    radius = checks.number("within.radius_km", request.within.radius_km, 0.001, FARTHEST_KM)
    return text, Circle(Point(center.latitude, center.longitude), radius)


def _hit_parts(hit: Hit) -> list[pb.Part]:
    return [pb.Part(name=name, value=value, known=True) for name, value in hit.parts.items()]


def _facets(page: Page) -> list[pb.Facet]:
    return [
        pb.Facet(name=name, counts=[pb.FacetCount(value=value, count=count) for value, count in counts])
        for name, counts in page.facets.items()
    ]


def _messages(ranked: Sequence[Ranked], call: Call) -> list[pb.Match]:
    return [match_message(access.seen_by(call.caller, line.assessment)) for line in ranked]


def _place(
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


def _cut(ranked: Sequence[Ranked], size: int, now: datetime) -> tuple[Sequence[Ranked], str]:
    return cut(ranked, size, lambda line: [*line.position, now.timestamp()])


TABLE: Mapping[str, Function] = {
    "SearchOffers": search_offers,
    "SearchCourses": search_courses,
    "ListMatches": list_matches,
    "ListCourseMatches": list_course_matches,
    "ListCandidates": list_candidates,
    "Explain": explain,
    "ListShown": list_shown,
}
