"""Search through GraphQL: place, skills and words, the top 20 with employer, match and explanation.

uv run python benchmarks/search_api.py [offers] [queries]

Prints wall time and the CPU that each process spent per query, beside the floor: a query that asks no service.
"""

import random
import sys
import time
from collections.abc import Callable

import numpy as np
from idle import spent
from system import System, polymath, running

from services.cli.demo.texts import TOWNS, TRADES

QUERY = """query($place: String!, $text: String!, $skills: [String!], $person: ID) {
  offers(text: $text, near: { place: $place, radiusKm: 50 }, skills: $skills, forPerson: $person, first: 20) {
    totalCount
    nodes { id title place { label } organisation { name verified }
      match { score matched parts { name weight value known reasons { code text } } missingSkills { label } } } } }"""


def offers(size: int) -> list[dict[str, object]]:
    dice = random.Random(3)
    made = []
    for number in range(size):
        trade = dice.choice(TRADES)
        made.append(
            {
                "externalId": f"n{number}",
                "kind": "JOB",
                "title": trade.title,
                "description": trade.mission,
                "occupation": {"code": trade.code},
                "skills": [{"code": code, "required": True} for code in trade.required],
                "place": {"communeCode": dice.choice(TOWNS)},
                "weeklyHours": 35.0,
            }
        )
    return made


def each(times: int, ask: Callable[[], object]) -> list[float]:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def load(system: System, size: int) -> None:
    before = time.monotonic()
    every = offers(size)
    for start in range(0, size, 100):
        system.post(every[start : start + 100])
    posted = time.monotonic() - before
    system.quiet(600)
    print(f"{size:,} offers: acknowledged in {posted:.0f} s, searchable after {time.monotonic() - before:.0f} s")


def main(size: int = 5_000, queries: int = 100) -> None:
    dice = random.Random(5)
    with running() as system:
        (person,) = system.put([polymath()])
        load(system, size)

        def search() -> object:
            trade = dice.choice(TRADES)
            asked = {"place": "Saint-Denis (93)", "text": trade.title.split(" ")[0], "skills": list(trade.required)}
            return system.partner.ask(QUERY, {**asked, "person": person})

        each(10, search)
        floor = each(queries, lambda: system.partner.ask("{ __typename }"))
        pids = system.supervisor.pids()
        before = {pid: spent(pid) for pid in pids.values()}
        taken = each(queries, search)
        base = float(np.median(floor))
        p50, p99 = np.percentile(taken, [50, 99])
        print(f"search p50 {p50:.1f} ms ({p50 / base:.1f} × floor)   p99 {p99:.1f} ms   floor p50 {base:.1f} ms")
        for name, pid in pids.items():
            print(f"  CPU of the process of {name:<14} {(spent(pid) - before[pid]) / queries * 1000:5.1f} ms a query")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
