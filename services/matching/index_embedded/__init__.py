"""The embedded engine of the index: columns in memory, for one process."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from services.matching.index import CAP, Candidates, Contents, Counts, CourseQuery, Index, Page, Rerank, SearchQuery
from services.matching.index_embedded.column_store import ColumnStore
from services.matching.index_embedded.courses import CourseEncoder, search_courses
from services.matching.index_embedded.offers import OfferEncoder, offers_for, search_offers
from services.matching.index_embedded.people import people_for, people_rows
from services.matching.index_embedded.terms import Terms
from services.matching.index_shared.analysis import Analyser, Labels
from services.matching.kernel import Codes, OfferColumns, PeopleColumns
from services.matching.values import Course, Offer, Person, Value
from services.referential.text import Language


class EmbeddedIndex(Index):
    """In memory. Rows found are those of its own columns; score them with the same `codes`."""

    def __init__(self, codes: Codes, language: Language, occupation_words: Labels) -> None:
        self._terms = Terms(Analyser(language, occupation_words), codes)
        self._offer_encoder, self._course_encoder = OfferEncoder(codes), CourseEncoder(codes)
        self._offers = ColumnStore(Offer, self._offer_encoder.rows, self._terms)
        self._people = ColumnStore(Person, partial(people_rows, codes), self._terms)
        self._courses = ColumnStore(Course, self._course_encoder.rows, self._terms)
        self._writing = threading.Lock()
        self._filled = False

    def missing(self) -> bool:
        return not self._filled

    @contextmanager
    def rebuilding(self) -> Iterator[Contents]:
        """Only once, and before anybody asks: what it holds is lost with its process."""
        yield self
        self._filled = True

    def put(self, values: Sequence[Value]) -> set[str]:
        stores: dict[type, ColumnStore[Any, Any]] = {Offer: self._offers, Person: self._people, Course: self._courses}
        with self._writing:
            return stores[type(values[0])].put(values) if values else set()

    def remove_person(self, person_id: str) -> None:
        with self._writing:
            self._people.remove(person_id)

    def offers(self, ids: Sequence[str]) -> dict[str, Offer]:
        return self._offers.get(ids)

    def people(self, ids: Sequence[str]) -> dict[str, Person]:
        return self._people.get(ids)

    def courses(self, ids: Sequence[str]) -> dict[str, Course]:
        return self._courses.get(ids)

    def people_for(self, offer: Offer, cap: int = CAP) -> Candidates[PeopleColumns]:
        return people_for(self._people.view, self._terms, offer, cap)

    def offers_for(self, person: Person, cap: int = CAP) -> Candidates[OfferColumns]:
        return offers_for(self._offers.view, self._terms, person, cap)

    def search_offers(self, query: SearchQuery, rerank: Rerank | None = None) -> Page:
        return search_offers(self._offers.view, self._terms, self._offer_encoder, query, rerank)

    def search_courses(self, query: CourseQuery) -> Page:
        return search_courses(self._courses.view, self._terms, self._course_encoder, query)

    def counts(self) -> Counts:
        return Counts(self._offers.view.alive, self._people.view.alive, self._courses.view.alive)

    def digest(self) -> str:
        return "".join(f"{store.view.content:016x}" for store in (self._offers, self._people, self._courses))

    def close(self) -> None:
        for store in (self._offers, self._people, self._courses):
            store.close()

    def bytes(self) -> dict[str, int]:
        """Memory of the columns and postings of each kind, without the words' own table."""
        return {"offers": self._offers.bytes(), "people": self._people.bytes(), "courses": self._courses.bytes()}
