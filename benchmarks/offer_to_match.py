"""Offer posted → match readable by the person, under load: each offer through GraphQL, each match by the live stream.

uv run python benchmarks/offer_to_match.py [people] [seconds] [rate]
uv run python benchmarks/offer_to_match.py --engines [people] [seconds] [rate]

Prints p50 and p99 of both groupings of the processes, and how many matches were lost; with `--engines`, of a process
for each service on a Kafka, an Elasticsearch and a PostgreSQL of this run alone. The floor of the same run is one
GraphQL query that asks nothing of any service. Beside it stands what each process spent under the load.
"""

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import count

import numpy as np
from engines import private_engines, processes, settings
from idle import spending
from system import ONE_EACH, TOGETHER, Inbox, System, crowd, offer, polymath, running

WARM_SECONDS = 60.0
"""As much load before it is measured: the engines compile their code while they work."""

SEARCH = '{ offers(text: "vélo", near: { place: "Saint-Denis (93)", radiusKm: 30 }) { totalCount nodes { id title } } }'


def pace(seconds: float, rate: float, work: Callable[[int], None]) -> None:
    """Call `work(n)` at a steady rate, whatever each call takes."""
    start = time.monotonic()
    for number in range(int(seconds * rate)):
        pause = start + number / rate - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        work(number)


class Load:
    """Offers and searches at a steady rate, in two threads; when each offer was posted, and what each search took."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._numbers = count()
        self.posted: dict[str, float] = {}
        self.queries: list[float] = []

    def run(self, seconds: float, rate: float) -> None:
        workers = [threading.Thread(target=pace, args=(seconds, rate, work)) for work in (self._post, self._query)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _post(self, _: int) -> None:
        started = time.monotonic()
        self.posted[self._system.post([offer(next(self._numbers))])[0]] = started

    def _query(self, _: int) -> None:
        started = time.monotonic()
        self._system.partner.ask(SEARCH)
        self.queries.append(time.monotonic() - started)


def measure(system: System, servers: Mapping[str, Sequence[int]], people: int, seconds: float, rate: float) -> None:
    before = time.monotonic()
    system.put(crowd(people))
    (probe,) = system.put([polymath()])
    system.quiet()
    print(f"  {people:,} people brought in {time.monotonic() - before:.0f} s")
    load = Load(system)
    load.run(WARM_SECONDS, rate)
    system.quiet()
    load.posted.clear()
    load.queries.clear()
    inbox = Inbox(system, probe)
    floor: list[float] = []
    for _ in range(50):
        started = time.monotonic()
        system.operator.ask("{ __typename }")
        floor.append(time.monotonic() - started)
    pids = {name: [pid] for name, pid in system.supervisor.pids().items()} | dict(servers)
    started = time.monotonic()
    with spending(pids) as shares:
        load.run(seconds, rate)
    posted = load.posted
    print(f"  posted {len(posted) / (time.monotonic() - started):.1f} offers/s")
    until = time.monotonic() + 30
    while posted.keys() - inbox.arrived.keys() and time.monotonic() < until:
        time.sleep(0.05)
    lost = posted.keys() - inbox.arrived.keys()
    late = [(inbox.arrived[name] - when) * 1000 for name, when in posted.items() if name in inbox.arrived]
    base = float(np.median(floor)) * 1000
    print(f"  offers {len(posted)}, lost {len(lost)}; floor (empty query) p50 {base:.1f} ms")
    if late:
        say("posted → readable", late, base)
    say("search under that load", [value * 1000 for value in load.queries], base)
    print("  of a core: " + ", ".join(f"{name} {share:.0%}" for name, share in shares.items()))


def say(name: str, values: list[float], floor: float) -> None:
    p50, p99 = np.percentile(values, [50, 99])
    print(f"  {name:<24} p50 {p50:6.0f} ms ({p50 / floor:4.1f} × floor)   p99 {p99:6.0f} ms")


def main(people: int = 2000, seconds: float = 15, rate: float = 20) -> None:
    for name, shared in (("as `vivier up` runs them", ()), ("services in one process", TOGETHER)):
        print(f"{name}: {people:,} people, {rate:g} offers/s and {rate:g} queries/s for {seconds:g} s")
        with running(shared) as system:
            measure(system, {}, people, seconds, rate)


def main_on_engines(people: int = 2000, seconds: float = 15, rate: float = 20) -> None:
    print(f"on engines, a process each: {people:,} people, {rate:g} offers/s and {rate:g} queries/s for {seconds:g} s")
    with private_engines() as engines:
        at = settings({name: engine.address for name, engine in engines.items()})
        with running(ONE_EACH, at) as system:
            measure(system, processes(engines), people, seconds, rate)


if __name__ == "__main__":
    given = [word for word in sys.argv[1:] if word != "--engines"]
    chosen = main_on_engines if len(given) < len(sys.argv) - 1 else main
    chosen(*(kind(value) for kind, value in zip((int, float, float), given, strict=False)))
