"""Who may read whose inbox. A refusal looks like a missing inbox."""

from typing import Any

import pytest
from vivier.notifications.v1 import notifications_pb2 as pb

from services.kit.auth import ANYONE, Caller, Role
from services.kit.errors import Kind, Refused

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
]


@pytest.fixture(scope="module")
def _nothing() -> None: ...


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
        assert (refusal.kind, refusal.reason) == (Kind.NOT_FOUND, "RECIPIENT_NOT_FOUND")
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


@pytest.mark.parametrize("caller", [Caller(Role.PARTNER, "asso"), Caller(Role.MENTOR, "max"), Caller(Role.PERSON, "b")])
@pytest.mark.parametrize("method", ["GetPreferences", "SetPreferences"])
def test_preferences_are_ones_own(system: Any, caller: Caller, method: str) -> None:
    system.know("ana", partners=["asso"], mentors=["max"])
    system.settle()
    wish = pb.Preferences(recipient="person/ana", mail="FREQUENCY_NEVER", daily_cap=3)
    request = pb.SetPreferencesRequest(preferences=wish)
    if method == "GetPreferences":
        request = pb.GetPreferencesRequest(recipient="person/ana")
    with pytest.raises(Refused) as refusal:
        system.ask(method, request, caller)
    assert refusal.value.reason == "RECIPIENT_NOT_FOUND"


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.PARTNER, Role.RECRUITER])
def test_who_has_no_inbox_marks_nothing(system: Any, role: Role) -> None:
    with pytest.raises(Refused) as refusal:
        system.ask("MarkRead", pb.MarkReadRequest(ids=["x"]), Caller(role, "x"))
    assert refusal.value.reason == "NO_INBOX"


@pytest.mark.parametrize(
    ("mail", "cap", "path"),
    [
        ("UNSPECIFIED", 5, "preferences.mail"),
        ("DAILY", 0, "preferences.daily_cap"),
        ("DAILY", 51, "preferences.daily_cap"),
    ],
)
def test_wrong_preferences_are_refused(system: Any, mail: str, cap: int, path: str) -> None:
    with pytest.raises(Refused) as refusal:
        system.prefer("ana", mail, cap)
    assert [each.path for each in refusal.value.violations] == [path]
