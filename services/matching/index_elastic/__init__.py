"""Elasticsearch as the index: for many processes, and for more people than one machine's memory holds."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from services.common.values import Point
from services.matching.index import CAP, Candidates, Circle, Counts, CourseQuery, Index, Page, Rerank, SearchQuery
from services.matching.index import Contents as ContentsPort
from services.matching.index_elastic.candidates import find, offers_query, people_query
from services.matching.index_elastic.collection import Collection
from services.matching.index_elastic.column_cache import ColumnCache
from services.matching.index_elastic.generations import Generations
from services.matching.index_elastic.mappings import alias_of
from services.matching.index_elastic.searching import search_courses, search_offers
from services.matching.index_elastic.server import Deadline, Server
from services.matching.index_elastic.writing import FILL_SECONDS, Contents
from services.matching.index_shared.analysis import Analyser, Labels
from services.matching.kernel import Codes, OfferColumns, PeopleColumns
from services.matching.values import Course, Offer, Person
from services.referential.text import Language

SEARCH_SECONDS = 0.75
"""A search, or what is given back by id: who waits is told in time that there is no answer now."""

CANDIDATE_SECONDS = 5.0
COUNT_SECONDS = 2.0
WHOLE_SECONDS = 60.0
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class ElasticIndex(Contents, Index):
    """On a server; making it asks nothing yet. Score what is found with the same `codes`."""

    def __init__(
        self, address: str, namespace: str, replicas: int, codes: Codes, language: Language, occupation_words: Labels
    ) -> None:
        server, analyser = Server(address), Analyser(language, occupation_words)
        self._server, self._analyser, self._codes = server, analyser, codes
        self._offers = Collection(server, alias_of(namespace, "offers"), Offer)
        self._people = Collection(server, alias_of(namespace, "people"), Person)
        self._courses = Collection(server, alias_of(namespace, "courses"), Course)
        encoding = threading.Lock()
        self._known_offers = ColumnCache(self._offers, codes.offers, encoding)
        self._known_people = ColumnCache(self._people, codes.people, encoding)
        self._generations = Generations(server, namespace, replicas)
        super().__init__(server, analyser, self._generations.targets, self._all_written)
        self._begun = False

    def missing(self) -> bool:
        if self._generations.missing():
            return True
        self._begin()
        return False

    @contextmanager
    def rebuilding(self) -> Iterator[ContentsPort]:
        with self._generations.new() as targets:
            yield Contents(self._server, self._analyser, lambda kind, _: [targets[kind]], lambda: None, FILL_SECONDS)

    def offers(self, ids: Sequence[str]) -> dict[str, Offer]:
        return self._offers.get(ids, Deadline(SEARCH_SECONDS))

    def people(self, ids: Sequence[str]) -> dict[str, Person]:
        return self._people.get(ids, Deadline(SEARCH_SECONDS))

    def courses(self, ids: Sequence[str]) -> dict[str, Course]:
        return self._courses.get(ids, Deadline(SEARCH_SECONDS))

    def people_for(self, offer: Offer, cap: int = CAP) -> Candidates[PeopleColumns]:
        query = people_query(offer, self._codes.knowledge, cap)
        return find(self._people, self._known_people, query, Deadline(CANDIDATE_SECONDS))

    def offers_for(self, person: Person, cap: int = CAP) -> Candidates[OfferColumns]:
        query = offers_query(person, self._codes.knowledge, cap)
        return find(self._offers, self._known_offers, query, Deadline(CANDIDATE_SECONDS))

    def search_offers(self, query: SearchQuery, rerank: Rerank | None = None) -> Page:
        return search_offers(self._offers, self._known_offers, self._analyser, query, rerank, Deadline(SEARCH_SECONDS))

    def search_courses(self, query: CourseQuery) -> Page:
        return search_courses(self._courses, self._analyser, query, Deadline(SEARCH_SECONDS))

    def counts(self) -> Counts:
        deadline = Deadline(COUNT_SECONDS)
        return Counts(self._offers.count(deadline), self._people.count(deadline), self._courses.count(deadline))

    def digest(self) -> str:
        deadline = Deadline(WHOLE_SECONDS)
        return "".join(f"{kind.content(deadline):016x}" for kind in (self._offers, self._people, self._courses))

    def close(self) -> None:
        self._server.close()

    def _all_written(self) -> None:
        for collection in (self._offers, self._people, self._courses):
            collection.written()

    def _begin(self) -> None:
        """The server compiles scripts when it first meets them, which takes longer than a search may."""
        if self._begun:
            return
        self._generations.drop_replaced()
        deadline, circle, skills = Deadline(WHOLE_SECONDS), Circle(Point(0.0, 0.0), 1.0), frozenset(("none",))
        offers, courses = (
            SearchQuery("a", circle, as_of=LONG_AGO, skills=skills),
            CourseQuery("a", circle, skills=skills),
        )
        search_offers(self._offers, self._known_offers, self._analyser, offers, None, deadline)
        search_courses(self._courses, self._analyser, courses, deadline)
        self._begun = True
