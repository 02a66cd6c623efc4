"""What `services.matching.index` guarantees, tried on every adapter.

An adapter is one line in ADAPTERS: a new, empty index over the knowledge and labels of these worlds.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from indices import namespace_on_elasticsearch

from services.common.values import OfferKind, Point
from services.kit.errors import Refused
from services.matching.domain import distance_km
from services.matching.index import (
    PART_WEIGHTS,
    RERANKED,
    Candidates,
    Circle,
    CourseQuery,
    Index,
    Page,
    Rerank,
    SearchQuery,
    relevance,
)
from services.matching.index_elastic import ElasticIndex
from services.matching.index_embedded import EmbeddedIndex
from services.matching.kernel import Codes, OfferColumns
from services.matching.values import CourseSession, HeldSkill
from services.referential.france import LANGUAGE
from tests.matching import index_world as world
from tests.matching.index_world import (
    KNOWLEDGE,
    LYON,
    NOW,
    REUNION,
    ValueGenerator,
    a_course,
    a_person,
    an_offer,
    names,
)

PATIENCE = 20.0  # seconds that a busy machine may take for a search


def embedded(_: ExitStack) -> Index:
    return EmbeddedIndex(Codes(KNOWLEDGE), LANGUAGE, world.label)


def elasticsearch(until: ExitStack) -> Index:
    address, namespace = until.enter_context(namespace_on_elasticsearch())
    return ElasticIndex(address, namespace, 0, Codes(KNOWLEDGE), LANGUAGE, world.label)


ADAPTERS: dict[str, Callable[[ExitStack], Index]] = {"embedded": embedded, "elasticsearch": elasticsearch}
Open = Callable[[], Index]
EXAMPLES = {"embedded": 10, "elasticsearch": 2}


def on_random_worlds(check: Callable[[Open, int], None]) -> Callable[[Open, pytest.FixtureRequest], None]:
    """The check with many seeds; with few where each new index takes a server's time."""

    def test(open_index: Open, request: pytest.FixtureRequest) -> None:
        examples = EXAMPLES[request.node.callspec.params["open_index"]]
        checked = given(seed=st.integers(0, 10**9))(lambda seed: check(open_index, seed))
        settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])(checked)()

    test.__doc__ = check.__doc__
    return test


@pytest.fixture(params=ADAPTERS)
def open_index(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Makes a new one at each call; a server's is gone afterwards."""
    for seconds in ("SEARCH_SECONDS", "CANDIDATE_SECONDS", "COUNT_SECONDS"):
        monkeypatch.setattr(f"services.matching.index_elastic.{seconds}", PATIENCE)
    monkeypatch.setattr("services.matching.index_elastic.searching.BEHIND_SECONDS", 0.0)
    with ExitStack() as until:

        def opened() -> Index:
            index = ADAPTERS[request.param](until)
            until.callback(index.close)
            with index.rebuilding():
                pass
            return index

        yield opened


@pytest.fixture
def index(open_index: Open) -> Index:
    return open_index()


def pages(search: Callable[[str], Page]) -> list[Page]:
    read = [search("")]
    while read[-1].cursor:
        read.append(search(read[-1].cursor))
    return read


def every_id(search: Callable[[str], Page]) -> list[str]:
    return [hit.id for page in pages(search) for hit in page.hits]


def is_capped_to(got: list[str], near: set[str], shared: dict[str, float], cap: int) -> bool:
    surely, perhaps = world.best_of(shared, cap)
    free = set(got) - near
    everyone = set(got) >= near and len(got) == len(set(got))
    return everyone and surely - near <= free <= perhaps and len(set(got) & set(shared)) >= min(cap, len(shared))


# Content


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_new_index_is_missing_until_it_is_filled(adapter: str) -> None:
    with ExitStack() as until:
        index = ADAPTERS[adapter](until)
        until.callback(index.close)
        assert index.missing()
        with index.rebuilding() as contents:
            contents.put([an_offer()])
        assert not index.missing()
        assert index.counts().offers == 1


def test_what_was_put_comes_back_without_its_description(index: Index) -> None:
    offer = replace(an_offer(description="x"), expires_at=NOW)
    person = a_person(skills={"s1": HeldSkill("s1", True, ("e1", "e2"))}, travel_limit_km=None)
    sessions = (CourseSession("s", REUNION, NOW.date()), CourseSession("t", None, None, True))
    course = a_course(sessions=sessions, description="y")
    index.put([offer])
    index.put([person])
    index.put([course])
    assert index.offer("o") == replace(offer, description="")
    assert index.person("p") == person
    assert index.course("c") == replace(course, description="")
    assert (index.offer("?"), index.person("?"), index.course("?")) == (None, None, None)


def test_several_come_back_at_once_without_those_that_are_missing(index: Index) -> None:
    index.put([an_offer("a"), an_offer("b")])
    index.put([a_person("p")])
    index.put([a_course("c")])
    assert index.offers(["b", "?", "a"]) == {"a": index.offer("a"), "b": index.offer("b")}
    assert index.people(["p", "?"]) == {"p": index.person("p")}
    assert (index.courses(["c"]), index.courses([])) == ({"c": index.course("c")}, {})


def test_a_candidate_says_which_version_was_found(index: Index) -> None:
    index.put([a_person("p", version=3)])
    index.put([a_person("p", version=7)])
    found = index.people_for(an_offer())
    assert [(found.name(int(row)), found.version(int(row))) for row in found.rows] == [("p", 7)]


def test_never_asked_is_not_the_empty_answer(index: Index) -> None:
    index.put([a_person("silent", skills=None, wished_kinds=None), a_person("none", skills={})])
    silent, none = index.person("silent"), index.person("none")
    assert silent
    assert none
    assert (silent.skills, silent.wished_kinds, none.skills) == (None, None, {})


@pytest.mark.parametrize("together", [True, False])
def test_the_highest_version_stays(index: Index, together: bool) -> None:
    versions = [an_offer(version=2, title="deux"), an_offer(version=3, title="trois"), an_offer(version=1, title="un")]
    for batch in [versions] if together else [[offer] for offer in versions]:
        index.put(batch)
    index.put([an_offer(version=3, title="encore")])
    kept = index.offer("o")
    assert kept
    assert (kept.version, kept.title) == (3, "trois")
    assert index.counts().offers == 1
    assert index.search_offers(SearchQuery("trois", as_of=NOW)).total == 1
    assert index.search_offers(SearchQuery("deux", as_of=NOW)).total == 0


def test_what_something_newer_has_overtaken_is_given_back(index: Index) -> None:
    assert index.put([an_offer("a", version=2), an_offer("b", version=2)]) == set()
    late = [an_offer("a", version=1), an_offer("b", version=2), an_offer("c", version=1)]
    assert index.put(late) == {"a"}
    assert index.put([an_offer("a", version=3), an_offer("a", version=1)]) == set()
    index.put([a_person(version=2)])
    index.put([a_course(version=2)])
    assert index.put([a_person(version=1)]) == {a_person().id}
    assert index.put([a_course(version=1)]) == {a_course().id}
    index.remove_person(a_person().id)
    assert index.put([a_person(version=1)]) == set()


def test_what_was_removed_is_nowhere(index: Index) -> None:
    before = index.digest()
    index.put([a_person(travel_limit_km=30)])
    for _ in range(2):
        index.remove_person("p")
    assert index.person("p") is None
    assert names(index.people_for(an_offer())) == []
    assert index.counts().people == 0
    assert index.digest() == before
    index.put([a_person(version=1)])
    assert index.person("p") is not None


def test_an_older_version_comes_back_after_a_removal(index: Index) -> None:
    """The order of the log is the guard, not the memory of what was removed."""
    for turn in range(5):
        index.put([a_person(version=9 - turn)])
        kept = index.person("p")
        assert kept
        assert kept.version == 9 - turn
        index.remove_person("p")


@on_random_worlds
def test_a_rebuild_in_another_order_has_the_same_digest(open_index: Open, seed: int) -> None:
    varied, one, other = ValueGenerator(seed), open_index(), open_index()
    offers = [varied.offer(f"o{n % 40}", version=n) for n in range(120)]
    people = [varied.person(f"p{n % 40}", version=n) for n in range(120)]
    courses = [varied.course(f"c{n}") for n in range(10)]
    for offer, person in zip(offers, people, strict=True):
        one.put([offer])
        one.put([person])
    one.put([a_person("gone")])
    one.remove_person("gone")
    one.put(courses)
    varied.random.shuffle(offers)
    other.put(courses[::-1])
    other.put(people[::-1])
    other.put(offers)
    assert one.digest() == other.digest()
    assert one.counts() == other.counts()
    changed = replace(max(offers, key=lambda offer: offer.version), version=1_000, description="autre chose")
    other.put([changed])
    assert one.digest() != other.digest()


# Candidates


@on_random_worlds
def test_candidates_are_those_of_a_scan(open_index: Open, seed: int) -> None:
    varied, index, cap = ValueGenerator(seed), open_index(), 5 if seed % 2 else 2_000
    people = world.newest(varied.person(f"p{varied.random.randrange(150)}", n) for n in range(200))
    offers = world.newest(varied.offer(f"o{varied.random.randrange(150)}", n) for n in range(200))
    for first in range(0, 200, 30):
        index.put(people[first : first + 30])
        index.put(offers[first : first + 30])
    for offer in offers[:25]:
        found, shared = index.people_for(offer, cap), world.boundless(people, offer)
        assert is_capped_to(names(found), world.reached(people, offer), shared, cap)
        assert found.complete == (len(shared) <= cap)
    for person in people[:25]:
        found_offers, shared = index.offers_for(person, cap), world.offers_boundless(offers, person)
        assert is_capped_to(names(found_offers), world.offers_near(offers, person), shared, cap)
        assert found_offers.complete == (len(shared) <= cap)


@pytest.mark.parametrize("place", [LYON, REUNION, Point(-16.5, 179.99), Point(89.9, -30.0), Point(0.0, -180.0)])
def test_a_limit_reaches_exactly_so_far(index: Index, place: Point) -> None:
    limits = [1, 5, 6, 10, 12, 15, 20, 25, 30, 49, 50, 51, 137, 200]
    around = {
        f"{limit}-{n}": _at(place, bearing, limit + margin)
        for limit in limits
        for n, (bearing, margin) in enumerate(product(range(0, 360, 15), (-0.01, 0.01)))
    }
    index.put([a_person(n, place=at, travel_limit_km=int(n.split("-")[0])) for n, at in around.items()])
    index.put([an_offer(n, place=at) for n, at in around.items()])
    away = {name: distance_km(place, at) for name, at in around.items()}
    reaching = {name for name, distance in away.items() if distance <= int(name.split("-")[0])}
    assert len(reaching) == 24 * len(limits)
    assert set(names(index.people_for(an_offer(place=place)))) == reaching
    for limit in limits:
        inside = {name for name, distance in away.items() if distance <= limit}
        assert set(names(index.offers_for(a_person(place=place, travel_limit_km=limit)))) == inside
        page = index.search_offers(SearchQuery(as_of=NOW, within=Circle(place, limit), page_size=1_000))
        assert {hit.id for hit in page.hits} == inside


def _at(place: Point, bearing: float, kilometres: float) -> Point:
    """Where one arrives; in three dimensions, so that poles and ±180 need no care."""
    latitude, longitude, turn = np.radians([place.latitude, place.longitude, bearing])
    up = np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])
    east = np.array([-np.sin(longitude), np.cos(longitude), 0.0])
    way = np.cos(turn) * np.cross(up, east) + np.sin(turn) * east
    x, y, z = np.cos(kilometres / 6371.0088) * up + np.sin(kilometres / 6371.0088) * way
    return Point(float(np.degrees(np.arcsin(z))), float(np.degrees(np.arctan2(y, x))))


def test_an_unknown_limit_counts_as_twenty_kilometres(index: Index) -> None:
    near, far = _at(LYON, 40, 19.9), _at(LYON, 40, 20.1)
    index.put([a_person("near", place=near, travel_limit_km=None), a_person("far", place=far)])
    index.put([a_person("far", place=far, travel_limit_km=None, version=9)])
    assert names(index.people_for(an_offer())) == ["near"]


def test_candidates_carry_their_distance(index: Index) -> None:
    index.put([a_person("near", place=_at(LYON, 10, 7.0), travel_limit_km=10)])
    index.put([a_person("lost", place=None, anywhere=True, past_occupations=frozenset({"F1610"}))])
    found = index.people_for(an_offer(occupation_code="F1610"))
    distances = dict(zip(names(found), found.distance_km.tolist(), strict=True))
    assert distances["near"] == pytest.approx(7.0)
    assert np.isnan(distances["lost"])


def test_found_rows_stay_what_they_were(index: Index) -> None:
    index.put([a_person(f"p{n}", travel_limit_km=30, version=1) for n in range(100)])
    found = index.people_for(an_offer())
    index.put([a_person(f"p{n}", travel_limit_km=5, version=2) for n in range(100)])
    index.remove_person("p7")
    assert set(names(found)) == {f"p{n}" for n in range(100)}
    assert set(found.columns.travel_limit[found.rows]) == {30}


# Search


def a_query(varied: ValueGenerator) -> SearchQuery:
    town = varied.random.choice(world.TOWNS)
    return SearchQuery(
        as_of=NOW,
        text=varied.random.choice(world.TEXTS),
        within=Circle(town, varied.random.choice((3.0, 30.0, 250.0, 9_000.0, 20_000.0)))
        if varied.chance(0.6)
        else None,
        include_remote=varied.chance(0.5),
        skills=varied.some(world.SKILLS, 3) if varied.chance(0.4) else frozenset(),
        occupations=varied.some(world.OCCUPATIONS, 2) if varied.chance(0.3) else frozenset(),
        kinds=frozenset({OfferKind.JOB}) if varied.chance(0.2) else frozenset(),
        green_grades=frozenset({"green", "none"}) if varied.chance(0.2) else frozenset(),
        contracts=frozenset({"permanent"}) if varied.chance(0.2) else frozenset(),
        page_size=varied.random.choice((1, 7, 100)),
        facets=True,
    )


@on_random_worlds
def test_offers_found_are_those_of_a_scan(open_index: Open, seed: int) -> None:
    varied, index = ValueGenerator(seed), open_index()
    offers = world.newest(varied.offer(f"o{varied.random.randrange(130)}", n) for n in range(180))
    for first in range(0, len(offers), 25):
        index.put(offers[first : first + 25])
    for _ in range(20):
        query = a_query(varied)
        expected = world.hits(offers, query)
        read = pages(lambda cursor, query=query: index.search_offers(replace(query, cursor=cursor)))
        found = [hit.id for page in read for hit in page.hits]
        assert sorted(found) == sorted(offer.id for offer in expected), query
        assert {page.total for page in read} == {len(expected)}
        assert read[0].facets == world.facets(expected)
        assert in_order([hit.score for page in read for hit in page.hits])


@on_random_worlds
def test_courses_found_are_those_of_a_scan(open_index: Open, seed: int) -> None:
    varied, index = ValueGenerator(seed), open_index()
    courses = [varied.course(f"c{n}") for n in range(90)]
    index.put(courses)
    for _ in range(20):
        asked = a_query(varied)
        shared = {name: getattr(asked, name) for name in ("text", "within", "include_remote", "skills", "occupations")}
        query = CourseQuery(**shared, funding=varied.some(("cpf", "region"), 1), page_size=asked.page_size, facets=True)
        expected = world.course_hits(courses, query)
        read = pages(lambda cursor, query=query: index.search_courses(replace(query, cursor=cursor)))
        assert sorted(hit.id for page in read for hit in page.hits) == sorted(c.id for c in expected), query
        assert {page.total for page in read} == {len(expected)}
        assert read[0].facets == world.course_facets(expected)


def in_order(scores: Sequence[float]) -> bool:
    return all(one >= next_one for one, next_one in pairwise(scores))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("eolienne", True),
        ("ÉOLIENNES", True),
        ("d’éolienne", True),
        ("l'eolienne", True),
        ("technicienne", True),
        ("technicien (H/F)", True),
        ("techniciennes éolien toits rhone", True),
        ("reparer une eolienne", True),
        ("couvreuse", True),
        ("e\u0301olienne", True),
        ("", True),
        ("de la", True),
        ("éolienne licorne", False),
        ("éolienne plombier", False),
        ("eol", False),
    ],
)
def test_words_are_met_as_french_readers_expect(index: Index, text: str, found: bool) -> None:
    offer = an_offer(title="Technicien(ne) d'éolienne (H/F)", description="Réparer, poser.", occupation_code="F1610")
    index.put([replace(offer, organisation_name="Toits du Rhône")])
    assert index.search_offers(SearchQuery(text, as_of=NOW)).total == found


def test_a_title_weighs_more_than_a_description(index: Index) -> None:
    index.put([an_offer(f"filler{n}", title="Autre", description="autre chose") for n in range(20)])
    index.put([an_offer("body", title="Autre chose", description="bardage"), an_offer("head", title="bardage autre")])
    page = index.search_offers(SearchQuery("bardage", as_of=NOW))
    assert [hit.id for hit in page.hits] == ["head", "body"]


def test_the_parts_of_a_hit_make_its_score(index: Index) -> None:
    index.put([ValueGenerator(seed).offer(f"o{seed}") for seed in range(60)])
    query = SearchQuery("toits", Circle(LYON, 300), True, frozenset({"s1", "s2", "s3", "s4"}), as_of=NOW)
    hits = index.search_offers(query).hits
    assert hits
    for hit in hits:
        assert set(hit.parts) == set(PART_WEIGHTS)
        assert all(0 <= value <= 1 for value in hit.parts.values())
        parts = {name: np.array([value]) for name, value in hit.parts.items()}
        assert hit.score == pytest.approx(float(relevance(parts, 1)[0]))


def test_nearer_and_newer_and_more_skills_come_first(index: Index) -> None:
    plain = an_offer(published_at=NOW - timedelta(days=9), required_skills=frozenset({"s1"}), wished_skills=frozenset())
    far = replace(plain, place=_at(LYON, 0, 20))
    index.put([replace(far, id="far"), replace(plain, id="near"), replace(plain, id="new", published_at=NOW)])
    index.put([replace(plain, id="both", required_skills=frozenset({"s1", "s2"}))])
    query = SearchQuery(as_of=NOW, within=Circle(LYON, 30), skills=frozenset({"s1", "s2"}))
    assert [hit.id for hit in index.search_offers(query).hits] == ["both", "new", "near", "far"]


@on_random_worlds
def test_no_row_is_lost_or_doubled_while_others_come_and_go(open_index: Open, seed: int) -> None:
    """What stays through all pages comes once, although IDF, lengths and numbers of rows move under the cursor."""
    varied, index = ValueGenerator(seed), open_index()
    stable = [varied.offer(f"stable{n}") for n in range(120)]
    leaving = [varied.offer(f"leaves{n}") for n in range(60)]
    index.put(stable + leaving)
    query = SearchQuery(
        varied.random.choice(("toits", "eolienne", "")), Circle(LYON, 20_000), True, as_of=NOW, page_size=9
    )
    seen: list[str] = []
    cursor, turn = "", 0
    while turn == 0 or cursor:
        page = index.search_offers(replace(query, cursor=cursor, as_of=NOW + timedelta(seconds=turn)))
        seen += [hit.id for hit in page.hits]
        cursor, turn = page.cursor, turn + 1
        index.put([varied.offer(f"comes{turn}-{n}") for n in range(12)])
        index.put([replace(one, version=2, searchable=False) for one in leaving[3 * turn : 3 * turn + 3]])
    lasting = [o for o in stable if o.expires_at is None or o.expires_at > NOW + timedelta(seconds=turn)]
    expected = {offer.id for offer in world.hits(lasting, query)}
    kept = [name for name in seen if name.startswith("stable")]
    assert len(seen) == len(set(seen))
    assert set(kept) >= expected


def test_rows_that_tie_are_paged_too(index: Index) -> None:
    index.put([an_offer(f"o{n}") for n in range(70)])
    found = every_id(lambda cursor: index.search_offers(SearchQuery(as_of=NOW, page_size=9, cursor=cursor)))
    assert sorted(found) == sorted(f"o{n}" for n in range(70))


@pytest.mark.parametrize("cursor", ["x", "W10", "é", "WzEsMiwzLDQsNSw2XQ", "bnVsbA"])
def test_a_forged_cursor_is_refused(index: Index, cursor: str) -> None:
    with pytest.raises(Refused):
        index.search_offers(SearchQuery(as_of=NOW, cursor=cursor))


def test_a_cursor_of_another_query_is_refused(index: Index) -> None:
    index.put([an_offer(f"o{n}") for n in range(3)])
    cursor = index.search_offers(SearchQuery(as_of=NOW, page_size=1)).cursor
    with pytest.raises(Refused):
        index.search_offers(SearchQuery("toit", as_of=NOW, page_size=1, cursor=cursor))


def test_a_ranking_orders_pages(index: Index) -> None:
    index.put([an_offer(f"o{n}", weekly_hours=n % 30) for n in range(90)])
    rerank: Rerank = lambda found: found.columns.weekly_hours[found.rows]  # noqa: E731 (a named function says no more)
    read = pages(lambda cursor: index.search_offers(SearchQuery(as_of=NOW, page_size=20, cursor=cursor), rerank))
    hours = [hit.score for page in read for hit in page.hits]
    assert hours == sorted((float(n % 30) for n in range(90)), reverse=True)
    assert {page.total for page in read} == {90}


def test_a_ranking_sees_only_the_most_relevant(index: Index) -> None:
    count = RERANKED + 50
    index.put([an_offer(f"o{n}", published_at=NOW - timedelta(hours=n)) for n in range(count)])
    asked: list[int] = []

    def rerank(found: Candidates[OfferColumns]) -> np.ndarray:
        asked.append(len(found.rows))
        return found.columns.published[found.rows] * -1.0

    page = index.search_offers(SearchQuery(as_of=NOW, page_size=1), rerank)
    assert (asked, page.total, page.hits[0].id) == ([RERANKED], count, f"o{RERANKED - 1}")
