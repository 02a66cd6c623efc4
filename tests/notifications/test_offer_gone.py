"""Who was told of an offer is told once that it is gone."""

from typing import Any

from harness import eventually
from vivier.notifications.v1 import notifications_pb2 as pb

from services.kit.auth import Caller, Role

GONE = pb.NOTIFICATION_KIND_OFFER_GONE


def kinds(system: Any, who: str) -> list[int]:
    return [each.kind for each in system.inbox(who).notifications]


def test_people_are_told_once_that_an_offer_is_gone(system: Any) -> None:
    system.offer("o1", "PUBLISHED", 1)
    system.match("o1", "ana", "ben")
    system.match("o2", "ana")
    system.settle()
    for version, state in ((2, "FILLED"), (3, "CLOSED"), (4, "PUBLISHED"), (5, "EXPIRED")):
        system.offer("o1", state, version)
        system.settle()
        eventually(lambda: all(told for _, told in system.rows("offers", "id, told")))
    assert kinds(system, "ben") == [GONE, pb.NOTIFICATION_KIND_OFFER_MATCHED]
    marks = {(each.subject_id, each.kind): each.gone for each in system.inbox("ana").notifications}
    matched = pb.NOTIFICATION_KIND_OFFER_MATCHED
    assert marks == {("o1", GONE): True, ("o1", matched): True, ("o2", matched): False}
    assert system.inbox("ben").notifications[0].parameters["title"] == "Technicienne éolien"


def test_an_offer_that_comes_back_is_not_marked_any_more(system: Any) -> None:
    system.match("o1", "ana")
    system.offer("o1", "CLOSED", 2)
    system.offer("o1", "PUBLISHED", 1)  # late
    system.settle()
    assert system.inbox("ana").notifications[-1].gone
    system.offer("o1", "PUBLISHED", 3)
    system.offer("o1", "CLOSED", 2)  # late
    system.settle()
    assert not system.inbox("ana").notifications[-1].gone


def test_a_mail_says_only_what_is_still_true(system: Any, mailer: Any, profile: Any) -> None:
    profile.add("ana")
    profile.refuses = True
    for offer in ("closed", "back"):
        system.match(offer, "ana")
    system.settle()
    for offer in ("closed", "back"):
        system.offer(offer, "CLOSED", 2)
    system.settle()
    eventually(lambda: len(system.rows("notifications")) == 4)
    system.offer("back", "PUBLISHED", 3)
    system.settle()
    profile.refuses = False
    eventually(lambda: len(mailer.letters) == 2)
    starts = {letter.subject.partition("\u202f: ")[0] for letter in mailer.letters}
    assert starts == {"Une offre te correspond", "Cette offre n'est plus disponible"}
    eventually(
        lambda: sorted(s for _, s in system.rows("mails", "notification_id, state")) == ["needless"] * 2 + ["sent"] * 2
    )


def test_of_old_matches_nobody_hears_that_the_offer_is_gone(system: Any, clock: Any) -> None:
    system.match("o1", "ana")
    system.settle()
    clock.move(days=61)
    system.match("o1", "ben")
    system.settle()
    system.offer("o1", "CLOSED", 2)
    eventually(lambda: GONE in kinds(system, "ben"))
    assert kinds(system, "ana") == [pb.NOTIFICATION_KIND_OFFER_MATCHED]


def test_an_offer_that_pauses_is_not_gone(system: Any) -> None:
    system.match("o1", "ana")
    system.offer("o1", "PAUSED", 2)
    system.settle()
    assert system.rows("offers") == []


def test_a_match_that_comes_late_is_kept_but_not_pushed(system: Any) -> None:
    system.offer("o1", "CLOSED", 2)
    system.settle()
    eventually(lambda: system.rows("offers", "id, told") == [("o1", 1)])
    system.match("o1", "ana")
    system.settle()
    assert kinds(system, "ana") == [pb.NOTIFICATION_KIND_OFFER_MATCHED]
    assert system.rows("mails") == []


def test_many_people_are_told_in_several_transactions(system: Any) -> None:
    people = [f"p{number}" for number in range(1200)]
    system.match("o1", *people)
    system.settle()
    system.offer("o1", "FILLED", 2)
    eventually(lambda: system.rows("offers", "id, told") == [("o1", 1)])
    assert len(system.rows("notifications")) == 2400
    operator = Caller(Role.OPERATOR)
    last = system.ask("ListNotifications", pb.ListNotificationsRequest(recipient="person/p1199"), operator)
    assert last.notifications[0].kind == GONE
