"""A new offer meets everyone: candidates of the embedded index, then the kernel, beside the kernel over every row.

uv run python benchmarks/reverse_match.py [people] [offers]
"""

import sys
from dataclasses import replace
from time import process_time

import numpy as np
from search_engine import NOW, France, cpu_ms, embedded, report, report_updates

from services.common.values import Remote
from services.matching.domain import M1, Knowledge
from services.matching.index import TIERS_KM
from services.matching.kernel import Codes, score_people
from services.matching.values import AgeBand, HeldSkill, Offer, Person


def person(world: France, number: int, version: int = 1) -> Person:
    occupation, draw = world.occupation(), world.random
    skills = draw.sample(world.skills[occupation], 8)
    return Person(
        id=f"{number:032x}",
        version=version,
        age_band=draw.choice(list(AgeBand)),
        place=world.place(),
        travel_limit_km=draw.choices([None, *TIERS_KM], [20, 8, 15, 10, 20, 15, 10, 2])[0],
        anywhere=draw.random() < 0.03,
        wished_occupations=frozenset({occupation, world.occupation()}),
        past_occupations=frozenset({world.occupation()}),
        skills={code: HeldSkill(code, draw.random() < 0.3, (f"e{code}",)) for code in skills},
    )


def main(size: int = 20_000, offers: int = 100) -> None:
    world = France(seed=2)
    people = [person(world, number) for number in range(size)]
    knowledge = Knowledge(closeness=lambda one, other: float(one == other), idf=lambda code: 3.0)
    codes = Codes(knowledge)
    index = embedded(world, codes)
    before = process_time()
    for first in range(0, size, 1_000):
        index.put(people[first : first + 1_000])
    loaded = process_time() - before
    print(
        f"{size:,} people loaded in {loaded:.1f} s CPU ({loaded / size * 1e6:.0f} µs each), "
        f"{index.bytes()['people'] / size:.0f} bytes a row"
    )
    near = [replace(world.offer(number), remote=Remote.NONE) for number in range(offers)]
    remote = [replace(offer, remote=Remote.FULL) for offer in near]
    table, rows = codes.people(people), np.arange(size)

    def scan(offer: Offer) -> np.ndarray:
        return np.flatnonzero(score_people(offer, table, rows, codes, M1, NOW).matched)

    def match(offer: Offer) -> np.ndarray:
        found = index.people_for(offer)
        return found.rows[score_people(offer, found.columns, found.rows, codes, M1, NOW).matched]

    for offer in near:
        assert len(match(offer)) == len(scan(offer)), "the index loses or invents a match"
    floor = report("floor: the kernel over every person", cpu_ms(scan, near[:30]))
    report("candidates of an offer with a place", cpu_ms(index.people_for, near), floor)
    report("the same, scored", cpu_ms(match, near), floor)
    report("candidates of a remote offer (capped)", cpu_ms(index.people_for, remote), floor)
    report("the same, scored", cpu_ms(match, remote), floor)
    found = [len(index.people_for(offer).rows) for offer in near]
    print(f"candidates an offer: median {int(np.median(found)):,}, most {max(found):,} of {size:,}")
    updates = [person(world, world.random.randrange(size), version=2) for _ in range(max(offers, size // 3))]
    report_updates(lambda one: index.put([one]), updates)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
