"""Searches: one request finds, counts and orders the hits of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.matching.index import (
    BEHIND_SECONDS,
    FACET_VALUES,
    RERANKED,
    Candidates,
    CourseQuery,
    Hit,
    Page,
    Query,
    Rerank,
    SearchQuery,
    distance_part,
    freshness_part,
    skills_part,
    text_part,
)
from services.matching.index_elastic import scripts
from services.matching.index_elastic.collection import Collection, Statistics, hits_of
from services.matching.index_elastic.column_cache import ColumnCache
from services.matching.index_elastic.documents import SIGN, weight_of
from services.matching.index_elastic.queries import Clause, around, either, every, having, one_of, shared
from services.matching.index_elastic.server import Deadline
from services.matching.index_shared.analysis import Analyser
from services.matching.index_shared.paging import CursorState, cursor_state, page_of
from services.matching.kernel import OfferColumns
from services.matching.kernel.codes import micros
from services.matching.values import Course, Offer

Floats = NDArray[np.float64]
Parts = dict[str, Floats]
_MICROS_PER_DAY = 86_400e6
_HIGHEST = SIGN - 1
_WANTED = "hits.total.value,hits.hits._id,hits.hits._score,hits.hits.sort,hits.hits.fields,aggregations"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How hits of one kind are computed; `facets`: name → field."""

    relevance: str
    inside: str
    kilometres: str
    places: str
    facets: dict[str, str]
    shown: tuple[str, ...] = ()


_OFFERS = _Kind(
    scripts.OFFER_RELEVANCE,
    scripts.OFFER_INSIDE,
    scripts.OFFER_KILOMETRES,
    "place",
    {"kind": "kind", "green_grade": "green_grade", "contract": "contract", "occupation": "occupations"},
    ("published",),
)
_COURSES = _Kind(
    scripts.COURSE_RELEVANCE,
    scripts.COURSE_INSIDE,
    scripts.COURSE_KILOMETRES,
    "places",
    {"green_grade": "green_grade", "funding": "funding", "occupation": "occupations"},
)


def search_offers(
    offers: Collection[Offer],
    cache: ColumnCache[Offer, OfferColumns],
    analyser: Analyser,
    query: SearchQuery,
    rerank: Rerank | None,
    deadline: Deadline,
) -> Page:
    stems = analyser.asked(query.text)
    state = cursor_state(
        query, rerank is not None, micros(query.as_of), stems, lambda: _published(offers, stems, deadline)
    )
    filters = [{"range": {"expires": {"gt": micros(query.as_of)}}}]
    filters += [one_of("kind", query.kinds)] if query.kinds else []
    filters += [one_of("green_grade", query.green_grades)] if query.green_grades else []
    filters += [one_of("contract", query.contracts)] if query.contracts else []
    asked = _Search(_OFFERS, query, stems, state, filters)
    offers.refresh(deadline, BEHIND_SECONDS)
    if rerank is None:
        return asked.page(offers.search(asked.page_body(), deadline, _WANTED))
    return offers.retrying(lambda: asked.reranked(offers, cache, rerank, deadline))


def search_courses(courses: Collection[Course], analyser: Analyser, query: CourseQuery, deadline: Deadline) -> Page:
    stems = analyser.asked(query.text)
    state = cursor_state(query, False, 0, stems, lambda: _published(courses, stems, deadline))
    filters = [one_of("funding", query.funding)] if query.funding else []
    asked = _Search(_COURSES, query, stems, state, filters)
    courses.refresh(deadline, BEHIND_SECONDS)
    return asked.page(courses.search(asked.page_body(), deadline, _WANTED))


def _published(collection: Collection[Any], stems: Sequence[str], deadline: Deadline) -> Statistics:
    if not stems:
        return Statistics(0, 1.0, 0.0)
    collection.refresh(deadline, BEHIND_SECONDS)
    return collection.statistics(stems, deadline)


@dataclass(frozen=True, slots=True)
class _Search:
    kind: _Kind
    query: Query
    stems: Sequence[str]
    state: CursorState
    filters: list[Clause]

    def page_body(self) -> dict[str, Any]:
        """One hit more than the page, to know whether another page follows."""
        body = self._body(self.query.page_size + 1)
        if self.query.cursor:
            body["search_after"] = [self.state.score, self.state.mark - SIGN, _HIGHEST]
        return body

    def page(self, found: Any) -> Page:
        hits = hits_of(found)
        names = [hit["_id"] for hit in hits]
        scores = np.array([hit["sort"][0] for hit in hits], np.float64)
        return self._page(found, names, scores, ranked=False)

    def reranked(
        self,
        offers: Collection[Offer],
        cache: ColumnCache[Offer, OfferColumns],
        rerank: Rerank,
        deadline: Deadline,
    ) -> Page:
        body = self._body(RERANKED) | {"stored_fields": "_none_"}
        found = offers.search(body, deadline, _WANTED)
        recalled = cache.recall([hit["sort"][2] for hit in hits_of(found)], deadline)
        distance = _numbers(hits_of(found), "kilometres")
        complete = len(recalled.rows) == _total(found)
        scores = rerank(
            Candidates(recalled.columns, recalled.rows, distance, complete, recalled.name, recalled.version)
        )
        return self._page(found, list(map(recalled.name, recalled.rows.tolist())), np.asarray(scores), ranked=True)

    def _body(self, size: int) -> dict[str, Any]:
        shares = shared("skills", dict.fromkeys(self.query.skills, 1.0))
        script = {"source": self.kind.relevance, "params": self._parameters()}
        return {
            "query": {
                "bool": {"filter": self._filters()} | ({"should": shares, "minimum_should_match": 1} if shares else {})
            },
            "sort": [
                {"_script": {"type": "number", "order": "desc", "script": script}},
                {"mark": "asc"},
                {"content": "asc"},
            ],
            "size": size,
            "track_total_hits": True,
            "track_scores": bool(shares),
            "_source": False,
            "docvalue_fields": self.kind.shown,
            "script_fields": self._computed(),
            "aggs": {name: _facet(held) for name, held in self.kind.facets.items()} if self.query.facets else {},
        }

    def _filters(self) -> list[Clause]:
        query, within = self.query, self.query.within
        filters = [having("searchable", True), *self.filters, *(having("words", stem) for stem in self.stems)]
        if query.occupations:
            filters.append(one_of("occupations", query.occupations))
        if within:
            exactly = {"script": {"script": {"source": self.kind.inside, "params": self._circle()}}}
            inside = every(around(self.kind.places, within.center, within.radius_km), exactly)
            filters.append(either(inside, having("remote", True)) if query.include_remote else inside)
        return filters

    def _parameters(self) -> dict[str, Any]:
        return {**self._text(), **self._circle(), "asked": len(self.query.skills), "as_of": self.state.as_of}

    def _text(self) -> dict[str, Any]:
        return {
            "stems": [weight_of(stem) for stem in self.stems],
            "idf": self.state.idf,
            "average": self.state.average_length,
        }

    def _circle(self) -> dict[str, float]:
        within = self.query.within
        if within is None:
            return {"radius": 0.0}
        return {"south": within.center.latitude, "west": within.center.longitude, "radius": within.radius_km}

    def _computed(self) -> dict[str, Any]:
        fields = {"bm25": (scripts.BM25, self._text())} if self.stems else {}
        fields |= {"kilometres": (self.kind.kilometres, self._circle())} if self.query.within else {}
        return {name: {"script": {"source": source, "params": given}} for name, (source, given) in fields.items()}

    def _page(self, found: Any, names: Sequence[str], scores: Floats, ranked: bool) -> Page:
        hits = hits_of(found)
        parts = self._parts(hits)
        distance = _numbers(hits, "kilometres")

        def hit(at: int) -> Hit:
            known = None if np.isnan(distance[at]) else float(distance[at])
            return Hit(names[at], float(scores[at]), {name: float(part[at]) for name, part in parts.items()}, known)

        marks = np.array([hit["sort"][1] + SIGN for hit in hits], np.uint64)
        return page_of(self.query, ranked, self.state, scores, marks, hit, _total(found), _facets(found))

    def _parts(self, hits: Sequence[Any]) -> Parts:
        """Those that were asked for, of each hit."""
        query, parts = self.query, Parts()
        if self.stems:
            parts["text"] = text_part(_numbers(hits, "bm25"))
        if query.within:
            parts["distance"] = distance_part(_numbers(hits, "kilometres"), query.within.radius_km)
        if query.skills:
            parts["skills"] = skills_part(np.array([hit["_score"] for hit in hits], np.float64), len(query.skills))
        if "published" in self.kind.shown:
            parts["freshness"] = freshness_part((self.state.as_of - _numbers(hits, "published")) / _MICROS_PER_DAY)
        return parts


def _numbers(hits: Sequence[Any], name: str) -> Floats:
    """One a hit; NaN where it is not known."""
    return np.array([hit.get("fields", {}).get(name, [None])[0] for hit in hits], np.float64)


def _total(found: Any) -> int:
    return int(found["hits"]["total"]["value"])


def _facet(name: str) -> dict[str, Any]:
    """One more than shown, since "" is no value."""
    order = [{"_count": "desc"}, {"_key": "asc"}]
    return {"terms": {"field": name, "size": FACET_VALUES + 1, "order": order}}


def _facets(found: Any) -> dict[str, list[tuple[str, int]]]:
    return {
        name: [(bucket["key"], bucket["doc_count"]) for bucket in facet["buckets"] if bucket["key"]][:FACET_VALUES]
        for name, facet in found.get("aggregations", {}).items()
    }
