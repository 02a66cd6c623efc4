"""The index on Elasticsearch: what an offer and a search cost this process, and take, beside the embedded index.

uv run vivier engines up elasticsearch
uv run python benchmarks/elastic_index.py [people] [offers] [queries]

Processor time is this process's alone: the server's is on top. The floor is the cheapest question to the server. The
first offers meet people that this process has never fetched ("cold"); later ones mostly people whom it remembers.
"""

import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter, process_time
from uuid import uuid4

import numpy as np
from reverse_match import person
from search_engine import NOW, France, embedded

from devtools.engines import running
from services.common.values import Remote
from services.matching import index_elastic
from services.matching.domain import M1, Knowledge
from services.matching.index import Index, SearchQuery
from services.matching.index_elastic import ElasticIndex
from services.matching.index_elastic.server import Deadline, Server
from services.matching.kernel import Codes, score_people
from services.matching.values import Offer, Value
from services.referential.france import LANGUAGE

BATCH = 1_000
KNOWLEDGE = Knowledge(closeness=lambda one, other: float(one == other), idf=lambda code: 3.0)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of the clock, and of this process's processors."""
    clock, cpu = perf_counter(), process_time()
    work()
    return (perf_counter() - clock) * 1_000, (process_time() - cpu) * 1_000


def report(name: str, times: Sequence[tuple[float, float]], peer: Sequence[tuple[float, float]] = ()) -> None:
    (middle, slow), (cpu, cpu_slow) = (np.percentile(column, [50, 99]) for column in zip(*times, strict=True))
    other = f"   embedded: p50 {np.percentile([clock for clock, _ in peer], 50):7.2f} ms" if peer else ""
    print(f"{name:<46} p50 {middle:7.1f}  p99 {slow:7.1f} ms   CPU here p50 {cpu:6.2f}  p99 {cpu_slow:6.2f} ms{other}")


@contextmanager
def on_elasticsearch(world: France, codes: Codes) -> Iterator[ElasticIndex]:
    """Empty, in a namespace of its own, gone afterwards."""
    address, namespace = running()["elasticsearch"], f"b{uuid4().hex[:8]}"
    index = ElasticIndex(address, namespace, 0, codes, LANGUAGE, lambda code: world.labels.get(code, ""))
    with index.rebuilding():
        pass
    try:
        yield index
    finally:
        kinds = ("offers", "people", "courses")
        names = ",".join(f"{namespace}-vivier-{kind}-000001" for kind in kinds)
        Server(address).request(Deadline(60), "DELETE", f"/{names}")


def load(index: Index, values: Sequence[Value]) -> str:
    clock, cpu = perf_counter(), process_time()
    for first in range(0, len(values), BATCH):
        index.put(values[first : first + BATCH])
    clock, cpu = perf_counter() - clock, process_time() - cpu
    return f"{len(values) / clock:,.0f} a second, {cpu / len(values) * 1e6:.0f} µs CPU here each"


def main(people: int = 20_000, offers: int = 20_000, queries: int = 200) -> None:
    world, codes, peer_codes = France(seed=2), Codes(KNOWLEDGE), Codes(KNOWLEDGE)
    crowd = [person(world, number) for number in range(people)]
    posted = [replace(world.offer(number), remote=Remote.NONE) for number in range(offers)]
    peer = embedded(world, peer_codes)
    peer.put(crowd)
    peer.put(posted)
    gc.freeze()  # what this script holds is not looked through while others work
    index_elastic.SEARCH_SECONDS = index_elastic.CANDIDATE_SECONDS = 60.0  # slow answers are measured, not refused
    with on_elasticsearch(world, codes) as index:
        print(f"{people:,} people: {load(index, crowd)}")
        print(f"{offers:,} offers: {load(index, posted)}")
        assert index.digest() == peer.digest()
        floor = Server(running()["elasticsearch"])
        cheapest = [timed(lambda: floor.request(Deadline(9), "GET", "/")) for _ in range(queries)]
        report("floor: the cheapest question", cheapest)
        candidates(world, index, codes, peer, peer_codes, queries)
        searches(world, index, peer, queries)


def candidates(world: France, index: ElasticIndex, codes: Codes, peer: Index, peer_codes: Codes, queries: int) -> None:
    asked = [replace(world.offer(10**6 + number), remote=Remote.NONE) for number in range(2 * queries)]

    def match(each: Index, numbers: Codes, offer: Offer) -> int:
        found = each.people_for(offer)
        return int(score_people(offer, found.columns, found.rows, numbers, M1, NOW).matched.sum())

    sizes = []
    for name, some in (("cold", asked[:queries]), ("warm", asked[queries:])):
        ours, theirs = [], []
        for offer in some:
            ours.append(timed(lambda offer=offer: match(index, codes, offer)))
            theirs.append(timed(lambda offer=offer: match(peer, peer_codes, offer)))
            assert match(index, codes, offer) == match(peer, peer_codes, offer)
            sizes.append(len(peer.people_for(offer).rows))
        report(f"offer → people, scored ({name})", ours, theirs)
    print(f"{'':<46} candidates: median {int(np.median(sizes)):,}, most {max(sizes):,}")

    def post(offer: Offer) -> None:
        index.put([offer])
        index.offer(offer.id)
        match(index, codes, offer)

    fresh = [replace(offer, id=f"new{number}") for number, offer in enumerate(asked[queries:])]
    ours = [timed(lambda offer=offer: post(offer)) for offer in fresh]
    report("the same with its put, as an event does it", ours)
    subjects = [person(world, number) for number in range(queries)]
    theirs = [timed(lambda one=one: peer.offers_for(one)) for one in subjects]
    report("person → offers", [timed(lambda one=one: index.offers_for(one)) for one in subjects], theirs)


def searches(world: France, index: ElasticIndex, peer: Index, queries: int) -> None:
    asked = [world.query() for _ in range(queries)]
    shapes: dict[str, Callable[[SearchQuery], SearchQuery]] = {
        "place and skills": lambda q: SearchQuery(as_of=q.as_of, within=q.within, skills=q.skills),
        "place, skills, text": lambda q: q,
        "place, skills, facets": lambda q: SearchQuery(as_of=q.as_of, within=q.within, skills=q.skills, facets=True),
        "text alone": lambda q: SearchQuery(q.text, as_of=q.as_of),
        "everything, newest first, facets": lambda q: SearchQuery(as_of=q.as_of, facets=True),
    }
    for name, shape in shapes.items():
        given = [shape(query) for query in asked]
        theirs = [timed(lambda query=query: peer.search_offers(query)) for query in given]
        report(f"search: {name}", [timed(lambda query=query: index.search_offers(query)) for query in given], theirs)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
