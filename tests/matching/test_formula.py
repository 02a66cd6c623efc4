"""What the formula promises, whoever the person and whatever the offer."""

import re
from dataclasses import fields, replace
from datetime import timedelta
from math import ceil

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.common.values import OfferKind, Point, Remote
from services.matching import domain
from services.matching.domain import GATES, M1, PARTS, Assessment, Code, assess, distance_km
from services.matching.values import HeldSkill, Offer, Person
from tests.matching.pairs import (
    KNOWLEDGE,
    NIMES,
    NOW,
    OCCUPATIONS,
    UZES,
    closeness,
    empty,
    no_deadline,
    offer,
    offers,
    people,
    person,
)

ROUNDING = 1e-12


def judge(one: Person, other: Offer) -> Assessment:
    return assess(one, other, M1, KNOWLEDGE, NOW)


def never_lower(before: Person, after: Person, other: Offer) -> None:
    assert judge(after, other).score >= judge(before, other).score - ROUNDING


# Guarantees


@no_deadline
@given(people, offers, st.data())
def test_adding_a_skill_that_the_offer_asks_never_lowers(one, other, data):
    asked = sorted(other.required_skills | other.wished_skills)
    assume(asked)
    code = data.draw(st.sampled_from(asked))
    assume(code not in (one.skills or {}))
    held = HeldSkill(code, data.draw(st.booleans()))
    never_lower(one, replace(one, skills={**(one.skills or {}), code: held}), other)


@no_deadline
@given(people, offers, st.data())
def test_confirming_never_lowers(one, other, data):
    assume(one.skills)
    code = data.draw(st.sampled_from(sorted(one.skills)))
    stated = replace(one, skills={**one.skills, code: HeldSkill(code)})
    never_lower(stated, replace(one, skills={**one.skills, code: HeldSkill(code, True)}), other)


@no_deadline
@given(people, offers, st.data())
def test_answering_with_something_better_than_the_prior_never_lowers(one, other, data):
    start = max(other.start_date or NOW.date(), NOW.date())
    near = {code for code in ("A1203", "A1201", "F1610") if other.occupation_code}
    near = {code for code in near if closeness(code, other.occupation_code or "") >= M1.wish_prior}
    never_asked, answers = data.draw(
        st.sampled_from(
            [
                ({"wished_occupations": None}, {"wished_occupations": frozenset(near)}),
                ({"wished_kinds": None}, {"wished_kinds": frozenset({other.kind})}),
                ({"minimum_hours": None, "maximum_hours": None}, {"maximum_hours": other.weekly_hours + 1}),
                ({"available_from": None}, {"available_from": start - timedelta(days=3)}),
                ({"travel_limit_km": None}, {"travel_limit_km": M1.default_limit_km + 5}),
            ]
        )
    )
    before = replace(one, **never_asked)
    never_lower(before, replace(before, **answers), other)


@no_deadline
@given(people, offers)
def test_a_longer_limit_never_lowers_and_anywhere_is_the_longest(one, other):
    limit = 20 if one.travel_limit_km is None else one.travel_limit_km
    never_lower(one, replace(one, travel_limit_km=limit + 10), other)
    never_lower(one, replace(one, anywhere=True), other)


places = st.builds(Point, st.floats(43.5, 44.2), st.floats(4.0, 4.8))


@no_deadline
@given(places, offers)
def test_an_empty_profile_never_matches(place, other):
    assert judge(empty(place), other).score < M1.threshold


@no_deadline
@given(places, places, places, offers, people, st.data())
def test_an_empty_profile_never_outranks_a_documented_fit(nowhere, here, there, other, one, data):
    """A fit: half of the required skills at least stated, in a wished occupation that is the offer's or close to it,
    and within reach, be it at the very limit; whatever else it answered."""
    required = sorted(other.required_skills or {"tailler"}, key=lambda code: (-KNOWLEDGE.idf(code), code))
    offered = other.occupation_code or "A1203"
    other = replace(other, place=there, required_skills=frozenset(required), occupation_code=offered)
    wished = data.draw(st.sampled_from([code for code in OCCUPATIONS if closeness(code, offered) >= 0.6]))
    fit = replace(
        one,
        place=here,
        travel_limit_km=max(ceil(distance_km(here, there)), one.travel_limit_km or 0),
        skills={code: HeldSkill(code) for code in [*required[::2], *other.wished_skills]},
        wished_occupations=frozenset({wished}),
        wished_kinds=frozenset({other.kind}),
    )
    assert judge(fit, other).gates[GATES.index("reach")].passed
    assert judge(fit, other).score > judge(empty(nowhere), other).score


@no_deadline
@given(people, offers)
def test_the_score_is_the_weighted_mean_of_its_parts_and_nothing_else(one, other):
    judged = judge(one, other)
    assert tuple(part.name for part in judged.parts) == PARTS
    assert tuple(part.weight for part in judged.parts) == M1.weights
    assert all(0 <= part.value <= 1 for part in judged.parts)
    mean = sum(part.weight * part.value for part in judged.parts) / sum(M1.weights)
    assert judged.score == pytest.approx(mean, abs=ROUNDING)
    assert 0 <= judged.score <= 1
    assert judged.matched == (all(gate.passed for gate in judged.gates) and judged.score >= M1.threshold)


@no_deadline
@given(people, offers)
def test_reasons_are_codes_with_words_and_every_unknown_names_its_question_or_the_offer(one, other):
    judged = judge(one, other)
    reasons = [gate.reason for gate in judged.gates] + [why for part in judged.parts for why in part.reasons]
    assert all(isinstance(value, str) for why in reasons for value in why.parameters.values())
    of_the_offer = {Code.SKILLS_NOT_ASKED, Code.OCCUPATION_NOT_RESOLVED, Code.OFFER_PLACE_MISSING, Code.HOURS_NOT_SAID}
    for part in judged.parts:
        if not part.known:
            assert all("question" in why.parameters or why.code in of_the_offer for why in part.reasons)
    questions = {why.parameters["question"] for why in reasons if "question" in why.parameters}
    assert questions <= {field.name for field in fields(Person)}


def test_audit_attributes_are_not_even_in_the_input():
    names = {field.name for kind in (Person, Offer) for field in fields(kind)}
    assert not {name for name in names if re.search("qpv|gender|sex|nation|birth|name$|email", name)} - {
        "organisation_name"
    }


# Each prior lies between a poor and a good answer


@pytest.mark.parametrize(
    ("name", "good", "unknown", "poor"),
    [
        ("skills", {}, {"skills": None}, {"skills": {}}),
        ("occupation", {}, {"wished_occupations": None}, {"wished_occupations": frozenset({"I1607"})}),
        ("place", {}, {"place": None, "anywhere": True}, {"place": UZES, "travel_limit_km": 19}),
        (
            "wishes",
            {},
            {"wished_occupations": None, "wished_kinds": None, "maximum_hours": None, "available_from": None},
            {"wished_occupations": frozenset({"I1607"}), "wished_kinds": frozenset(), "maximum_hours": 20.0},
        ),
    ],
)
def test_an_unknown_answer_takes_the_prior_and_says_so(name, good, unknown, poor):
    best, middle, worst = (
        judge(person(**answer), offer()).parts[PARTS.index(name)] for answer in (good, unknown, poor)
    )
    assert best.value > middle.value > worst.value
    assert (best.known, middle.known, worst.known) == (True, False, True)


@pytest.mark.parametrize(
    ("said", "name", "code"),
    [
        ({"required_skills": frozenset(), "wished_skills": frozenset()}, "skills", Code.SKILLS_NOT_ASKED),
        ({"occupation_code": None}, "occupation", Code.OCCUPATION_NOT_RESOLVED),
    ],
)
def test_what_the_offer_does_not_say_takes_the_prior_and_says_so(said, name, code):
    part = judge(person(), offer(**said)).parts[PARTS.index(name)]
    assert not part.known
    assert part.value == getattr(M1, f"{name}_prior")
    assert [why.code for why in part.reasons] == [code]


# Parts


def test_a_full_fit_scores_one():
    full = offer(required_skills=frozenset({"tailler"}), wished_skills=frozenset())
    assert judge(person(), full).score == pytest.approx(1)


def test_skills_come_with_their_evidence_the_heaviest_first():
    judged = judge(person(), offer())
    reasons = judged.parts[0].reasons
    assert [(why.code, why.parameters["skill"], why.evidence_ids) for why in reasons] == [
        (Code.SKILL_HELD, "tailler", ("evidence-tailler",)),
        (Code.SKILL_HELD, "tondre", ("evidence-tondre",)),
        (Code.SKILL_MISSING, "planter", ()),
    ]
    assert judged.missing_skills == ("planter",)


def test_an_explicit_wish_outweighs_past_skills_without_being_a_gate():
    cook = person(wished_occupations=frozenset({"I1607"}), past_occupations=frozenset({"A1203"}))
    gardening, cycles = judge(cook, offer()), judge(cook, offer(occupation_code="I1607"))
    assert all(gate.passed for gate in gardening.gates)
    assert cycles.score - gardening.score > 0.25


def test_a_clock_that_jumped_back_makes_an_offer_new_and_no_more():
    early = offer(published_at=NOW + timedelta(hours=1))
    assert judge(person(), early).parts[PARTS.index("freshness")].value == 1


def test_freshness_halves_with_its_half_life():
    old = offer(published_at=NOW - timedelta(days=30))
    assert judge(person(), old).parts[PARTS.index("freshness")].value == pytest.approx(0.5)


def test_at_the_limit_a_quarter_of_the_place_is_left_and_from_a_distance_all():
    near, remote = judge(person(), offer(place=UZES)), judge(person(place=None), offer(remote=Remote.FULL))
    far = judge(person(travel_limit_km=20), offer(place=UZES))
    assert near.parts[2].value > far.parts[2].value > 0.25
    assert remote.parts[2].value == 1


def test_why_answers_for_a_pair_that_does_not_match():
    judged = judge(person(travel_limit_km=10, licences=frozenset(), wished_kinds=frozenset()), offer(place=UZES))
    failed = {gate.name: gate.reason for gate in judged.gates if not gate.passed}
    assert list(failed) == ["kind", "licence", "reach"]
    assert failed["reach"].parameters == {"distance": "19.5", "limit": "10", "limit_known": "true"}
    assert failed["licence"].parameters == {"licences": "B"}
    assert failed["kind"].parameters == {"kind": OfferKind.JOB, "wished": ""}
    assert not judged.matched
    assert len(judged.parts) == len(PARTS)


# The published table


def test_the_table_says_what_the_formula_does():
    text = domain.formula.__doc__ or ""
    rows = dict(re.findall(r"^\| (\w+) +\| +(\d+ \| +[\d.–]+) \|", text, re.M))
    for name in PARTS:
        weight, prior = re.split(r" \| +", rows[name])
        assert float(weight) == getattr(M1, f"{name}_weight")
        expected = {"wishes": M1.wish_prior, "freshness": None}.get(name, getattr(M1, f"{name}_prior", None))
        assert (None if prior == "–" else float(prior)) == expected
    shares = [float(share) for share in re.findall(r"(0\.\d+) (?:occupation|kind|hours|start)", text)]
    assert shares == [M1.occupation_wish, M1.kind_wish, M1.hours_wish, M1.start_wish]
    assert sum(shares) == pytest.approx(1)
    assert f"T = {M1.threshold}" in text
    assert f"K = {M1.kept_per_offer}" in text
    assert judge(person(place=NIMES), offer()).formula_version == M1.version
