"""What is said on the bus is found in the inbox, once."""

from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest
from harness import eventually
from vivier.matching.v1 import events_pb2 as matching
from vivier.notifications.v1 import notifications_pb2 as pb

from services.kit.auth import Caller, Role
from services.kit.bus import Event
from services.kit.errors import Refused
from services.kit.ids import random_id
from services.kit.outbox import outgoing
from services.kit.pages import encode_token

TOPICS = ("vivier.matching.v1", "vivier.profile.v1", "vivier.offers.v1")


def subjects(answer: pb.ListNotificationsResponse) -> list[str]:
    return [each.subject_id for each in answer.notifications]


def test_a_match_is_found_in_the_inbox(system: Any) -> None:
    system.match("o1", "ana", "ben")
    system.settle()
    [told] = system.inbox("ana").notifications
    assert (told.recipient, told.kind, told.subject_id) == ("person/ana", pb.NOTIFICATION_KIND_OFFER_MATCHED, "o1")
    assert dict(told.parameters) == {"title": "Technicienne éolien", "organisation_name": "Vents d’Ouest"}
    assert told.score == 0.8
    assert system.inbox("ben").unread == 1


def test_a_person_is_told_of_offers_and_courses(system: Any) -> None:
    event = matching.PersonMatched(
        person_id="ana",
        offers=[matching.MatchedOffer(offer_id="o1", title="Couvreuse"), matching.MatchedOffer(offer_id="o2")],
        courses=[matching.MatchedCourse(course_id="c1", title="CAP", closed_skills=3, offers=12)],
    )
    system.match("o1", "ana")
    system.settle()
    system.say("person-matches/ana", event)
    system.settle()
    assert sorted(subjects(system.inbox("ana"))) == ["c1", "o1", "o2"]
    course = system.inbox("ana").notifications[0]
    assert course.parameters["closed_skills"] == "3"


def test_a_mentor_is_told_when_asked_and_the_person_of_the_answer(system: Any) -> None:
    for state in ("ASKED", "ACCEPTED", "ENDED", "ENDED"):
        system.mentorship("m1", state)
    system.settle()
    asked = system.inbox("max", Role.MENTOR).notifications
    assert [each.parameters["state"] for each in asked] == ["ASKED"]
    answers = system.inbox("ana").notifications
    assert [each.parameters["state"] for each in answers] == ["ENDED", "ACCEPTED"]


@pytest.mark.parametrize("same_ids", [True, False], ids=["redelivered", "said again"])
def test_a_replay_of_everything_changes_nothing(system: Any, same_ids: bool) -> None:
    system.know("ana", partners=["asso"])
    for number in range(8):
        system.match(f"o{number}", "ana", "ben", "eve")
    system.mentorship("m1", "ASKED")
    system.mentorship("m1", "ACCEPTED")
    system.settle()
    system.offer("o1", "CLOSED", 3)
    system.erase("person/eve")
    system.settle()
    wait_for_rest(system)
    before = system.state()
    events = [record.event for topic in TOPICS for record in system.log.replay(topic)]
    system.log.append(events if same_ids else [replace(event, id=random_id()) for event in events])
    system.settle()
    wait_for_rest(system)
    assert system.state() == before
    assert len(before["notifications"]) == 8 * 2 + 2 + 2


def wait_for_rest(system: Any) -> None:
    eventually(lambda: not [row for row in system.rows("offers", "id, told") if not row[1]])
    eventually(lambda: not [row for row in system.rows("mails", "notification_id, state") if row[1] == "due"])


def test_who_is_erased_is_told_nothing_any_more(system: Any) -> None:
    system.know("ana", partners=["asso"])
    system.match("o1", "ana", "ben")
    system.prefer("ana", "DAILY")
    system.settle()
    system.erase("person/ana")
    system.settle()
    system.match("o2", "ana", "ben")
    system.mentorship("m1", "ASKED", who="ana")
    system.know("ana", version=9, partners=["asso"])
    system.settle()
    assert subjects(system.inbox("ana")) == []
    assert subjects(system.inbox("ben")) == ["o2", "o1"]
    assert system.inbox("max", Role.MENTOR).unread == 0
    kept = {table: rows for table, rows in system.state().items() if "ana" in str(rows)}
    assert kept == {"erased": [("person/ana",)]}


def test_what_is_older_than_two_years_is_news_to_nobody(system: Any) -> None:
    old = Event("vivier.matching.v1", "offer-matches/o2", *offer_matched("o2", "ben"), "old", system.clock())
    system.clock.move(days=731)
    system.log.append([old])
    system.settle()
    assert subjects(system.inbox("ben")) == []


def offer_matched(offer: str, who: str) -> tuple[str, bytes]:
    event = matching.OfferMatched(offer_id=offer, people=[matching.MatchedPerson(person_id=who)])
    return "vivier.matching.v1.OfferMatched", event.SerializeToString()


@pytest.mark.parametrize("payload", [b"\xff\xff\xff", b""], ids=["bytes", "nobody's"])
def test_a_record_that_is_no_message_is_put_aside(system: Any, payload: bytes) -> None:
    broken = outgoing("offer-matches/x", matching.OfferMatched())
    system.put(replace(broken, payload=payload))
    system.match("o1", "ana")
    system.settle()
    assert system.inbox("ana").unread == 1
    assert system.status().dead_letters == 1


def test_the_inbox_comes_in_pages_newest_first(system: Any) -> None:
    for number in range(7):
        system.match(f"o{number}", "ana")
        system.settle()
    first = system.inbox("ana", page_size=4)
    second = system.inbox("ana", page_size=4, page_token=first.next_page_token)
    assert subjects(first) + subjects(second) == [f"o{number}" for number in reversed(range(7))]
    assert (first.unread, second.next_page_token) == (7, "")


def test_a_wrong_page_token_is_refused(system: Any) -> None:
    for token in ("x", encode_token("a"), encode_token(None), encode_token(1, 2)):
        with pytest.raises(Refused) as refusal:
            system.inbox("ana", page_token=token)
        assert refusal.value.violations[0].path == "page_token"


def test_reading_is_marked_once_and_only_in_ones_own_inbox(system: Any) -> None:
    system.match("o1", "ana", "ben")
    system.match("o2", "ana")
    system.settle()
    mine, others = system.inbox("ana").notifications[0], system.inbox("ben").notifications[0]
    request = pb.MarkReadRequest(request_id="r1", ids=[mine.id, others.id, "missing"])
    for _ in range(2):
        assert system.ask("MarkRead", request, Caller(Role.PERSON, "ana")).unread == 1
        system.clock.move(minutes=5)
    assert system.inbox("ben").unread == 1
    read = [each for each in system.inbox("ana").notifications if each.HasField("read_at")]
    assert [each.id for each in read] == [mine.id]
    assert read[0].read_at.ToDatetime(UTC) == system.clock() - timedelta(minutes=10)
    assert mine.id not in [each.id for each in system.inbox("ana", unread_only=True).notifications]


def test_read_notifications_go_after_two_years(start: Any, clock: Any) -> None:
    with start() as system:
        system.match("o1", "ana")
        system.match("o2", "ana")
        system.settle()
        read = system.inbox("ana").notifications[0]
        system.ask("MarkRead", pb.MarkReadRequest(ids=[read.id]), Caller(Role.PERSON, "ana"))
    clock.move(days=731)
    with start() as system:
        eventually(lambda: len(system.rows("notifications")) == 1)
        assert system.inbox("ana").unread == 1
        system.match("o3", "ana")  # a sequence is never given twice
        system.settle()
        assert system.inbox("ana").notifications[0].sequence > read.sequence
