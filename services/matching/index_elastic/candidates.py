"""Candidates: who reaches an offer, what a person reaches, and who shares most where there is no geography."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.common.values import Point, Remote
from services.matching.domain import Knowledge
from services.matching.index import DEFAULT_LIMIT_KM, OCCUPATION_WEIGHT, TIERS_KM, Candidates
from services.matching.index_elastic.collection import Collection, hits_of
from services.matching.index_elastic.column_cache import ColumnCache
from services.matching.index_elastic.documents import SIGN
from services.matching.index_elastic.queries import Clause, around, either, every, having, shared
from services.matching.index_elastic.server import Deadline
from services.matching.index_shared.places import ROUNDING_KM, distances_km, limits_km
from services.matching.kernel import OfferColumns, PeopleColumns
from services.matching.values import Offer, Person

C = TypeVar("C", PeopleColumns, OfferColumns)
Rows = NDArray[np.int64]
MOST = 100_000
"""Candidates in one answer, some 2 MB; more of them come in several."""

_BEST = [{"_score": "desc"}, {"mark": "asc"}, {"content": "asc"}]
_EVERYONE = {
    "init_script": "state.total = 0L; state.contents = []",
    "map_script": "if (++state.total <= params.most) { state.contents.add(doc['content'].value) }",
    "combine_script": "return state",
    "reduce_script": """
        long total = 0; List contents = [];
        for (state in states) { total += state.total; contents.addAll(state.contents) }
        return ['total': total, 'contents': contents]""",
}
"""Ten times cheaper than as many hits: each of those costs the server some 20 µs."""


@dataclass(frozen=True, slots=True)
class CandidateQuery(Generic[C]):
    """`near` comes whole, if `reaches` says so too; of `far` at most `cap`, those that share most of `asked`."""

    center: Point | None
    near: Clause | None
    is_near: Clause | None  # what tells those near from those far, as cheaply as possible
    reaches: Callable[[C, Rows, NDArray[np.float64]], NDArray[np.bool_]]
    far: Clause
    asked: list[Clause]
    cap: int


def people_query(offer: Offer, knowledge: Knowledge, cap: int) -> CandidateQuery[PeopleColumns]:
    """Whoever travels as far as the offer; with those who go anywhere, or everyone where it is remote."""
    remote = offer.remote is Remote.FULL
    matchable = having("matchable", True)
    near = None
    if offer.place and not remote:
        place = offer.place
        tiers = (every(having("tier", tier), around("place", place, limit)) for tier, limit in enumerate(TIERS_KM))
        near = every(matchable, having("anywhere", False), either(*tiers))
    return CandidateQuery(
        center=offer.place,
        near=near,
        is_near=having("anywhere", False),
        reaches=lambda columns, rows, away: away <= _farthest(columns, rows) + ROUNDING_KM,
        far=matchable if remote else every(matchable, having("anywhere", True)),
        asked=_asked(knowledge, offer),
        cap=cap,
    )


def offers_query(person: Person, knowledge: Knowledge, cap: int) -> CandidateQuery[OfferColumns]:
    """Open offers where the person travels; with remote ones, or all of them for somebody who goes anywhere."""
    is_open = having("open", True)
    limit = DEFAULT_LIMIT_KM if person.travel_limit_km is None else min(person.travel_limit_km, TIERS_KM[-1])
    near = None
    if person.place and not person.anywhere:
        near = every(is_open, around("place", person.place, limit))
    return CandidateQuery(
        center=person.place,
        near=near,
        is_near=near,
        reaches=lambda columns, rows, away: away <= limit + ROUNDING_KM,
        far=is_open if person.anywhere else every(is_open, having("remote", True)),
        asked=_asked(knowledge, person),
        cap=cap,
    )


def find(
    collection: Collection[Any], cache: ColumnCache[Any, C], query: CandidateQuery[C], deadline: Deadline
) -> Candidates[C]:
    """As they were when this process wrote last, or later."""
    collection.refresh(deadline)

    def read() -> Candidates[C]:
        near, far = _contents(collection, query, deadline)
        chosen = far[: query.cap]
        recalled = cache.recall(near + chosen, deadline)
        reached = _reached(query, recalled.columns, recalled.rows[: len(near)])
        rows = np.union1d(reached, recalled.rows[len(near) :])
        away = distances_km(query.center, recalled.columns, rows)
        return Candidates(recalled.columns, rows, away, len(far) <= query.cap, recalled.name, recalled.version)

    return collection.retrying(read)


def _contents(
    collection: Collection[Any], query: CandidateQuery[Any], deadline: Deadline
) -> tuple[list[int], list[int]]:
    """What stands for all that are near, and for the best of those far: one more than `cap` when there are more."""
    if query.near is None and not query.asked:
        return [], []
    answer = collection.search(_body(query), deadline, "aggregations")
    total, near = _near(answer)
    if total > MOST:
        slices = [_body(query, slice_of) for slice_of in _slices(2 * total // MOST + 1)]
        with collection.point_in_time(deadline) as search:
            answers = [search(body, "aggregations") for body in slices]
        answer, near = answers[0], [content for answer in answers for content in _near(answer)[1]]
    return near, _far(answer)


def _body(query: CandidateQuery[Any], *slice_of: Clause) -> dict[str, Any]:
    """One request for both, so that nobody is missed who changes from one to the other meanwhile."""
    clauses: list[Clause] = []
    aggregations: dict[str, Any] = {}
    if query.near and query.is_near:
        clauses.append({"constant_score": {"filter": query.near, "boost": 0}})
        everyone = {"scripted_metric": _EVERYONE | {"params": {"most": MOST}}}
        aggregations["near"] = {"filter": every(query.is_near, *slice_of), "aggs": {"all": everyone}}
    if query.asked:
        far = {"bool": {"filter": [query.far], "should": query.asked, "minimum_should_match": 1}}
        clauses.append(far)
        best = {"top_hits": {"size": query.cap + 1, "sort": _BEST, "stored_fields": "_none_"}}
        aggregations["far"] = {"filter": far, "aggs": {"best": best}}
    return {"query": either(*clauses), "size": 0, "track_total_hits": False, "aggs": aggregations}


def _slices(count: int) -> list[Clause]:
    """Of equal size, since contents are spread evenly over 64 bits."""
    edges = [-SIGN + (2 * SIGN - 1) * at // count for at in range(count + 1)]
    return [{"range": {"content": {"gt" if at else "gte": edges[at], "lte": edges[at + 1]}}} for at in range(count)]


def _near(answer: Any) -> tuple[int, list[int]]:
    everyone = answer["aggregations"].get("near", {}).get("all", {}).get("value") or {}
    return everyone.get("total", 0), everyone.get("contents", [])


def _far(answer: Any) -> list[int]:
    best = answer["aggregations"].get("far", {}).get("best", {})
    return [hit["sort"][2] for hit in hits_of(best)]


def _asked(knowledge: Knowledge, of: Offer | Person) -> list[Clause]:
    """What sharing each is worth. Sums are kept in 32 bits: two that differ by less than a ten millionth are a tie."""
    worth = {code: knowledge.idf(code) for code in of.all_skills}
    return shared("skills", worth) + shared("occupations", dict.fromkeys(of.occupation_codes, OCCUPATION_WEIGHT))


def _farthest(columns: PeopleColumns, rows: Rows) -> NDArray[np.int32]:
    return np.minimum(limits_km(columns.travel_limit[rows]), TIERS_KM[-1])


def _reached(query: CandidateQuery[C], columns: C, rows: Rows) -> Rows:
    return rows[query.reaches(columns, rows, distances_km(query.center, columns, rows))]
