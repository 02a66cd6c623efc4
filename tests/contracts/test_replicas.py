"""Two processes of one service over one store on PostgreSQL: races that cannot happen with SQLite's single writer."""

import base64
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from harness import SECRET, Ask, FakeClock, eventually, running
from in_process_services import EMPLOYER, PARTNER, SKILLS, STUBS, offer_row, person_row
from schemas import namespace_on_postgres, store_at
from sirets import siret
from vivier.matching.v1 import events_pb2 as matching_events
from vivier.offers.v1 import events_pb2 as offer_events
from vivier.offers.v1 import offers_pb2
from vivier.profile.v1 import profile_pb2

from services.kit.auth import Caller, Role
from services.kit.bus_embedded import EmbeddedLog
from services.kit.database import open_database
from services.kit.errors import Conflict, Refused, RetryLater
from services.kit.ids import random_id
from services.kit.outbox import outgoing, tombstone
from services.kit.private.master_key import MasterKey, MasterKeyRefused, PrivateSettings, StoreVault
from services.matching import store as matching
from services.notifications.store.tables import ERASED, NOTIFICATIONS
from services.offers import store as offer_store
from services.profile.store.tables import KEYS, MASTER, PEOPLE
from tests.kit.test_migrations import OWN, migrations

MENTOR = Caller(Role.MENTOR, "jo", "test")
ROUNDS = 8


class Pair:
    """Two processes of a service, one store, one log; `store` is the test's own look at it."""

    def __init__(self, name: str, address: str, namespace: str, folder: Path) -> None:
        self.log = EmbeddedLog(folder / "log.db")
        self.clock = FakeClock()
        self.settings = {"postgres": address, "namespace": namespace, "secret": SECRET, "home": folder}
        self.store_url = store_at(address, namespace, name)
        self.store = open_database(self.store_url, OWN[name], migrations(name))
        self.store.migrate()
        self.asks: list[Ask] = []

    def at_once(self, *steps: Callable[[Ask], Any]) -> list[Any]:
        """Each at the next process, at the same moment; a refusal is an answer."""
        start = threading.Barrier(len(steps))

        def run(at: int) -> Any:
            start.wait()
            try:
                return patiently(lambda: steps[at](self.asks[at % 2]))
            except Refused as refusal:
                return refusal.reason

        with ThreadPoolExecutor(len(steps)) as pool:
            return list(pool.map(run, range(len(steps))))

    def rows(self, query: Any) -> Sequence[Any]:
        with self.store.reading() as connection:
            return connection.execute(query).all()


def patiently(step: Callable[[], Any]) -> Any:
    """As a client does that is told to come back."""
    for _ in range(20):
        try:
            return step()
        except RetryLater:
            pass
    return step()


@contextmanager
def pair(name: str, folder: Path, **more: Any) -> Iterator[Pair]:
    app = import_module(f"services.{name}.app")
    with namespace_on_postgres() as (address, namespace), ExitStack() as stack:
        both = Pair(name, address, namespace, folder)
        stack.callback(both.log.close)
        stack.callback(both.store.close)
        for _ in range(2):
            settings = app.SETTINGS(**both.settings, **{f"{name}_address": "127.0.0.1:0"}, **more)
            service = app.build(settings, both.log, both.clock)
            both.asks.append(stack.enter_context(running(service, STUBS[name])))
        yield both


# -- profile


@pytest.fixture
def profile(tmp_path: Path) -> Iterator[Pair]:
    with pair("profile", tmp_path) as both:
        yield both


def enrol(both: Pair, number: int) -> str:
    request = profile_pb2.UpsertPeopleRequest(people=[person_row(number)])
    person: str = both.asks[0]("UpsertPeople", request, PARTNER).results[0].person.id
    return person


def welcome(both: Pair, capacity: int) -> None:
    mentor = profile_pb2.Mentor(display_name="Jo", association="article-1", capacity=capacity, open=True)
    both.asks[0]("UpsertMentor", profile_pb2.UpsertMentorRequest(mentor=mentor), MENTOR)


def asking(person: str) -> Callable[[Ask], Any]:
    request = profile_pb2.AskMentorRequest(person_id=person, mentor_id="jo", message="Bonjour")
    return lambda ask: ask("AskMentor", request, PARTNER).mentorship.id


def test_a_mentor_never_has_more_mentees_than_they_take(profile: Pair) -> None:
    for n in range(ROUNDS):
        welcome(profile, capacity=n + 1)
        asked = [asking(enrol(profile, 10 * n + k))(profile.asks[0]) for k in range(3)]
        accept = [profile_pb2.AcceptMentorshipRequest(id=each) for each in asked]
        answers = profile.at_once(*(lambda ask, r=r: ask("AcceptMentorship", r, MENTOR) for r in accept))
        assert sorted(map(str, answers)).count("MENTOR_FULL") == 2, answers


def test_a_person_asks_a_mentor_once_at_a_time(profile: Pair) -> None:
    welcome(profile, capacity=5)
    person = enrol(profile, 1)
    for _ in range(ROUNDS):
        answers = profile.at_once(asking(person), asking(person))
        assert answers.count("MENTORSHIP_EXISTS") == 1, answers
        (mentorship,) = set(answers) - {"MENTORSHIP_EXISTS"}
        profile.asks[0]("DeclineMentorship", profile_pb2.DeclineMentorshipRequest(id=mentorship), MENTOR)


def test_who_is_erased_while_they_are_written_stays_erased(profile: Pair) -> None:
    for n in range(ROUNDS):
        person = enrol(profile, n)
        put = profile_pb2.PutSkillRequest(person_id=person, skill=profile_pb2.PersonSkill(code=SKILLS[0]))
        again = profile_pb2.UpsertPeopleRequest(people=[person_row(n, language="en")])
        gone = profile_pb2.ErasePersonRequest(id=person)
        profile.at_once(
            lambda ask, r=put: ask("PutSkill", r, PARTNER),
            lambda ask, r=gone: ask("ErasePerson", r, PARTNER),
            lambda ask, r=again, p=person: ask("UpsertPeople", r, PARTNER).results[0].person.id == p,
        )
        assert not profile.rows(PEOPLE.select().where(PEOPLE.c.id == person))
        assert not profile.rows(KEYS.select().where(KEYS.c.person_id == person))
    eventually(lambda: tombstones_are_last(profile))


def tombstones_are_last(both: Pair) -> bool:
    last = {record.event.key: record.event.payload for record in both.log.replay("vivier.profile.v1")}
    held = {f"person/{row.id}" for row in both.rows(PEOPLE.select())}
    return {key for key, payload in last.items() if payload is not None} == held


def test_the_same_request_at_the_same_time_is_carried_out_once(profile: Pair) -> None:
    for n in range(ROUNDS):
        request = profile_pb2.UpsertPeopleRequest(request_id=f"r{n}", people=[person_row(n)])
        answers = profile.at_once(*[lambda ask, r=request: ask("UpsertPeople", r, PARTNER).results[0].person.id] * 4)
        assert len(set(answers)) == 1, answers


def test_of_two_master_keys_the_store_accepts_one(tmp_path: Path) -> None:
    """Both processes start for the first time, each with a key of its own."""
    with namespace_on_postgres() as (address, namespace):
        store = open_database(store_at(address, namespace, "profile"), OWN["profile"], migrations("profile"))
        store.migrate()
        given = [base64.b64encode(bytes([n] * 32)).decode() for n in range(2)]
        keys = [MasterKey(PrivateSettings(home=tmp_path, secret=SECRET, master_key=each)) for each in given]
        vaults = [StoreVault(store, MASTER, "profile", key) for key in keys]
        with store.only_one("master"), pytest.raises(RetryLater, match="another process"):
            vaults[0].open()
        vaults[0].open()
        with pytest.raises(MasterKeyRefused, match="written under another master key"):
            vaults[1].open()
        store.close()


# -- offers


@pytest.fixture
def offers(tmp_path: Path) -> Iterator[Pair]:
    with pair("offers", tmp_path) as both:
        yield both


def written(identifier: str, number: int, name: str = "Cycles") -> Callable[[Ask], Any]:
    said = offers_pb2.Organisation(kind=offers_pb2.ORGANISATION_KIND_EMPLOYER, name=name, siret=siret(number))
    request, caller = offers_pb2.UpsertOrganisationRequest(organisation=said), Caller(Role.RECRUITER, identifier, "t")
    return lambda ask: ask("UpsertOrganisation", request, caller).organisation.id


def posting(*numbers: int) -> Callable[[Ask], Any]:
    request = offers_pb2.UpsertOffersRequest(offers=[offer_row(n) for n in numbers], publish=True)
    return lambda ask: [each.offer.id for each in ask("UpsertOffers", request, EMPLOYER).results]


def test_an_establishment_writes_itself_once(offers: Pair) -> None:
    for n in range(ROUNDS):
        answers = offers.at_once(*(written(f"org-{n}-{k}", n) for k in range(3)))
        assert answers.count("SIRET_TAKEN") == 2, answers


def test_an_offer_that_two_bring_is_one(offers: Pair) -> None:
    written("cycles", 1)(offers.asks[0])
    for n in range(ROUNDS):
        one, other = offers.at_once(posting(n, n + 100), posting(n + 100, n))
        assert set(one) == set(other)


def test_what_is_told_of_offers_ends_with_the_present_name(offers: Pair) -> None:
    written("cycles", 1)(offers.asks[0])
    for n in range(ROUNDS):
        offers.at_once(posting(4 * n), written("cycles", 1, f"Cycles {n}"), posting(4 * n + 1))

    def names() -> set[str]:
        last = {r.event.key: r.event.payload for r in offers.log.replay("vivier.offers.v1") if "offer/" in r.event.key}
        return {offer_events.OfferChanged.FromString(payload or b"").organisation_name for payload in last.values()}

    eventually(lambda: names() == {f"Cycles {ROUNDS - 1}"}, 30)


def test_an_organisation_does_not_change_while_something_is_told_in_its_name(offers: Pair) -> None:
    written("cycles", 1)(offers.asks[0])
    with pytest.raises(Conflict), offers.store.transaction() as posts:  # noqa: PT012 — the block is the transaction
        offer_store.owners(posts, ["cycles"])
        written("cycles", 1, "Renamed")(offers.asks[0])
        offer_store.lock_owners(posts, ["cycles"])
    with ThreadPoolExecutor(1) as pool:
        with offers.store.transaction() as posts:
            offer_store.lock_owners(posts, ["cycles"])
            renaming = pool.submit(written("cycles", 1, "Renamed again"), offers.asks[0])
            with pytest.raises(TimeoutError):
                renaming.result(0.3)
        renaming.result(10)


# -- notifications


@pytest.fixture
def notifications(tmp_path: Path) -> Iterator[Pair]:
    with pair("notifications", tmp_path, profile_address="127.0.0.1:1") as both:
        yield both


def match(both: Pair, offer: str, *people: str) -> None:
    matched = [matching_events.MatchedPerson(person_id=each, score=0.5) for each in people]
    event = outgoing(f"offer-matches/{offer}", matching_events.OfferMatched(offer_id=offer, people=matched))
    both.log.append([replace(event, id=random_id(), time=both.clock())])


def test_republications_run_one_after_the_other(notifications: Pair) -> None:
    """So a day's cap is counted rightly, and a stream is never past a sequence that is committed late."""
    turns = open_database(notifications.store_url, OWN["notifications"], migrations("notifications"), one_writer=True)
    turns.migrate()
    with turns.transaction():
        for n in range(16):
            match(notifications, f"o{n}", "ana")
        with pytest.raises(AssertionError, match="still not true"):
            eventually(lambda: notifications.rows(NOTIFICATIONS.select()), 1.0)
    eventually(lambda: len(notifications.rows(NOTIFICATIONS.select())) == 16)
    turns.close()


def test_what_is_told_while_its_recipient_is_erased_goes_with_them(notifications: Pair) -> None:
    people = [f"p{n}" for n in range(20)]
    for n, person in enumerate(people):
        for k in range(4):
            match(notifications, f"o{n}-{k}", person)
        gone = tombstone("vivier.profile.v1", f"person/{person}")
        notifications.log.append([replace(gone, id=random_id(), time=notifications.clock())])
        for k in range(4, 8):
            match(notifications, f"o{n}-{k}", person)
    eventually(lambda: len(notifications.rows(ERASED.table.select())) == len(people), 30)
    match(notifications, "last", "witness")
    eventually(lambda: notifications.rows(NOTIFICATIONS.select().where(NOTIFICATIONS.c.recipient == "person/witness")))
    assert {row.recipient for row in notifications.rows(NOTIFICATIONS.select())} == {"person/witness"}


# -- matching


def test_a_person_just_erased_is_erased_again(tmp_path: Path) -> None:
    """A list that was being shown in another process knew nothing of the erasure."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    with namespace_on_postgres() as (address, namespace):
        store = open_database(store_at(address, namespace, "matching"), OWN["matching"], migrations("matching"))
        store.migrate()
        pairs = [matching.Pair(person, "o", 0.5, "m1", 1, 1) for person in ("ana", "bo")]
        with store.transaction() as showing:
            assert matching.people_told(showing, "o") == set()
            with store.transaction() as erasing:
                matching.forget_person(erasing, "ana", now)
            matching.keep_pairs(showing, pairs, now)
        with store.transaction() as sweeping:
            assert matching.forgotten(sweeping) == ["ana"]
            matching.forget_again(sweeping, ["ana"], now.replace(year=2025))
        with store.transaction() as sweeping:
            assert matching.people_told(sweeping, "o") == {"bo"}
            matching.forget_again(sweeping, ["ana"], now.replace(year=2027))
            assert sweeping.execute(matching.FORGOTTEN.table.select()).all() == []
        store.close()
