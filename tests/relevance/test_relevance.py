"""How well the formula orders what people judged. Run with -s to read the table."""

from dataclasses import replace
from math import log2

import pytest

from services.matching.domain import M1, Assessment, assess
from services.matching.kernel import Codes, score_offers, score_people
from services.matching.values import Offer, Person

FLOOR_FOR_PEOPLE = 0.90
FLOOR_FOR_OFFERS = 0.90


def ndcg(found: list[int], judged: list[int]) -> float:
    """Of the first ten, against the best order there is."""

    def gain(grades: list[int]) -> float:
        return sum((2**grade - 1) / log2(rank + 2) for rank, grade in enumerate(grades[:10]))

    return gain(found) / gain(sorted(judged, reverse=True))


def ranked(pairs: list[Assessment]) -> list[Assessment]:
    """What passes the gates, best first; as it would be listed without the threshold."""
    return sorted((p for p in pairs if all(g.passed for g in p.gates)), key=lambda p: (-p.score, p.offer_id, p.person_id))


@pytest.fixture(scope="module")
def assessed(people, offers, knowledge, now) -> dict[tuple[str, str], Assessment]:
    return {(p.id, o.id): assess(p, o, M1, knowledge, now) for p in people for o in offers}


def test_ndcg_of_the_offers_of_each_person(people, offers, grades, cases, assessed):
    values = {}
    for person in people:
        judged = grades[person.id]
        found = ranked([assessed[person.id, offer.id] for offer in offers])
        values[person.id] = ndcg([judged.get(pair.offer_id, 0) for pair in found], list(judged.values()))
        first = " ".join(f"{pair.offer_id}:{judged.get(pair.offer_id, 0)}({pair.score:.2f})" for pair in found[:6])
        print(f"\n{values[person.id]:.3f}  {cases[person.id]:32} {first}", end="")
    mean = sum(values.values()) / len(values)
    print(f"\nnDCG@10 of offers for people: {mean:.3f}")
    assert mean >= FLOOR_FOR_PEOPLE


def test_ndcg_of_the_people_of_each_offer(people, offers, grades, assessed):
    values = []
    for offer in offers:
        judged = {person.id: grades[person.id].get(offer.id, 0) for person in people}
        if any(judged.values()):
            found = ranked([assessed[person.id, offer.id] for person in people])
            values.append(ndcg([judged[pair.person_id] for pair in found], list(judged.values())))
    mean = sum(values) / len(values)
    print(f"\nnDCG@10 of people for {len(values)} offers: {mean:.3f}")
    assert mean >= FLOOR_FOR_OFFERS
