"""What only the embedded index can be asked: its scores, its merges, its readers beside a writer."""

import math
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.common.values import Point, Remote
from services.matching.domain import M1, distance_km
from services.matching.index import (
    Circle,
    SearchQuery,
    distance_part,
    freshness_part,
    relevance,
    skills_part,
    text_part,
)
from services.matching.index_embedded import EmbeddedIndex, column_store
from services.matching.index_embedded.views import Statistics
from services.matching.index_shared.paging import K1, B
from services.matching.index_shared.records import mark
from services.matching.kernel import Codes, score_offers, score_people
from services.matching.values import Offer
from services.referential.france import LANGUAGE
from tests.matching import index_world as world
from tests.matching.index_world import KNOWLEDGE, LYON, NOW, ValueGenerator

seeds = st.integers(0, 10**9)


@pytest.fixture(params=["merged at once", "merged beside the writer"])
def merging(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "merged beside the writer":
        monkeypatch.setattr(column_store, "QUICK", 0)


def embedded() -> EmbeddedIndex:
    return EmbeddedIndex(Codes(KNOWLEDGE), LANGUAGE, world.label)


def bag(offer: Offer) -> tuple[Counter[str], int]:
    texts = (
        (offer.title, 4),
        (world.label(offer.occupation_code or ""), 3),
        (offer.organisation_name, 2),
        (offer.description, 1),
    )
    counted: Counter[str] = Counter()
    length = 0
    for text, weight in texts:
        stems = [word.stem for word in LANGUAGE.words(text) if word.surface not in ("h", "f", "x")]
        length += len(stems)
        counted.update({stem: weight * count for stem, count in Counter(stems).items()})
    return counted, length


class Scorer:
    """The published relevance, one offer at a time, with the statistics that the index had when it last published."""

    def __init__(self, published: Sequence[Offer], query: SearchQuery) -> None:
        bags = [bag(offer) for offer in published]
        self.query = query
        self.stems = list(dict.fromkeys(word.stem for word in LANGUAGE.words(query.text)))
        self.average = max(sum(length for _, length in bags) / len(bags), 1.0) if bags else 1.0
        holders = [sum(stem in counted for counted, _ in bags) for stem in self.stems]
        self.idf = [math.log1p((len(bags) - held + 0.5) / (held + 0.5)) for held in holders]

    def __call__(self, offer: Offer) -> float:
        query, parts = self.query, {}
        if self.stems:
            parts["text"] = text_part(np.array([self._bm25(offer)]))
        if query.within:
            distance = distance_km(query.within.center, offer.place) if offer.place else math.nan
            parts["distance"] = distance_part(np.array([distance]), query.within.radius_km)
        if query.skills:
            shared = len(query.skills & (offer.required_skills | offer.wished_skills))
            parts["skills"] = skills_part(np.array([shared]), len(query.skills))
        parts["freshness"] = freshness_part(np.array([(query.as_of - offer.published_at).total_seconds() / 86_400]))
        return float(relevance(parts, 1)[0])

    def _bm25(self, offer: Offer) -> float:
        counted, length = bag(offer)
        norm = K1 * (1 - B + B * length / self.average)
        return sum(i * counted[s] * (K1 + 1) / (counted[s] + norm) for s, i in zip(self.stems, self.idf, strict=True))


@settings(max_examples=8, deadline=None)
@given(seed=seeds)
def test_the_top_twenty_are_those_of_a_full_scan(seed: int) -> None:
    varied, index = ValueGenerator(seed), embedded()
    first = [varied.offer(f"o{n}") for n in range(column_store.SHORTEST_TAIL + 1 + varied.random.randrange(100))]
    late = [varied.offer(f"late{n}") for n in range(10)]
    index.put(first)  # one batch longer than the longest tail: merged, and so published
    index.put(late)
    for _ in range(10):
        query = SearchQuery(
            as_of=NOW,
            text=varied.random.choice(world.TEXTS),
            within=Circle(LYON, 300) if varied.chance(0.5) else None,
            include_remote=varied.chance(0.5),
            skills=varied.some(world.SKILLS, 4),
        )
        score = Scorer(first, query)
        best = sorted(world.hits(first + late, query), key=lambda offer: (-score(offer), mark(offer.id)))[:20]
        hits = index.search_offers(query).hits
        assert [hit.score for hit in hits] == pytest.approx([score(offer) for offer in best], abs=2e-9)
        near_ties = {round(score(offer), 8) for offer in best}
        if len(near_ties) == len(best):
            assert [hit.id for hit in hits] == [offer.id for offer in best]


def test_rare_words_weigh_more() -> None:
    holders = np.array([90, 3], np.int64)
    statistics = Statistics(100, 10.0, holders)
    assert statistics.idf(2) > statistics.idf(1) > statistics.idf(0) > 0


@pytest.mark.usefixtures("merging")
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=seeds)
def test_an_index_of_many_small_writes_equals_one_written_at_once(seed: int) -> None:
    varied, slow, fast = ValueGenerator(seed), embedded(), embedded()
    history = [varied.offer(f"o{varied.random.randrange(150)}", version) for version in range(400)]
    people = [varied.person(f"p{varied.random.randrange(150)}", version) for version in range(400)]
    gone = {f"p{varied.random.randrange(150)}" for _ in range(40)}
    for number, (offer, person) in enumerate(zip(history, people, strict=True)):
        slow.put([person])
        if number == 300:
            for name in gone:
                slow.remove_person(name)
        slow.put([offer])
    kept = world.newest(history)
    fast.put(kept)
    fast.put(world.newest(p for n, p in enumerate(people) if n > 300 or p.id not in gone))
    assert slow.digest() == fast.digest()
    assert slow.counts() == fast.counts()
    for text in world.TEXTS:
        query = SearchQuery(text, as_of=NOW, facets=True, page_size=300)
        one, other = slow.search_offers(query), fast.search_offers(query)
        assert {hit.id for hit in one.hits} == {hit.id for hit in other.hits} == {o.id for o in world.hits(kept, query)}
        assert one.facets == other.facets
    for offer in kept:
        assert slow.offer(offer.id) == replace(offer, description="")


def test_the_kernel_scores_rows_where_they_lie() -> None:
    varied, codes = ValueGenerator(4), Codes(KNOWLEDGE)
    index = EmbeddedIndex(codes, LANGUAGE, world.label)
    people = {f"p{n}": varied.person(f"p{n}") for n in range(150)}
    offers = {f"o{n}": varied.offer(f"o{n}") for n in range(150)}
    index.put(list(people.values()))
    index.put(list(offers.values()))
    for offer in list(offers.values())[:25]:
        found = index.people_for(offer)
        got = score_people(offer, found.columns, found.rows, codes, M1, NOW).score
        subjects = [people[found.name(int(row))] for row in found.rows]
        alone = [_alone(offer, person, codes) for person in subjects]
        assert got.tolist() == pytest.approx(alone, abs=1e-12)
    for person in list(people.values())[:25]:
        found_offers = index.offers_for(person)
        assert len(score_offers(person, found_offers.columns, found_offers.rows, codes, M1, NOW).score) == len(
            found_offers.rows
        )


def _alone(offer: Offer, person: Any, codes: Codes) -> float:
    return float(score_people(offer, codes.people([person]), np.array([0]), codes, M1, NOW).score[0])


@pytest.mark.usefixtures("merging")
def test_readers_see_whole_states_while_a_writer_works() -> None:
    """Offers change town all together, one batch a round: a reader finds all in one town, or all in the other."""
    index, towns = embedded(), (LYON, Point(48.86, 2.35))
    plain = replace(
        ValueGenerator(1).offer("o"), remote=Remote.NONE, searchable=True, matchable=True, expires_at=None, title="toit"
    )
    names = [f"o{n}" for n in range(60)]
    index.put([replace(plain, id=name, version=0, place=LYON) for name in names])
    stop, wrong = threading.Event(), list[str]()

    def read() -> None:
        near = [SearchQuery("toit", Circle(town, 30), as_of=NOW, facets=True, page_size=100) for town in towns]
        everywhere = SearchQuery("toit", Circle(LYON, 20_000), as_of=NOW, page_size=100)
        while not stop.is_set() and not wrong:
            page = index.search_offers(everywhere)
            distances = {round(hit.distance_km or 0) for hit in page.hits}
            if page.total != 60 or len(distances) != 1:
                wrong.append(f"{page.total} offers at {distances} km")
            for query in near:
                page = index.search_offers(query)
                if page.total not in (0, 60) or sum(count for _, count in page.facets["kind"]) != page.total:
                    wrong.append(f"{page.total} offers near")
            if (one := index.offer("o7")) is None or one.title != "toit":
                wrong.append("an offer was gone for a moment")

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        for version in range(1, 40):
            index.put([replace(plain, id=name, version=version, place=towns[version % 2]) for name in names])
        stop.set()
        for reader in readers:
            reader.result()
    assert wrong == []


@pytest.mark.usefixtures("merging")
def test_writers_take_turns() -> None:
    index = embedded()
    varied = ValueGenerator(3)
    batches = [[varied.person(f"p{worker}-{n}") for n in range(80)] for worker in range(4)]

    def write(people: list[Any]) -> None:
        for person in people:
            index.put([person])

    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(write, batches):
            pass
    assert index.counts().people == 320
    assert all(index.person(person.id) == person for batch in batches for person in batch)


def test_updates_do_not_pile_up() -> None:
    """Ten versions of everything take no more room than two of them."""
    varied, index = ValueGenerator(5), embedded()
    offers = [varied.offer(f"o{n}") for n in range(400)]
    index.put(offers)
    once = index.bytes()["offers"]
    for version in range(2, 12):
        index.put([replace(offer, version=version) for offer in offers])
    assert index.bytes()["offers"] < 2.6 * once
    assert index.counts().offers == 400
