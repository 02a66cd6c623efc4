"""Processes of the whole system are killed or frozen while people and offers come in; then the books are balanced.

VIVIER_TEST_SEEDS is the number of seeds; a failure names its seed. All seeds share one system, each in a town of its
own, so a later seed also finds what an earlier one left behind.
"""

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from actors import Employer, Partner, done, found, inbox, matches, offer_input, person_input, tell
from harness import eventually
from stack import Bearer, Stack, quiet, stack

from services.cli.api import ApiError
from services.demo.words import TOWNS
from services.kit.bus import Event
from services.kit.bus_embedded import EmbeddedLog
from services.kit.ids import random_id

SEEDS = range(int(os.environ.get("VIVIER_TEST_SEEDS", "3")))
OFFERS, PEOPLE, KILLS = 10, 4, 3
PATIENCE = 60.0
ALL_AT_ONCE = 0.35
"""Of the seeds kill several processes at the same moment."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("home")) as started:
        yield started


@dataclass
class Ledger:
    """What was acknowledged."""

    employer: Employer
    partner: Partner
    offers: dict[str, str] = field(default_factory=dict)  # external id → id
    people: dict[str, str] = field(default_factory=dict)

    def post(self, number: int) -> None:
        row = offer_input(number, self.employer.town)
        result = insisting(lambda: self.employer.upsert(row))[0]
        self._enter(self.offers, row["externalId"], result["offer"]["id"])

    def enrol(self, number: int) -> None:
        row = person_input(number, self.partner.town)
        result = insisting(lambda: self.partner.upsert(row))[0]
        self._enter(self.people, row["externalId"], result["person"]["id"])

    def _enter(self, book: dict[str, str], name: str, identifier: str) -> None:
        assert book.setdefault(name, identifier) == identifier, f"{name} was acknowledged under two ids"


def insisting(write: Callable[[], Any]) -> Any:
    """As a client does: a write that nobody answered is sent again, until somebody does."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            return write()
        except (ApiError, OSError) as error:
            last = error
            time.sleep(0.05)
    raise AssertionError(f"never acknowledged: {last}")


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_any_moment_nothing_acknowledged_is_lost_or_told_twice(running: Stack, seed: int) -> None:
    dice = random.Random(seed)
    town = TOWNS[seed % len(TOWNS)]
    ledger = Ledger(Employer(running, town), Partner(running, town))
    todo = [(ledger.post, n) for n in range(OFFERS)] + [(ledger.enrol, n) for n in range(PEOPLE)]
    todo += dice.sample(todo, 4)  # some are sent twice
    dice.shuffle(todo)
    with killing(running, dice):
        for write, number in todo:
            write(number)
            time.sleep(dice.uniform(0, 0.1))
    quiet(running, PATIENCE)
    assert_balanced(running, ledger, f"seed {seed}")


@contextmanager
def killing(running: Stack, dice: random.Random) -> Iterator[None]:
    """Kills children while the block lasts."""
    moments = [dice.uniform(0, 0.5) for _ in range(KILLS)]
    choices = [dice.randrange(100) for _ in range(KILLS)]
    several = dice.random() < ALL_AT_ONCE

    def kill() -> None:
        for moment, choice in zip(moments, choices, strict=True):
            time.sleep(moment)
            pids = sorted(set(running.supervisor.pids().values()))
            for pid in pids if several else [pids[choice % len(pids)]]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if several:
                return

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        killer.join()


def assert_balanced(running: Stack, ledger: Ledger, what: str) -> None:
    """Every acknowledged offer is there and found; every expected match and notification is there once."""
    offers, people = set(ledger.offers.values()), set(ledger.people.values())
    api = ledger.partner.api
    assert (len(offers), len(people)) == (OFFERS, PEOPLE), what
    nodes = list(
        ledger.employer.api.pages(
            "query($first: Int!, $after: String) { myOffers(first: $first, after: $after)"
            " { nodes { id state } pageInfo { hasNextPage endCursor } } }"
        )
    )
    assert {each["id"] for each in nodes if each["state"] == "PUBLISHED"} == offers, f"{what}: acknowledged but gone"
    lost = offers - set(found(api, near={"place": ledger.employer.town, "radiusKm": 5}))
    assert not lost, f"{what}: not found by search {lost}"
    for person in people:
        assert set(matches(api, person)) >= offers, (
            f"{what}: {person} does not match {offers - set(matches(api, person))}"
        )
        told = Counter(inbox(api, person))
        assert offers <= set(told), f"{what}: {person} was never told of {offers - set(told)}"
        assert set(told.values()) == {1}, f"{what}: {person} was told twice"
    pairs = running.rows(
        "notifications", "SELECT recipient, kind, subject_id, count(*) FROM notifications GROUP BY 1, 2, 3"
    )
    assert {count for *_, count in pairs} == {1}, f"{what}: a notification occurs twice"
    decided = {(p, o) for p, o in running.rows("matching", "SELECT person_id, offer_id FROM matches") if p in people}
    assert decided >= {(person, offer) for person in people for offer in offers}, f"{what}: a match was not decided"
    status = running.status().values()
    assert [each for each in status if each["deadLetters"] or each["outboxRows"]] == [], what
    assert {w["state"] for each in status for w in each["workers"]} == {"running"}, what


def test_a_frozen_matching_process_goes_on_where_it_was(running: Stack) -> None:
    ledger = Ledger(Employer(running, "29232"), Partner(running, "29232"))
    matching = running.supervisor.pids()["matching"]
    ledger.enrol(0)
    os.kill(matching, signal.SIGSTOP)
    try:
        for number in range(OFFERS):
            ledger.post(number)
        for number in range(PEOPLE):
            ledger.enrol(number)
        offer = ledger.offers["offer-0"]
        assert ledger.employer.api.ask("query($id: ID!) { offer(id: $id) { id } }", {"id": offer})["offer"]
        time.sleep(3.0)  # for so long it is frozen; nothing is waited for
    finally:
        os.kill(matching, signal.SIGCONT)
    quiet(running, PATIENCE)
    assert_balanced(running, ledger, "frozen")
    for offer in ledger.offers.values():
        done(ledger.employer.api, "closeOffer", id=offer)
    eventually(lambda: found(ledger.partner.api, near={"place": "29232", "radiusKm": 5}) == [])


def test_an_open_stream_goes_on_when_the_service_that_feeds_it_is_killed(running: Stack) -> None:
    """The match is made while the service is down, so that it is told before anybody listens again."""
    ledger, reader = reading_from(running, "22278")
    pids = running.supervisor.pids()
    with reader.events("0") as stream:
        for number in range(4):
            if number == 2:
                os.kill(pids["matching"], signal.SIGSTOP)
            ledger.post(number)
            if number == 2:
                os.kill(pids["notifications"], signal.SIGKILL)
                os.kill(pids["matching"], signal.SIGCONT)
            event = next(event for event in stream if "data" in event)
            assert json.loads(event["data"])["subjectId"] == ledger.offers[f"offer-{number}"]


def test_a_reader_whose_gateway_is_killed_comes_back_and_misses_nothing(running: Stack) -> None:
    ledger, reader = reading_from(running, "25056")
    told: list[str] = []
    last = "0"
    for number in range(5):
        if number == 2:
            os.kill(running.supervisor.pids()["gateway"], signal.SIGKILL)
        ledger.post(number)
        last = read_on(reader, last, told, number + 1)
    quiet(running, PATIENCE)
    assert told == [ledger.offers[f"offer-{number}"] for number in range(5)], "in order, each once"


def reading_from(running: Stack, town: str) -> tuple[Ledger, Bearer]:
    """A person to whom offers of that town are told, and their own token."""
    ledger = Ledger(Employer(running, town), Partner(running, town))
    ledger.enrol(0)
    quiet(running, PATIENCE)
    return ledger, running.exchange(ledger.partner.api, ledger.people["person-0"])


def read_on(reader: Bearer, last: str, told: list[str], count: int) -> str:
    """Until so many are told in all; who is cut off comes back with the last id."""
    until = time.monotonic() + PATIENCE
    while len(told) < count:
        assert time.monotonic() < until, f"only {len(told)} of {count} came"
        with suppress(httpx.HTTPError, AssertionError), reader.events(last) as stream:
            for event in stream:
                last = event.get("id", last)
                told += [json.loads(event["data"])["subjectId"]] if "data" in event else []
                if len(told) == count:
                    break
    return last


def test_an_operator_lists_retries_and_drops_dead_letters(running: Stack) -> None:
    quiet(running, PATIENCE)
    log = EmbeddedLog(running.home / "log.db")
    changed = "vivier.offers.v1.OfferChanged"
    log.append([Event("vivier.offers.v1", f"offer/{n}", changed, b"\xff", random_id(), now()) for n in range(2)])
    log.close()
    eventually(lambda: len(dead_letters(running)) == 2, PATIENCE)
    letters = dead_letters(running)
    assert {(each["key"], each["reason"], each["size"]) for each in letters} == {
        (f"offer/{n}", "DecodeError", 1) for n in range(2)
    }
    again = tell(running.operator, "retryDeadLetter", service="MATCHING", id=letters[0]["id"])
    assert again["reason"] == "STILL_FAILS"
    assert len(dead_letters(running)) == 2, "it fails again, and stays"
    for each in letters:
        done(running.operator, "dropDeadLetter", service="MATCHING", id=each["id"])
    assert dead_letters(running) == []
    again = tell(running.operator, "dropDeadLetter", service="MATCHING", id=letters[0]["id"])
    assert again["reason"] == "DEAD_LETTER_NOT_FOUND"
    log = EmbeddedLog(running.home / "log.db")
    log.append([Event("vivier.offers.v1", f"offer/{n}", "", None, random_id(), now()) for n in range(2)])
    log.close()
    quiet(running, PATIENCE)


def dead_letters(running: Stack) -> list[dict[str, Any]]:
    query = "{ deadLetters(service: MATCHING) { nodes { id key reason size partition offset type group } } }"
    nodes: list[dict[str, Any]] = running.operator.ask(query)["deadLetters"]["nodes"]
    return nodes


def now() -> datetime:
    return datetime.now(UTC)
