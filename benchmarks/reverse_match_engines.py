"""A new offer meets everyone on servers: our index on Elasticsearch beside its percolator, with the same people.

uv run python benchmarks/reverse_match_engines.py [people] [offers]

Asked of both: who reaches the offer and shares at least two skills with it. Ours asks the people, a branch for each
travel limit. The percolator keeps a stored query for each person and asks which of them the offer fits: by a script, by
`minimum_should_match` (its best form), and by the same among those whom a first look at the place leaves over. Each has
a server of this run alone, with the same Java settings and one shard; all answer every offer with the same people, or
the program ends. `people_for` is the adapter's own call, with columns ready to be scored and nobody left out for lack
of shared skills: more than the others give.

Needs `vivier engines up` once, which fetches the servers. Above 200,000 people the script is left out.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import orjson
from engines import Elasticsearch, addresses, private
from peers import Percolator
from reverse_match import person
from search_engine import France

from services.common.values import Remote
from services.matching.domain import Knowledge
from services.matching.index import DEFAULT_LIMIT_KM, TIERS_KM, IndexUnavailable
from services.matching.index_elastic import ElasticIndex
from services.matching.index_elastic.documents import signed
from services.matching.index_elastic.mappings import FIELDS, alias_of
from services.matching.index_elastic.queries import Clause, around, either, every, having
from services.matching.index_shared.records import content_of, record_of
from services.matching.kernel import Codes, kilometres
from services.matching.values import Offer, Person
from services.referential.france import LANGUAGE

SHARED = 2
WINDOW = 100_000
BATCH = 2_000
MOST_SCRIPTS = 200_000
SCRIPTS = 3
WARM = 20
ONLY = {"size": WINDOW, "sort": ["content"], "stored_fields": "_none_", "track_total_hits": False}
SCRIPT = f"int n = 0; for (String s : doc['skills']) {{ if (params.skills.contains(s)) n++; }} return n >= {SHARED};"
PEER_FIELDS = {
    "content": {"type": "long"},
    "tier": {"type": "byte", "doc_values": False},
    "anywhere": FIELDS["people"]["anywhere"],
    "home": {"type": "geo_point"},
    "scripted": {"type": "percolator"},
    "counted": {"type": "percolator"},
    "place": {"type": "geo_point"},  # of the offer, as is what follows
    "skills": {"type": "keyword"},
}
Ask = Callable[[Offer], set[int]]


class Server:
    """One connection, kept."""

    def __init__(self, address: str) -> None:
        self._http = httpx.Client(base_url=address, timeout=300)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        lines = isinstance(body, bytes)
        content = body if lines else None if body is None else orjson.dumps(body)
        kind = "application/x-ndjson" if lines else "application/json"
        answer = self._http.request(method, path, content=content, headers={"content-type": kind})
        if answer.is_error:
            raise RuntimeError(answer.text[:2000])
        return orjson.loads(answer.content)

    def contents(self, index: str, query: Clause) -> set[int]:
        found = self.ask("POST", f"/{index}/_search?filter_path=hits.hits.sort", {"query": query, **ONLY})
        hits = found.get("hits", {}).get("hits", [])
        assert len(hits) < WINDOW, "more are found than one answer holds"
        return {hit["sort"][0] for hit in hits}


def limit_of(one: Person) -> int:
    return DEFAULT_LIMIT_KM if one.travel_limit_km is None else one.travel_limit_km


def content(one: Person) -> int:
    return signed(content_of(one, record_of(one)))


def skills_of(offer: Offer) -> list[str]:
    return sorted(offer.required_skills | offer.wished_skills)


def shares(codes: Sequence[str]) -> Clause:
    return {"bool": {"should": [having("skills", code) for code in codes], "minimum_should_match": SHARED}}


def near(offer: Offer, place: str) -> Clause:
    """Those who may reach it: the condition of both servers, so that their answers are the same to the metre."""
    tiers = (every(having("tier", n), around(place, offer.place, limit)) for n, limit in enumerate(TIERS_KM))
    return either(having("anywhere", True), *tiers)


def stored(one: Person, scripts: bool) -> dict[str, Any]:
    """A person as the percolator keeps them."""
    reach = [] if one.anywhere else [around("place", one.place, limit_of(one))]
    codes = sorted(one.skills or ())
    script = {"script": {"script": {"source": SCRIPT, "params": {"skills": codes}}}}
    return {
        "content": content(one),
        "tier": TIERS_KM.index(limit_of(one)),
        "anywhere": one.anywhere,
        "home": {"lat": one.place.latitude, "lon": one.place.longitude},
        "counted": every(*reach, shares(codes)),
        **({"scripted": every(*reach, script)} if scripts else {}),
    }


def percolated(field: str, offer: Offer) -> Clause:
    place = {"lat": offer.place.latitude, "lon": offer.place.longitude}
    return {"percolate": {"field": field, "document": {"place": place, "skills": skills_of(offer)}}}


def in_batches(people: Sequence[Person], what: str) -> Iterator[Sequence[Person]]:
    started = time.monotonic()
    for first in range(0, len(people), BATCH):
        yield people[first : first + BATCH]
        if sys.stdout.isatty():
            print(f"\r{what}: {first:,}", end="")
    took = time.monotonic() - started
    print(f"\r{what}: {len(people):,} in {took:.0f} s, {len(people) / took:,.0f} a second")


def fill_ours(index: ElasticIndex, people: Sequence[Person]) -> None:
    with index.rebuilding() as contents:
        for some in in_batches(people, "people into our index"):
            contents.put(some)


def fill_peer(peer: Server, people: Sequence[Person], scripts: bool) -> None:
    shape = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1", "max_result_window": WINDOW}
    mappings = {"dynamic": "strict", "_source": {"enabled": False}, "properties": PEER_FIELDS}
    peer.ask("PUT", "/people", {"settings": shape, "mappings": mappings})
    for some in in_batches(people, "stored queries"):
        lines = b"".join(b'{"index":{}}\n' + orjson.dumps(stored(one, scripts)) + b"\n" for one in some)
        answer = peer.ask("POST", "/people/_bulk", lines)
        assert not answer["errors"], answer["items"][:1]
    peer.ask("POST", "/people/_refresh")


class Ours:
    """The candidate query as ids alone, and the adapter's own call; each with the condition on skills."""

    def __init__(self, address: str, people: Sequence[Person]) -> None:
        knowledge = Knowledge(closeness=lambda one, other: float(one == other), idf=lambda code: 3.0)
        self._index = ElasticIndex(address, "", 0, Codes(knowledge), LANGUAGE, lambda code: code)
        fill_ours(self._index, people)
        self._alias = alias_of("", "people")
        self._server = Server(address)
        self._server.ask("PUT", f"/{self._alias}/_settings", {"index": {"max_result_window": WINDOW}})
        self._people = {one.id: one for one in people}
        self._by_content = {content(one): one for one in people}
        self.found: list[int] = []

    def ids(self, offer: Offer) -> set[int]:
        return self._server.contents(
            self._alias, every(having("matchable", True), near(offer, "place"), shares(skills_of(offer)))
        )

    def candidates(self, offer: Offer) -> list[str]:
        """Asked again where a busy machine makes the server too slow for the adapter; the time counts."""
        found = None
        while found is None:
            with suppress(IndexUnavailable):
                found = self._index.people_for(offer)
        self.found.append(len(found.rows))
        return [found.name(row) for row in found.rows]

    def check(self, offer: Offer, names: Sequence[str], ids: set[int]) -> None:
        """What the exact call finds, once skills are asked for too, differs only by the rim of the circles."""
        known = [self._people[name] for name in names]
        exact = {content(one): one for one in known if len(set(skills_of(offer)) & (one.skills or {}).keys()) >= SHARED}
        assert exact.keys() <= ids, "the server's answer lacks somebody"
        for left in ids - exact.keys():
            one = self._by_content[left]
            away = kilometres(offer.place, np.array([one.place.latitude]), np.array([one.place.longitude]))[0]
            assert not one.anywhere, "somebody who goes anywhere is lost"
            assert limit_of(one) < away < limit_of(one) + 0.2, "somebody within reach is lost"


def timed(ask: Callable[[Offer], Any], offer: Offer, spent: list[float]) -> Any:
    started = time.perf_counter()
    answer = ask(offer)
    spent.append((time.perf_counter() - started) * 1000)
    return answer


def compare(ours: Ours, forms: dict[str, Ask], offers: Sequence[Offer]) -> dict[str, list[float]]:
    """All in turn for each offer, checked; a form that is slow meets the first few only."""
    spent: dict[str, list[float]] = {name: [] for name in ("ids", "people_for", *forms)}
    for number, offer in enumerate(offers):
        ids = timed(ours.ids, offer, spent["ids"])
        ours.check(offer, timed(ours.candidates, offer, spent["people_for"]), ids)
        for name, ask in forms.items():
            if name != "script" or number < SCRIPTS:
                assert timed(ask, offer, spent[name]) == ids, f"the percolator by {name} finds others"
        if sys.stdout.isatty():
            print(f"\roffer {number + 1}", end="")
    print(f"\r{len(offers)} offers: the same people in every form")
    return spent


def say(spent: dict[str, list[float]]) -> None:
    best = np.percentile(spent["minimum_should_match"], [50, 99])
    for name, values in spent.items():
        p50, p99 = np.percentile(values, [50, 99])
        ratio = f"{best[0] / p50:7.3g} × and {best[1] / p99:7.3g} × as fast as minimum_should_match"
        print(f"{name:<24} p50 {p50:8.1f} ms   p99 {p99:8.1f} ms   {ratio}   ({len(values)} offers)")


def main(size: int = 100_000, offers: int = 200) -> None:
    addresses()
    world = France(seed=2)
    people = [person(world, number) for number in range(size)]
    near_ones = [replace(world.offer(number), remote=Remote.NONE) for number in range(offers + WARM)]
    scripts = size <= MOST_SCRIPTS
    with private(Elasticsearch) as server, private(Percolator) as peer:
        ours, stored_queries = Ours(server.address, people), Server(peer.address)
        fill_peer(stored_queries, people, scripts)

        def by(field: str, *more: Callable[[Offer], Clause]) -> Ask:
            def ask(offer: Offer) -> set[int]:
                return stored_queries.contents(
                    "people", every(*(each(offer) for each in more), percolated(field, offer))
                )

            return ask

        forms = {
            "minimum_should_match": by("counted"),
            "the same, place first": by("counted", lambda offer: near(offer, "home")),
            **({"script": by("scripted")} if scripts else {}),
        }
        compare(ours, {name: ask for name, ask in forms.items() if name != "script"}, near_ones[:WARM])
        ours.found.clear()
        say(compare(ours, forms, near_ones[WARM:]))
        print(f"candidates of `people_for`: median {int(np.median(ours.found)):,} of {size:,}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
