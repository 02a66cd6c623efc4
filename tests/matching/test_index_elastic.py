"""The index on Elasticsearch answers as the embedded one does, in one process and in several."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import indices
import pytest
from indices import namespace_on_elasticsearch

from services.common.values import OfferKind
from services.matching.index import BEHIND_SECONDS, Candidates, Circle, CourseQuery, Page, SearchQuery
from services.matching.index_elastic import ElasticIndex
from services.matching.index_embedded import EmbeddedIndex
from services.matching.kernel import Codes, PeopleColumns
from services.referential.france import LANGUAGE
from tests.matching import index_world as world
from tests.matching.index_world import KNOWLEDGE, NOW, ValueGenerator, a_person, an_offer, names

Opener = Callable[..., ElasticIndex]


def embedded() -> EmbeddedIndex:
    return EmbeddedIndex(Codes(KNOWLEDGE), LANGUAGE, world.label)


def every_page(search: Callable[[Any], Page], query: Any) -> list[Page]:
    read = [search(query)]
    while read[-1].cursor:
        read.append(search(replace(query, cursor=read[-1].cursor)))
    return read


# The same as the embedded index


@pytest.fixture
def both(elastic: ElasticIndex) -> tuple[ElasticIndex, EmbeddedIndex, ValueGenerator]:
    """The same things in both; in one batch each, so that the embedded one publishes its statistics at once."""
    varied, other = ValueGenerator(uuid4().int % 10**6), embedded()
    print(f"seed {varied.seed}")
    for each in (elastic, other):
        again = ValueGenerator(varied.seed)
        heavy = an_offer("heavy", title="toits " * 50)
        each.put([heavy, *(again.offer(f"o{n}") for n in range(250))])
        each.put([again.person(f"p{n}") for n in range(250)])
        each.put([again.course(f"c{n}") for n in range(120)])
    return elastic, other, varied


def a_query(varied: ValueGenerator) -> SearchQuery:
    return SearchQuery(
        as_of=NOW + timedelta(hours=varied.random.randrange(100)),
        text=varied.random.choice(world.TEXTS),
        within=Circle(varied.random.choice(world.TOWNS), varied.random.choice((3.0, 30.0, 9_000.0)))
        if varied.chance(0.6)
        else None,
        include_remote=varied.chance(0.5),
        skills=varied.some(world.SKILLS, 4),
        occupations=varied.some(world.OCCUPATIONS, 1),
        kinds=frozenset({OfferKind.JOB}) if varied.chance(0.2) else frozenset(),
        green_grades=frozenset({"green", ""}) if varied.chance(0.2) else frozenset(),
        contracts=frozenset({"permanent"}) if varied.chance(0.2) else frozenset(),
        page_size=varied.random.choice((1, 10, 100)),
        facets=True,
    )


def test_it_holds_finds_and_orders_what_the_embedded_index_does(
    both: tuple[ElasticIndex, EmbeddedIndex, ValueGenerator], record_property: Callable[[str, object], None]
) -> None:
    one, other, varied = both
    assert one.digest() == other.digest()
    assert one.counts() == other.counts()
    searches_are_equal(one, other, varied)
    recall = candidates_are_equal(one, other)
    record_property("measured", f"candidates on Elasticsearch: recall of the embedded index's {recall:.4f}")


def searches_are_equal(one: ElasticIndex, other: EmbeddedIndex, varied: ValueGenerator) -> None:
    for turn in range(25):
        query = a_query(varied) if turn else SearchQuery("toits", as_of=NOW, page_size=100)
        query = query if turn % 3 else replace(query, within=None)
        same_pages(*(every_page(each.search_offers, query) for each in (one, other)))
        courses = CourseQuery(query.text, query.within, query.include_remote, query.skills, facets=True, page_size=7)
        same_pages(*(every_page(each.search_courses, courses) for each in (one, other)))


def same_pages(ones: Sequence[Page], others: Sequence[Page]) -> None:
    """In order, with every score, part and facet."""
    for one, other in zip(ones, others, strict=True):
        assert [hit.id for hit in one.hits] == [hit.id for hit in other.hits]
        assert (one.total, one.facets) == (other.total, other.facets)
        for hit, same in zip(one.hits, other.hits, strict=True):
            assert hit.parts == pytest.approx(same.parts, rel=1e-12)
            assert hit.score == same.score
            assert (hit.distance_km or 0.0) == pytest.approx(same.distance_km or 0.0, rel=1e-9)


def candidates_are_equal(one: ElasticIndex, other: EmbeddedIndex) -> float:
    """How many of the embedded index's candidates were found; those near must all be."""
    wanted = met = 0
    for number in range(30):
        offer, person = ValueGenerator(number).offer("asked"), ValueGenerator(number).person("asking")
        for cap in (2_000, 4):
            pairs = [
                (one.people_for(offer, cap), other.people_for(offer, cap)),
                (one.offers_for(person, cap), other.offers_for(person, cap)),
            ]
            for found, expected in pairs:
                assert found.complete == expected.complete
                assert len(found.rows) == len(expected.rows)
                if cap == 2_000:
                    assert set(names(found)) == set(names(expected))
                wanted += len(expected.rows)
                met += len(set(names(found)) & set(names(expected)))
    assert met / wanted > 0.99
    return met / wanted


def test_candidates_carry_the_columns_and_versions_of_the_embedded_index(
    both: tuple[ElasticIndex, EmbeddedIndex, ValueGenerator],
) -> None:
    one, other, _ = both
    for number in range(10):
        offer = ValueGenerator(number).offer("asked")
        rows = [
            {found.name(row): (found.version(row), skills_of(found, row)) for row in found.rows.tolist()}
            for found in (one.people_for(offer), other.people_for(offer))
        ]
        assert rows[0] == rows[1]


def skills_of(found: Candidates[PeopleColumns], row: int) -> int:
    return int(found.columns.skills.count[row])


def test_more_candidates_than_one_answer_holds_come_in_several(
    elastic: ElasticIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    elastic.put([a_person(f"p{n}", travel_limit_km=30) for n in range(95)])
    elastic.put([a_person(f"free{n}", anywhere=True, past_occupations=frozenset({"F1610"})) for n in range(30)])
    monkeypatch.setattr("services.matching.index_elastic.candidates.MOST", 20)
    found = elastic.people_for(an_offer(occupation_code="F1610"), cap=10)
    assert len([name for name in names(found) if name.startswith("p")]) == 95
    assert len(names(found)) == 105
    assert not found.complete


def test_what_is_remembered_is_bounded_and_never_stale(elastic: ElasticIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.matching.index_elastic.column_cache.MOST", 50)
    monkeypatch.setattr("services.matching.index_elastic.column_cache.FETCHED", 30)
    elastic.put([a_person(f"p{n}", travel_limit_km=30, version=1) for n in range(80)])
    before = elastic.people_for(an_offer())
    elastic.put([a_person(f"p{n}", travel_limit_km=50, version=2) for n in range(40)])
    after = elastic.people_for(an_offer())
    assert sorted(after.columns.travel_limit[after.rows].tolist()) == [30] * 40 + [50] * 40
    assert {after.version(row) for row in after.rows.tolist()} == {1, 2}
    assert len(after.columns.travel_limit) == 80, "what was remembered before is not any more"
    assert set(before.columns.travel_limit[before.rows].tolist()) == {30}


def test_of_two_processes_that_write_at_once_one_finds_the_others(elastic: ElasticIndex, another: Opener) -> None:
    """Else an offer and a person that come at the same moment never meet."""
    other = another()

    def offer_comes(number: int) -> bool:
        offer = an_offer(f"o{number}")
        elastic.put([offer])
        return f"p{number}" in names(elastic.people_for(offer))

    def person_comes(number: int) -> bool:
        person = a_person(f"p{number}", travel_limit_km=30)
        other.put([person])
        return f"o{number}" in names(other.offers_for(person))

    with ThreadPoolExecutor(2) as pool:
        for number in range(20):
            met = [pool.submit(offer_comes, number), pool.submit(person_comes, number)]
            assert any(each.result() for each in met), number


def test_candidates_are_whole_while_another_process_changes_them(
    elastic: ElasticIndex, another: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found in one question and fetched in another: what changed between the two is found again."""
    monkeypatch.setattr("services.matching.index_elastic.column_cache.MOST", 0)
    monkeypatch.setattr("services.matching.index_elastic.collection.TRIES", 1_000)
    crowd = [a_person(f"p{n}", travel_limit_km=30) for n in range(60)]
    elastic.put(crowd)
    other, stop = another(), threading.Event()

    def change() -> None:
        version = 2
        while not stop.is_set():
            other.put([replace(person, version=version) for person in crowd[version % 60 :]])
            other.counts()
            version += 1

    writer = threading.Thread(target=change)
    writer.start()
    for turn in range(12):
        elastic.put([a_person(f"q{turn}", place=None)])
        assert len(elastic.people_for(an_offer()).rows) == 60
    stop.set()
    writer.join()


def test_versions_hold_across_processes(elastic: ElasticIndex, another: Opener) -> None:
    other = another()
    other.put([an_offer(version=7, title="sept")])
    elastic.put([an_offer(version=6, title="six")])
    kept = elastic.offer("o")
    assert kept
    assert kept.title == "sept"


def test_namespaces_do_not_meet(elastic: ElasticIndex) -> None:
    elastic.put([an_offer()])
    with namespace_on_elasticsearch() as (address, namespace):
        other = ElasticIndex(address, namespace, 0, Codes(KNOWLEDGE), LANGUAGE, world.label)
        assert other.missing()
        with other.rebuilding():
            pass
        assert other.counts().offers == 0
        assert other.offer("o") is None
    assert elastic.counts().offers == 1


def test_searches_share_the_cost_of_showing_what_is_written(elastic: ElasticIndex, place: tuple[str, str]) -> None:
    def shown() -> int:
        stats = indices.ask(place[0], "GET", f"/{place[1]}-vivier-offers/_stats/refresh")
        return int(stats["_all"]["primaries"]["refresh"]["external_total"])

    before, started = shown(), time.monotonic()
    for number in range(60):
        elastic.put([an_offer(f"o{number}")])
        elastic.search_offers(SearchQuery(as_of=NOW))
    took = time.monotonic() - started
    assert shown() - before <= took / BEHIND_SECONDS + took + 2, "one each, one a second by the server itself, the ends"
    time.sleep(BEHIND_SECONDS)
    assert elastic.search_offers(SearchQuery(as_of=NOW)).total == 60
