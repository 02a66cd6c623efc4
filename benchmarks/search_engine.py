"""Search of offers in the embedded index: CPU per query, beside a scan of every row with numpy in the same run.

uv run python benchmarks/search_engine.py [offers] [queries]
"""

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from time import process_time, thread_time
from typing import TypeVar

import numpy as np

from services.common.values import OfferKind, Point, Remote
from services.matching.domain import Knowledge
from services.matching.index import Circle, SearchQuery
from services.matching.index_embedded import EmbeddedIndex
from services.matching.kernel import Codes, kilometres
from services.matching.values import Offer
from services.referential.france import LANGUAGE

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TOWNS = (  # latitude, longitude, thousands of people around
    (48.86, 2.35, 10_800), (45.76, 4.84, 2_300), (43.30, 5.37, 1_870), (50.63, 3.06, 1_500), (43.60, 1.44, 1_450),
    (44.84, -0.58, 1_360), (47.22, -1.55, 1_000), (48.57, 7.75, 850), (43.61, 3.88, 800), (48.11, -1.68, 750),
    (43.70, 7.27, 620), (45.19, 5.72, 720), (49.44, 1.10, 700), (43.12, 5.93, 580), (47.32, 5.04, 390),
    (47.47, -0.55, 430), (48.69, 6.18, 510), (45.78, 3.09, 500), (47.90, 1.91, 450), (49.18, -0.37, 470),
    (-20.88, 55.45, 320), (16.24, -61.53, 250), (14.61, -61.07, 230), (4.92, -52.31, 150), (-12.78, 45.23, 200),
)  # fmt: skip
TOWN_WEIGHTS = list(accumulate(town[2] for town in TOWNS))
OCCUPATIONS = [f"{letter}{number}" for letter in "ABCDEFGHIJKLMN" for number in range(1101, 1140)]
SYLLABLES = ("ba", "co", "di", "fer", "gra", "lo", "mi", "nou", "pa", "ré", "sol", "tri", "zin", "tech", "élec", "ven")
T = TypeVar("T")


class France:
    """A seeded world: towns by size, occupations with their skills, words by rank."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.words = sorted({self._word() for _ in range(20_000)})
        self.random.shuffle(self.words)
        self.word_weights = list(accumulate(1 / (rank + 3) for rank in range(len(self.words))))
        self.skills = {
            code: [f"{skill}" for skill in self.random.sample(range(100_000, 105_000), 18)] for code in OCCUPATIONS
        }
        self.labels = {code: self.text(3) for code in OCCUPATIONS}

    def place(self) -> Point:
        if self.random.random() < 0.25:
            return Point(self.random.uniform(43.0, 50.5), self.random.uniform(-1.5, 7.0))
        town = self.random.choices(TOWNS, cum_weights=TOWN_WEIGHTS)[0]
        return Point(town[0] + self.random.gauss(0, 0.12), town[1] + self.random.gauss(0, 0.17))

    def occupation(self) -> str:
        return OCCUPATIONS[int(len(OCCUPATIONS) * self.random.random() ** 2)]

    def text(self, length: int) -> str:
        return " ".join(self.random.choices(self.words, cum_weights=self.word_weights, k=length))

    def offers(self, count: int) -> Iterator[Offer]:
        return (self.offer(number) for number in range(count))

    def offer(self, number: int, version: int = 1) -> Offer:
        occupation = self.occupation()
        skills = self.random.sample(self.skills[occupation], 7)
        return Offer(
            id=f"{number:032x}",
            version=version,
            organisation_id=f"{number % 5_000:032x}",
            organisation_name=self.text(2),
            kind=self.random.choice(list(OfferKind)),
            title=f"{self.labels[occupation]} {self.text(2)} (H/F)",
            description=self.text(self.random.randint(60, 180)),
            occupation_code=occupation,
            required_skills=frozenset(skills[:4]),
            wished_skills=frozenset(skills[4:]),
            place=self.place(),
            remote=Remote.FULL if self.random.random() < 0.03 else Remote.NONE,
            contract=self.random.choice(["permanent", "fixed_term", "temporary", "apprenticeship"]),
            weekly_hours=35,
            start_date=None,
            licences=frozenset(),
            minimum_age=0,
            green_grade=self.random.choice(["", "none", "brown", "strategic", "green"]),
            published_at=NOW - timedelta(seconds=self.random.randrange(60 * 86_400)),
            expires_at=None,
        )

    def query(self) -> SearchQuery:
        occupation = self.occupation()
        return SearchQuery(
            as_of=NOW,
            text=self.labels[occupation].rsplit(" ", 1)[0],
            within=Circle(self.place(), 30),
            skills=frozenset(self.skills[occupation][:8]),
        )

    def _word(self) -> str:
        return "".join(self.random.choices(SYLLABLES, k=self.random.randint(2, 4)))


def embedded(world: France, codes: Codes) -> EmbeddedIndex:
    return EmbeddedIndex(codes, LANGUAGE, lambda code: world.labels.get(code, ""))


def cpu_ms(work: Callable[[T], object], inputs: Sequence[T]) -> list[float]:
    spent = []
    for one in inputs:
        before = thread_time()
        work(one)
        spent.append((thread_time() - before) * 1_000)
    return spent


def report(name: str, spent: Sequence[float], floor: float | None = None) -> float:
    middle, slow = np.percentile(spent, [50, 99])
    ratio = "" if floor is None else f"   {middle / floor:5.2f} × the floor"
    print(f"{name:<44} p50 {middle:8.3f} ms   p99 {slow:8.3f} ms{ratio}")
    return float(middle)


def report_updates(put: Callable[[T], object], updates: Sequence[T]) -> None:
    """The writer's own time, and beside it all CPU of the process: long tails are merged in another thread."""
    before = process_time()
    spent = cpu_ms(put, updates)
    mean = (process_time() - before) * 1_000 / len(updates)
    report("one update, visible", spent)
    print(f"{'':<44} longest {max(spent):4.1f} ms   mean with merges {mean:6.3f} ms")


def scan(
    latitudes: np.ndarray, longitudes: np.ndarray, skills: np.ndarray, query: SearchQuery, numbers: dict[str, int]
):
    """The floor: distance and shared skills of every row, then the best twenty; no text, no facets, no paging."""
    distance = kilometres(query.within.center, latitudes, longitudes)
    shared = np.isin(skills, [numbers[code] for code in query.skills if code in numbers]).sum(axis=1)
    rows = np.flatnonzero((distance <= query.within.radius_km) & (shared > 0))
    return rows[np.argsort(-shared[rows] + distance[rows] / 30)[:20]]


def main(size: int = 20_000, queries: int = 200) -> None:
    world = France(seed=1)
    offers = list(world.offers(size))
    knowledge = Knowledge(closeness=lambda one, other: float(one == other), idf=lambda code: 3.0)
    index = embedded(world, Codes(knowledge))
    before = process_time()
    for first in range(0, size, 1_000):
        index.put(offers[first : first + 1_000])
    loaded = process_time() - before
    print(f"{size:,} offers loaded in {loaded:.1f} s CPU ({loaded / size * 1e6:.0f} µs each), "
          f"{index.bytes()['offers'] / size:.0f} bytes a row")  # fmt: skip

    asked = [world.query() for _ in range(queries)]
    numbers: dict[str, int] = {}
    number = numbers.setdefault
    skills = np.array(
        [[number(c, len(numbers)) for c in o.required_skills | o.wished_skills] for o in offers], np.int32
    )
    latitudes, longitudes = (np.array([getattr(o.place, axis) for o in offers]) for axis in ("latitude", "longitude"))
    floor = report("floor: numpy over every row, no text", cpu_ms(
        lambda query: scan(latitudes, longitudes, skills, query, numbers), asked))  # fmt: skip
    shapes = {
        "place and skills": lambda q: SearchQuery(as_of=q.as_of, within=q.within, skills=q.skills),
        "place, skills and text": lambda q: q,
        "place and text": lambda q: SearchQuery(q.text, as_of=q.as_of, within=q.within),
        "text alone": lambda q: SearchQuery(q.text, as_of=q.as_of),
        "place, skills and facets": lambda q: SearchQuery(as_of=q.as_of, within=q.within, skills=q.skills, facets=True),
        "everything, newest first, facets": lambda q: SearchQuery(as_of=q.as_of, facets=True),
    }
    for name, shape in shapes.items():
        report(name, cpu_ms(index.search_offers, [shape(query) for query in asked]), floor)
    updates = [world.offer(world.random.randrange(size), version=2) for _ in range(max(queries, size // 3))]
    report_updates(lambda offer: index.put([offer]), updates)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
