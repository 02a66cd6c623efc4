"""Each gate alone: what passes, what fails, and what it says."""

from datetime import timedelta
from typing import Any

import pytest

from services.common.values import OfferKind, Remote
from services.matching.domain import GATES, M1, Code, Gate, assess
from services.matching.values import AgeBand
from tests.matching.pairs import KNOWLEDGE, NIMES, NOW, SAINT_PIERRE, UZES, offer, person

JOB, APPRENTICESHIP, INTERNSHIP, VOLUNTEERING = OfferKind


def gate(name: str, one: dict[str, Any] | None = None, other: dict[str, Any] | None = None) -> Gate:
    judged = assess(person(**one or {}), offer(**other or {}), M1, KNOWLEDGE, NOW)
    return judged.gates[GATES.index(name)]


def test_gates_come_in_their_fixed_order_and_all():
    judged = assess(person(matchable=False), offer(searchable=False), M1, KNOWLEDGE, NOW)
    assert tuple(gate.name for gate in judged.gates) == GATES
    assert [gate.name for gate in judged.gates if not gate.passed] == ["open", "consent"]


@pytest.mark.parametrize(
    ("said", "passed", "code"),
    [
        ({}, True, Code.OFFER_OPEN),
        ({"expires_at": NOW + timedelta(microseconds=1)}, True, Code.OFFER_OPEN),
        ({"expires_at": NOW}, False, Code.OFFER_EXPIRED),
        ({"searchable": False}, False, Code.OFFER_CLOSED),
        ({"matchable": False}, False, Code.OFFER_NOT_MATCHABLE),
    ],
)
def test_open(said, passed, code):
    found = gate("open", other=said)
    assert (found.passed, found.reason.code) == (passed, code)


@pytest.mark.parametrize(("given", "code"), [(True, Code.CONSENT_GIVEN), (False, Code.CONSENT_MISSING)])
def test_consent(given, code):
    found = gate("consent", {"matchable": given})
    assert (found.passed, found.reason.code) == (given, code)


@pytest.mark.parametrize(
    ("kinds", "passed", "code"),
    [
        (None, True, Code.KIND_UNKNOWN),
        (frozenset(), False, Code.KIND_NOT_WISHED),
        (frozenset({JOB, INTERNSHIP}), True, Code.KIND_WISHED),
        (frozenset({INTERNSHIP}), False, Code.KIND_NOT_WISHED),
    ],
)
def test_kind(kinds, passed, code):
    found = gate("kind", {"wished_kinds": kinds})
    assert (found.passed, found.reason.code) == (passed, code)


YOUNG, OLD, FITS, UNSURE = Code.AGE_TOO_YOUNG, Code.AGE_TOO_OLD, Code.AGE_FITS, Code.AGE_UNCERTAIN


@pytest.mark.parametrize(
    ("kind", "contract", "minimum", "codes"),  # under 16, 16–17, 18–20, 21–25, 26–29, 30 and more
    [
        (JOB, "permanent", 0, [YOUNG, FITS, FITS, FITS, FITS, FITS]),
        (JOB, "permanent", 15, [YOUNG, FITS, FITS, FITS, FITS, FITS]),  # the law's own stands
        (JOB, "permanent", 17, [YOUNG, UNSURE, FITS, FITS, FITS, FITS]),
        (JOB, "permanent", 18, [YOUNG, YOUNG, FITS, FITS, FITS, FITS]),
        (JOB, "permanent", 21, [YOUNG, YOUNG, YOUNG, FITS, FITS, FITS]),
        (JOB, "permanent", 31, [YOUNG, YOUNG, YOUNG, YOUNG, YOUNG, UNSURE]),
        (APPRENTICESHIP, "apprenticeship", 0, [YOUNG, FITS, FITS, FITS, FITS, OLD]),
        (APPRENTICESHIP, "professionalisation", 0, [YOUNG, FITS, FITS, FITS, FITS, FITS]),
        (INTERNSHIP, "internship", 0, [YOUNG, FITS, FITS, FITS, FITS, FITS]),
        (VOLUNTEERING, "volunteering", 0, [YOUNG, FITS, FITS, FITS, FITS, FITS]),
        (VOLUNTEERING, "civic_service", 0, [YOUNG, FITS, FITS, FITS, OLD, OLD]),
    ],
)
def test_age(kind, contract, minimum, codes):
    other = {"kind": kind, "contract": contract, "minimum_age": minimum}
    found = [gate("age", {"age_band": band}, other) for band in list(AgeBand)[1:]]
    assert [one.reason.code for one in found] == codes
    assert [one.passed for one in found] == [code is FITS for code in codes]


def test_an_unknown_age_passes_and_is_said_so():
    found = gate("age", {"age_band": AgeBand.UNKNOWN}, {"minimum_age": 18})
    assert found.passed
    assert found.reason.parameters == {"minimum": "18", "maximum": "", "question": "age_band"}


@pytest.mark.parametrize(
    ("held", "asked", "passed", "code"),
    [
        (frozenset({"B", "C"}), frozenset({"B"}), True, Code.LICENCE_HELD),
        (frozenset({"B"}), frozenset({"B", "C"}), False, Code.LICENCE_MISSING),
        (frozenset(), frozenset({"B"}), False, Code.LICENCE_MISSING),
        (frozenset(), frozenset(), True, Code.LICENCE_NOT_ASKED),
        (None, frozenset({"B"}), True, Code.LICENCE_UNKNOWN),
    ],
)
def test_licence(held, asked, passed, code):
    found = gate("licence", {"licences": held}, {"licences": asked})
    assert (found.passed, found.reason.code) == (passed, code)


@pytest.mark.parametrize(
    ("one", "other", "passed", "code"),
    [
        ({"travel_limit_km": 20}, {"place": UZES}, True, Code.DISTANCE_KM),
        ({"travel_limit_km": 19}, {"place": UZES}, False, Code.DISTANCE_KM),
        ({"travel_limit_km": None}, {"place": UZES}, True, Code.DISTANCE_KM),  # the published 20 km
        ({"travel_limit_km": 0}, {"place": NIMES}, True, Code.DISTANCE_KM),
        ({"travel_limit_km": None}, {"place": SAINT_PIERRE}, False, Code.DISTANCE_KM),
        ({"anywhere": True}, {"place": SAINT_PIERRE}, True, Code.ANYWHERE),
        ({"place": None}, {}, False, Code.PLACE_MISSING),
        ({"place": None}, {"remote": Remote.PARTIAL}, False, Code.PLACE_MISSING),
        ({"place": None}, {"remote": Remote.FULL}, True, Code.REMOTE),
        ({"place": None, "anywhere": True}, {}, True, Code.ANYWHERE),
        ({}, {"place": None}, False, Code.OFFER_PLACE_MISSING),
    ],
)
def test_reach(one, other, passed, code):
    found = gate("reach", one, other)
    assert (found.passed, found.reason.code) == (passed, code)


def test_a_limit_that_was_never_said_is_told_apart():
    found = gate("reach", {"travel_limit_km": None}, {"place": UZES})
    assert found.reason.parameters == {"distance": "19.5", "limit": "20", "limit_known": "false"}
