"""Mails: at once below the day's cap, the rest in a digest; tried again, given up in the end, never in the way."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from harness import eventually
from schemas import files_only
from vivier.matching.v1 import events_pb2 as matching
from vivier.notifications.v1 import notifications_pb2 as pb

from services.kit.auth import Caller, Role
from services.kit.deliveries import ATTEMPTS
from services.kit.errors import Poison, RetryLater
from services.words.catalogue import Words

FIRST_RELEASE = Path(__file__).parents[1] / "kit" / "first_release"


def states(system: Any) -> list[str]:
    return sorted(state for _, state in system.rows("mails", "notification_id, state"))


def test_a_mail_goes_at_once(system: Any, mailer: Any, profile: Any) -> None:
    profile.add("ana")
    profile.add("ben", language="en", name="Ben")
    system.match("o1", "ana", "ben", title="Technicienne\r\nBcc: all@example.org")
    eventually(lambda: len(mailer.letters) == 2)
    ana, ben = sorted(mailer.letters, key=lambda letter: letter.to)
    assert (ana.to, ana.language) == ("ana@example.org", "fr")
    assert ana.subject == "Une offre te correspond\u202f: Technicienne Bcc: all@example.org (Vents d’Ouest)"
    assert ana.body.startswith("Bonjour Inès,\n")
    assert ben.subject.startswith("An offer fits you")
    assert ana.id == system.inbox("ana").notifications[0].id
    eventually(lambda: states(system) == ["sent", "sent"])


def test_above_the_cap_the_rest_joins_the_digest(system: Any, mailer: Any, profile: Any, clock: Any) -> None:
    profile.add("ana")
    system.prefer("ana", "AT_ONCE", 3)
    for number in range(5):
        system.match(f"o{number}", "ana")
        system.settle()
    eventually(lambda: states(system) == ["sent"] * 3 + ["waiting"] * 2)
    assert system.inbox("ana").unread == 5
    clock.move(hours=7)  # 16:00
    eventually(lambda: len(mailer.letters) == 4)
    assert mailer.letters[-1].subject == "2 nouvelles pour toi sur Vivier"
    clock.move(hours=24)
    system.match("o5", "ana")
    eventually(lambda: len(mailer.letters) == 5)
    assert mailer.letters[-1].subject.startswith("Une offre")


def test_one_record_makes_one_mail(system: Any, mailer: Any, profile: Any) -> None:
    profile.add("ana")
    offers = [matching.MatchedOffer(offer_id=f"o{number}", title=f"Offre {number}") for number in range(30)]
    system.say("person-matches/ana", matching.PersonMatched(person_id="ana", offers=offers))
    eventually(lambda: mailer.letters)
    assert mailer.letters[0].subject == "5 nouvelles pour toi sur Vivier"
    system.settle()
    assert states(system).count("waiting") == 25


def test_daily_waits_for_the_digest_and_leaves_out_what_was_read(
    system: Any, mailer: Any, profile: Any, clock: Any
) -> None:
    profile.add("ana")
    system.prefer("ana", "DAILY")
    system.match("o1", "ana")
    system.match("o2", "ana")
    system.settle()
    read = system.inbox("ana").notifications[0]
    system.ask("MarkRead", pb.MarkReadRequest(ids=[read.id]), Caller(Role.PERSON, "ana"))
    assert states(system) == ["waiting"] * 2
    clock.move(hours=8)
    eventually(lambda: len(mailer.letters) == 1)
    assert mailer.letters[0].subject.startswith("Une offre te correspond")


def test_never_takes_back_what_was_not_sent(system: Any, mailer: Any, profile: Any, clock: Any) -> None:
    profile.add("ana")
    system.prefer("ana", "DAILY")
    system.match("o1", "ana")
    system.settle()
    system.prefer("ana", "NEVER")
    system.match("o2", "ana")
    system.settle()
    clock.move(hours=30)
    assert system.rows("mails") == []
    assert system.inbox("ana").unread == 2


def test_a_failing_mailer_is_tried_again_and_given_up_in_the_end(
    system: Any, mailer: Any, profile: Any, clock: Any
) -> None:
    profile.add("ana")
    mailer.trouble = RetryLater("busy")
    system.match("o1", "ana")
    for attempt in range(1, ATTEMPTS + 1):
        eventually(lambda attempt=attempt: mailer.tried == attempt)
        clock.move(hours=6)
    eventually(lambda: states(system) == ["failed"])
    assert mailer.tried == ATTEMPTS
    assert system.status().counts["mails_failed"] == 1


def test_a_mail_that_failed_goes_later_under_the_same_id(system: Any, mailer: Any, profile: Any, clock: Any) -> None:
    profile.add("ana")
    mailer.trouble = RetryLater("busy")
    system.match("o1", "ana")
    eventually(lambda: mailer.tried == 1)
    mailer.trouble = None
    clock.move(minutes=2)
    eventually(lambda: mailer.letters)
    assert mailer.letters[0].id == system.inbox("ana").notifications[0].id


def test_a_bug_of_one_mail_does_not_hold_back_the_others(system: Any, mailer: Any, profile: Any) -> None:
    profile.add("ana")
    profile.add("ben")
    mailer.trouble = ValueError("a bug")
    system.match("o1", "ana")
    eventually(lambda: mailer.tried == 1)
    mailer.trouble = None
    system.match("o2", "ben")
    eventually(lambda: [letter.to for letter in mailer.letters] == ["ben@example.org"])


def test_an_impossible_address_is_given_up_at_once(system: Any, mailer: Any, profile: Any) -> None:
    profile.add("ana")
    mailer.trouble = Poison("no such mailbox")
    system.match("o1", "ana")
    eventually(lambda: states(system) == ["failed"])
    assert mailer.tried == 1
    assert system.rows("deliveries", "state, reason") == [("given_up", "impossible")]


def test_while_profile_is_away_mails_wait_and_inboxes_fill(system: Any, mailer: Any, profile: Any) -> None:
    profile.add("ana")
    profile.refuses = True
    system.match("o1", "ana")
    eventually(lambda: profile.asked >= 2)
    assert system.inbox("ana").unread == 1
    assert system.rows("deliveries", "attempts") == [(0,)]
    profile.refuses = False
    eventually(lambda: mailer.letters)


def test_a_profile_that_is_down_is_no_fault_of_the_mails(system: Any, mailer: Any, profile: Any) -> None:
    profile.server.stop(0)
    system.match("o1", "ana")
    system.settle()
    assert system.inbox("ana").unread == 1
    assert states(system) == ["due"]


def test_who_has_no_address_is_sent_nothing(system: Any, mailer: Any) -> None:
    system.match("o1", "ana")
    system.mentorship("m1", "ASKED")
    eventually(lambda: states(system) == ["no_address", "no_address"])
    assert mailer.tried == 0


def test_erasing_takes_mails_out_of_the_queue(system: Any, mailer: Any, profile: Any, clock: Any) -> None:
    profile.add("ana")
    profile.refuses = True
    system.match("o1", "ana")
    system.settle()
    system.erase("person/ana")
    system.settle()
    profile.refuses = False
    assert system.rows("mails") == system.rows("deliveries") == []
    system.match("o1", "ben")
    eventually(lambda: states(system) == ["no_address"])
    assert mailer.letters == []


def test_erasing_reaches_a_mail_whose_address_is_already_known(system: Any, mailer: Any, profile: Any) -> None:
    profile.refuses = True
    for who in ("ana", "ben"):
        profile.add(who)
        system.match("o1", who)
    system.settle()

    def erase_the_other(letter: Any) -> None:
        system.erase("person/ben" if letter.to == "ana@example.org" else "person/ana")
        system.settle()

    mailer.before_sending = erase_the_other
    profile.refuses = False
    eventually(lambda: states(system) == ["sent"])
    assert mailer.tried == 1


def test_a_restart_goes_on_with_the_queue(start: Any, mailer: Any, profile: Any) -> None:
    profile.add("ana")
    profile.refuses = True
    with start() as system:
        system.match("o1", "ana")
        system.settle()
    profile.refuses = False
    with start():
        eventually(lambda: len(mailer.letters) == 1)


@files_only
def test_mails_that_the_first_release_queued_go(start: Any, mailer: Any, profile: Any, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "notifications.db")) as connection:
        connection.executescript((FIRST_RELEASE / "notifications.sql").read_text(encoding="utf-8"))
        queued = dict(connection.execute("SELECT mail, recipient FROM mails WHERE state = 'due'").fetchall())
    for recipient in queued.values():
        profile.add(recipient.removeprefix("person/"))
    with start() as system:
        eventually(lambda: "due" not in states(system))
        reasons = dict(system.rows("deliveries", "id, reason"))
    went = Counter(letter.id for letter in mailer.letters)
    to_mentors = {mail for mail, recipient in queued.items() if recipient.startswith("mentor/")}
    assert {mail: went[mail] for mail in queued} == {mail: int(mail not in to_mentors) for mail in queued}
    assert {reasons[mail] for mail in to_mentors} == {"no_address"}
    assert len(queued) == 7


def test_whoever_the_mentor_is_the_words_fit() -> None:
    told = {state: Words("fr").say(f"mail.MENTORSHIP_CHANGED.{state}") for state in ("ACCEPTED", "DECLINED", "ENDED")}
    assert told["ACCEPTED"] == "Ta demande de mentorat a été acceptée"
    assert not any("mentor " in text for text in told.values())
