"""Somebody is erased while they are everywhere: in a backlog, among the dead letters, in the queue of mails."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from harness import bytes_on_disk, eventually
from in_process_services import PARTNER, InProcessServices
from vivier.profile.v1 import profile_pb2

from services.kit.bus import Event
from services.kit.errors import RetryLater
from services.kit.ids import random_id
from services.notifications.mailer import Letter

CANARY = b"Canari51f8"
PROFILE = "vivier.profile.v1"


@dataclass
class Mailer:
    """A mail server that takes nothing until it is told to."""

    works: bool = False
    tried: int = 0
    letters: list[Letter] = field(default_factory=list)

    def send(self, letter: Letter) -> None:
        self.tried += 1
        if not self.works:
            raise RetryLater("the mail server is away")
        self.letters.append(letter)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[InProcessServices]:
    started = InProcessServices(tmp_path)
    started.start("profile", "offers")
    started.employ()
    yield started
    started.close()


def erase(services: InProcessServices, person: str) -> None:
    services.ask["profile"]("ErasePerson", profile_pb2.ErasePersonRequest(id=person), PARTNER)


def anything_of(services: InProcessServices, person: str) -> dict[str, int]:
    """How many rows of the person each store still has; the mark that they were erased is not one of them."""
    stores = {
        "matching": ("matches", "course_matches", "shown"),
        "notifications": ("notifications", "people", "mails", "deliveries", "preferences"),
        "profile": ("people",),
    }
    columns = {"people": "id", "deliveries": "target"}
    columns |= dict.fromkeys(("notifications", "mails", "preferences"), "recipient")
    return {
        f"{store}.{table}": count
        for store, tables in stores.items()
        for table in tables
        for (count,) in services.rows(
            store, f"SELECT count(*) FROM {table} WHERE {columns.get(table, 'person_id')} LIKE ?", f"%{person}%"
        )
        if count
    }


def test_a_match_that_is_made_after_the_erasure_tells_nobody(services: InProcessServices) -> None:
    """Matching is behind: it reads of the person when notifications has long forgotten them."""
    services.start("notifications")
    erased, other = services.enrol(1, 2)
    (offer,) = services.post(1)
    erase(services, erased)
    services.quiet()
    services.start("matching")
    services.quiet()
    assert [n.subject_id for n in services.inbox(other)] == [offer]
    assert services.inbox(erased) == []
    assert anything_of(services, erased) == {}


def test_a_mail_that_waits_is_not_sent_after_the_erasure(services: InProcessServices) -> None:
    mailer = Mailer()
    services.start("matching")
    services.start("notifications", mailer=mailer)
    erased, other = services.enrol(1, 2)
    services.post(1)
    eventually(lambda: mailer.tried >= 2)
    erase(services, erased)
    services.quiet()
    services.write("notifications", "UPDATE deliveries SET due_at = 0")
    mailer.works = True
    eventually(lambda: mailer.letters)
    services.write("notifications", "UPDATE deliveries SET due_at = 0")
    eventually(lambda: services.rows("notifications", "SELECT 1 FROM mails WHERE state = 'due'") == [])
    assert [letter.to for letter in mailer.letters] == ["p2@example.org"]
    assert anything_of(services, erased) == {}
    assert anything_of(services, other)


def test_a_dead_letter_about_the_person_leaves_the_disk(services: InProcessServices) -> None:
    services.start("matching", "notifications")
    (person,) = services.enrol(1)
    poison = Event(PROFILE, f"person/{person}", f"{PROFILE}.PersonChanged", b"\xff" + CANARY, random_id(), now())
    services.log.append([poison])
    for name in ("matching", "notifications"):
        eventually(lambda name=name: services.status(name).dead_letters == 1)
    assert holding(services.home) >= {"log.db"}
    erase(services, person)
    services.quiet()
    for name in ("matching", "notifications"):
        assert services.status(name).dead_letters == 0
    services.log.compact(PROFILE)  # comes round by itself every few minutes
    eventually(lambda: holding(services.home) == set())
    services.stop("matching")
    services.start("matching")
    services.quiet()
    assert holding(services.home) == set()
    assert anything_of(services, person) == {}


def now() -> datetime:
    return datetime.now(UTC)


def holding(home: Path) -> set[str]:
    """The files that have the planted bytes, whichever half of the log they are in."""
    return {name.removesuffix("-wal") for name, content in bytes_on_disk(home).items() if CANARY in content}
