"""Which courses are worth their time: what they close, for which offers, at which session."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.values import Remote
from services.matching.domain import M1, CourseMatch, assess, course_matches
from services.matching.values import AgeBand, Course, CourseSession, HeldSkill, Offer, Person
from tests.matching.pairs import (
    KNOWLEDGE,
    NIMES,
    NOW,
    SAINT_PIERRE,
    SKILLS,
    UZES,
    no_deadline,
    offer,
    offers,
    people,
    person,
)

HERE = CourseSession("s-here", NIMES, date(2026, 7, 1))


def course(**changes: Any) -> Course:
    said: dict[str, Any] = {
        "id": "c1",
        "version": 1,
        "organisation_id": "t1",
        "organisation_name": "CFPPA",
        "title": "Planter",
        "description": "",
        "taught_skills": frozenset({"planter"}),
        "occupation_codes": frozenset(),
        "sessions": (HERE,),
    }
    return Course(**said | changes)


def useful(one: Person, near: list[Offer], *courses: Course) -> list[CourseMatch]:
    return course_matches(one, near, courses, M1, KNOWLEDGE, NOW)


def asking(number: int, *skills: str, **changes: Any) -> Offer:
    return offer(id=f"o{number}", required_skills=frozenset(skills), wished_skills=frozenset(), **changes)


def test_a_course_closes_two_of_the_three_gaps_of_these_offers():
    near = [asking(1, "tailler", "planter", "grimper"), asking(2, "planter", "soudage"), asking(3, "tailler")]
    [match] = useful(person(), near, course(taught_skills=frozenset({"planter", "grimper", "couverture"})))
    assert match.closed_skills == ("planter", "grimper")
    assert (match.gap_count, match.offer_count, set(match.offer_ids)) == (3, 2, {"o1", "o2"})
    assert (match.session_id, match.distance_km, match.formula_version) == ("s-here", 0, "m1")


@no_deadline
@given(people, st.lists(offers, min_size=1, max_size=4), st.frozensets(st.sampled_from(SKILLS), min_size=1))
def test_its_score_is_the_weighted_mean_lift_that_the_formula_itself_gives(one, found, taught):
    one = replace(one, matchable=True, wished_kinds=None, licences=None)  # reach and age still fail at times
    near = [
        replace(other, id=str(number), searchable=True, matchable=True, expires_at=None)
        for number, other in enumerate(found)
    ]
    remote = course(taught_skills=taught, sessions=(CourseSession("s", None, None, remote=True),))
    learnt = replace(one, skills={code: HeldSkill(code) for code in taught} | dict(one.skills or {}))
    before, after = ([assess(who, o, M1, KNOWLEDGE, NOW) for o in near] for who in (one, learnt))
    open_ = [(b, a) for b, a in zip(before, after, strict=True) if all(g.passed for g in b.gates) and b.missing_skills]
    closer = [(b, a) for b, a in open_ if not taught.isdisjoint(b.missing_skills)]
    matches = useful(one, near, remote)
    assert bool(matches) == bool(closer)
    if not closer:
        return
    weighted = sum(b.score * (a.score - b.score) for b, a in closer) / sum(b.score for b, _ in open_)
    assert matches[0].score == pytest.approx(weighted, abs=1e-12)
    assert 0 < matches[0].score <= 1


def test_a_course_towards_a_fitting_occupation_comes_before_one_that_nobody_wished_for():
    near = [asking(1, "planter"), asking(2, "soudage", occupation_code="I1607")]
    gardening, welding = course(id="z-garden"), course(id="a-weld", taught_skills=frozenset({"soudage"}))
    assert [match.course_id for match in useful(person(), near, welding, gardening)] == ["z-garden", "a-weld"]


def test_offers_that_fail_a_gate_count_for_nothing():
    near = [asking(1, "planter", licences=frozenset({"C"})), asking(2, "planter", place=SAINT_PIERRE)]
    assert useful(person(), near, course()) == []


def test_a_skill_already_held_is_no_gap():
    assert useful(person(), [asking(1, "tailler")], course(taught_skills=frozenset({"tailler"}))) == []


def test_who_never_named_a_skill_lacks_all_and_starts_from_the_prior():
    [match] = useful(person(skills=None), [asking(1, "planter", "grimper")], course())
    assert match.gap_count == 2
    assert match.score > 0


@pytest.mark.parametrize(
    ("one", "said", "session"),
    [
        ({}, {"sessions": (CourseSession("far", UZES, None), HERE)}, "s-here"),
        ({}, {"sessions": (HERE, CourseSession("earlier", NIMES, date(2026, 6, 15)))}, "earlier"),
        ({}, {"sessions": (CourseSession("past", NIMES, date(2026, 5, 31)),)}, None),
        ({}, {"sessions": (CourseSession("today", NIMES, date(2026, 6, 1)),)}, "today"),
        ({"travel_limit_km": 19}, {"sessions": (CourseSession("far", UZES, None),)}, None),
        ({"anywhere": True}, {"sessions": (CourseSession("island", SAINT_PIERRE, None),)}, "island"),
        ({"place": None}, {"sessions": (HERE,)}, None),
        ({"place": None, "anywhere": True}, {"sessions": (CourseSession("net", None, None, True),)}, "net"),
        ({}, {"sessions": ()}, None),
        ({}, {"searchable": False}, None),
        ({}, {"minimum_age": 19}, None),
        ({"age_band": AgeBand.UNKNOWN}, {"minimum_age": 19}, "s-here"),
    ],
)
def test_a_course_needs_a_coming_session_within_reach(one, said, session):
    matches = useful(person(**one), [asking(1, "planter", remote=Remote.FULL)], course(**said))
    assert [match.session_id for match in matches] == ([session] if session else [])
