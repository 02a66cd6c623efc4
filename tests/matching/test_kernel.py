"""The array kernel gives what the scalar formula gives, in both directions and for any choice of rows."""

from dataclasses import fields, replace
from datetime import timedelta
from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.values import Point
from services.matching.domain import M1, PARTS, Assessment, assess
from services.matching.kernel import Codes, OfferColumns, PeopleColumns, Scores, Vocabulary, score_offers, score_people
from services.matching.values import HeldSkill, Offer, Person
from tests.matching.pairs import KNOWLEDGE, NIMES, NOW, OCCUPATIONS, empty, offer, offers, people, person

Pairs = list[tuple[Person, Offer]]


def expected(pairs: Pairs) -> list[Assessment]:
    return [assess(one, other, M1, KNOWLEDGE, NOW) for one, other in pairs]


def same(scores: Scores, judged: list[Assessment]) -> None:
    gates = [sum(gate.passed << bit for bit, gate in enumerate(one.gates)) for one in judged]
    parts = np.array([[part.value for part in one.parts] for one in judged]).reshape(-1, len(PARTS))
    assert scores.gates.tolist() == gates
    np.testing.assert_allclose(scores.parts, parts, rtol=0, atol=1e-9)
    np.testing.assert_allclose(scores.score, [one.score for one in judged], rtol=0, atol=1e-9)
    assert scores.matched.tolist() == [one.matched for one in judged]


several = st.lists(people, min_size=1, max_size=6), st.lists(offers, min_size=1, max_size=6)


@settings(deadline=None)
@given(*several, st.data())
def test_both_directions_give_the_score_of_the_one_formula(some, others, data):
    codes = Codes(KNOWLEDGE)
    people_columns, offer_columns = codes.people(some), codes.offers(others)
    rows = data.draw(st.lists(st.integers(0, len(some) - 1), max_size=8))
    for other in others:
        scores = score_people(other, people_columns, np.array(rows, np.int64), codes, M1, NOW)
        same(scores, expected([(some[row], other) for row in rows]))
    rows = data.draw(st.lists(st.integers(0, len(others) - 1), max_size=8))
    for one in some:
        scores = score_offers(one, offer_columns, np.array(rows, np.int64), codes, M1, NOW)
        same(scores, expected([(one, others[row]) for row in rows]))


def test_the_subject_may_speak_of_codes_that_no_row_holds():
    codes = Codes(KNOWLEDGE)
    columns = codes.people([person(), empty(NIMES)])
    strange = offer(occupation_code="Z9999", required_skills=frozenset({"tailler", "unheard-of"}))
    same(
        score_people(strange, columns, np.arange(2), codes, M1, NOW),
        expected([(person(), strange), (empty(NIMES), strange)]),
    )
    assert codes.skills.get("unheard-of") == -1  # scoring never writes


def test_codes_that_arrive_later_are_known_to_the_next_score():
    codes = Codes(KNOWLEDGE)
    first = codes.people([person()])
    score_people(offer(), first, np.arange(1), codes, M1, NOW)
    late = person(wished_occupations=frozenset({"A1201"}), skills={"planter": HeldSkill("planter")})
    columns = codes.people([late])
    same(score_people(offer(), columns, np.arange(1), codes, M1, NOW), expected([(late, offer())]))
    same(score_people(offer(), first, np.arange(1), codes, M1, NOW), expected([(person(), offer())]))


def test_ragged_rows_may_lie_in_any_order_with_holes():
    codes = Codes(KNOWLEDGE)
    columns = codes.people([person(), person(skills={"planter": HeldSkill("planter", True)})])
    ragged = columns.skills
    moved = replace(
        columns,
        skills=replace(
            ragged,
            start=np.array([4, 1]),
            values=np.array([-7, ragged.values[2], -7, -7, *ragged.values[:2]], np.int32),
        ),
    )
    rows = np.arange(2)
    np.testing.assert_array_equal(
        score_people(offer(), moved, rows, codes, M1, NOW).score,
        score_people(offer(), columns, rows, codes, M1, NOW).score,
    )


@pytest.mark.parametrize("licences", [frozenset(), frozenset({"B"}), frozenset({"B", "permis D"})])
def test_a_set_of_licences_is_found_again_by_its_number(licences):
    codes = Codes(KNOWLEDGE)
    columns = codes.people([person(licences=frozenset({"C"})), person(licences=licences)])
    assert codes.licences_of(int(columns.licences[1])) == licences


def test_a_number_once_given_keeps_its_code():
    vocabulary = Vocabulary(["a", "b"])
    assert [vocabulary.add(code) for code in ("b", "c", "a", "c")] == [1, 2, 0, 2]
    assert vocabulary.codes == ["a", "b", "c"]


@pytest.mark.parametrize("columns", [PeopleColumns, OfferColumns])
def test_no_rows_no_scores(columns):
    codes = Codes(KNOWLEDGE)
    none = np.empty(0, np.int64)
    if columns is PeopleColumns:
        scores = score_people(offer(), codes.people([]), none, codes, M1, NOW)
    else:
        scores = score_offers(person(), codes.offers([]), none, codes, M1, NOW)
    assert [len(getattr(scores, field.name)) for field in fields(scores)] == [0, 0, 0, 0]


def test_ten_thousand_candidates_take_a_few_milliseconds():
    """Ten times the measured time is allowed: this guards the order of growth, the benchmark has the figure."""
    codes, draw = Codes(KNOWLEDGE), np.random.default_rng(7)
    crowd = [_somebody(number, draw) for number in range(2_000)]
    columns, rows = codes.people(crowd), np.tile(np.arange(2_000), 5)
    score_people(offer(), columns, rows, codes, M1, NOW)
    started = process_time()
    scores = score_people(offer(), columns, rows, codes, M1, NOW)
    spent = process_time() - started
    print(f"\n10,000 people for one offer: {spent * 1000:.1f} ms CPU")
    assert len(scores.score) == 10_000
    assert spent < 0.05


def _somebody(number: int, draw: np.random.Generator) -> Person:
    held = [f"skill-{code}" for code in draw.integers(0, 3_000, 12)] + ["tailler"]
    return person(
        id=str(number),
        place=Point(43.84 + draw.normal() / 5, 4.36 + draw.normal() / 5),
        skills={code: HeldSkill(code, bool(draw.integers(2))) for code in held},
        wished_occupations=frozenset(draw.choice(OCCUPATIONS, 2).tolist()),
        available_from=NOW.date() + timedelta(days=int(draw.integers(90))),
    )
