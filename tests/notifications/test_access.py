"""Who may read whose inbox. A refusal looks like a missing inbox."""

from itertools import product
from typing import Any

import pytest
from vivier.notifications.v1 import notifications_pb2 as pb

from services.kit.auth import ANYONE, Caller, Role
from services.kit.errors import Refused

OPERATOR = Caller(Role.OPERATOR)
READERS = [
    (Caller(Role.PERSON, "ana"), "person/ana", True),
    (Caller(Role.PERSON, "ana"), "", True),
    (Caller(Role.PERSON, "ben"), "person/ana", False),
    (Caller(Role.PARTNER, "asso"), "person/ana", True),
    (Caller(Role.PARTNER, "other"), "person/ana", False),
    (Caller(Role.PARTNER, "asso"), "person/ben", False),
    (Caller(Role.MENTOR, "max"), "person/ana", True),
    (Caller(Role.MENTOR, "asso"), "person/ana", False),
    (Caller(Role.PARTNER, "max"), "person/ana", False),
    (Caller(Role.MENTOR, "max"), "mentor/max", True),
    (Caller(Role.MENTOR, "max"), "mentor/moe", False),
    (Caller(Role.PERSON, "max"), "mentor/max", False),
    (Caller(Role.PARTNER, "asso"), "mentor/max", False),
    (Caller(Role.RECRUITER, "asso"), "person/ana", False),
    (Caller(Role.SERVICE, "gateway"), "person/ana", False),
    (OPERATOR, "person/ana", True),
    (OPERATOR, "mentor/max", True),
    (ANYONE, "person/ana", False),
    (OPERATOR, "recruiter/ana", False),
    (OPERATOR, "person/", False),
    (OPERATOR, "ana", False),
    (OPERATOR, "", False),
    (Caller(Role.PARTNER, "asso"), "", False),
]


def test_who_may_read(system: Any) -> None:
    system.know("ana", partners=["asso"], mentors=["max"])
    system.match("o1", "ana", "ben")
    system.settle()
    wrong = [(c, r) for c, r, may in READERS if reads(system, c, r) is not may]
    assert wrong == []


def reads(system: Any, caller: Caller, recipient: str) -> bool:
    try:
        system.ask("ListNotifications", pb.ListNotificationsRequest(recipient=recipient), caller)
    except Refused as refusal:
        if refusal.reason != ("RECIPIENT_NOT_FOUND" if recipient else "NO_INBOX"):
            raise
        return False
    return True


def test_another_s_inbox_looks_like_a_missing_one(system: Any) -> None:
    system.match("o1", "ana")
    system.settle()
    answers = []
    for who in ("ana", "nobody"):
        with pytest.raises(Refused) as refusal:
            system.ask(
                "ListNotifications",
                pb.ListNotificationsRequest(recipient=f"person/{who}"),
                Caller(Role.PARTNER, "other"),
            )
        answers.append((refusal.value.reason, refusal.value.message, set(refusal.value.facts)))
    assert answers[0] == answers[1]


def test_the_right_to_read_ends_with_the_consent(system: Any) -> None:
    system.know("ana", version=2, partners=["asso"])
    system.settle()
    system.know("ana", version=3)
    system.know("ana", version=1, partners=["asso"])  # late
    system.settle()
    assert not reads(system, Caller(Role.PARTNER, "asso"), "person/ana")


def test_preferences_are_ones_own(system: Any) -> None:
    system.know("ana", partners=["asso"], mentors=["max"])
    system.settle()
    wish = pb.Preferences(recipient="person/ana", mail="FREQUENCY_NEVER", daily_cap=3)
    requests = {
        "GetPreferences": pb.GetPreferencesRequest(recipient="person/ana"),
        "SetPreferences": pb.SetPreferencesRequest(preferences=wish),
    }
    others = [Caller(Role.PARTNER, "asso"), Caller(Role.MENTOR, "max"), Caller(Role.PERSON, "ben")]
    for caller, method in product(others, requests):
        assert reason(system, method, requests[method], caller) == "RECIPIENT_NOT_FOUND"
    for caller in (Caller(Role.PERSON, "ana"), OPERATOR):
        assert system.ask("SetPreferences", requests["SetPreferences"], caller).preferences == wish
        assert system.ask("GetPreferences", requests["GetPreferences"], caller).preferences == wish


def test_nobody_prefers_for_who_is_erased(system: Any) -> None:
    system.erase("person/ana")
    system.settle()
    wish = pb.Preferences(mail="FREQUENCY_NEVER", daily_cap=3)
    request = pb.SetPreferencesRequest(preferences=wish)
    assert reason(system, "SetPreferences", request, Caller(Role.PERSON, "ana")) == "RECIPIENT_NOT_FOUND"


def reason(system: Any, method: str, request: Any, caller: Caller) -> str:
    with pytest.raises(Refused) as refusal:
        system.ask(method, request, caller)
    return refusal.value.reason


def test_who_has_no_inbox_marks_nothing(system: Any) -> None:
    for role in (Role.OPERATOR, Role.PARTNER, Role.RECRUITER):
        assert reason(system, "MarkRead", pb.MarkReadRequest(ids=["x"]), Caller(role, "x")) == "NO_INBOX"


def test_wrong_preferences_are_refused(system: Any) -> None:
    for mail, cap, path in (("UNSPECIFIED", 5, "mail"), ("DAILY", 0, "daily_cap"), ("DAILY", 51, "daily_cap")):
        with pytest.raises(Refused) as refusal:
            system.prefer("ana", mail, cap)
        assert [each.path for each in refusal.value.violations] == [f"preferences.{path}"]
