"""Writes load to a running system and checks it: every acknowledged write is there and took effect exactly once.

An employer posts, changes, moves and closes offers; a partner enrols, changes, moves and erases people, all through
the public API, and whatever nobody answered is sent again under the same request id. Towns are so far apart that who
must be told of what is known without asking the system: those who live in the same town, and nobody else.

VIVIER_TEST_NIGHTLY makes tests under load longer (see `longer`), VIVIER_TEST_SEED chooses another load.
"""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
from api_clients import Employer, Partner, found, matches, mutation, offer_input, person_input
from harness import eventually
from stack import Stack, quiet

from services.cli.api import Api, ApiError

NIGHTLY = bool(os.environ.get("VIVIER_TEST_NIGHTLY"))
SEED = int(os.environ.get("VIVIER_TEST_SEED", "0"))
PATIENCE = 600.0 if NIGHTLY else 120.0
"""For so many seconds a write is sent again, and the system may work off what it has."""
TEST_SECONDS = 3600 if NIGHTLY else 600
"""The end of a test in which engines start, on a busy machine."""
OFFERS_IN_A_TOWN, PEOPLE_IN_A_TOWN = 8, 3
"""Far below what one change tells at most, also when all move to one town."""
TOWNS_AT_MOST = 8
RADIUS_KM = 5.0
INBOX = """query($id: ID!, $after: String) { person(id: $id) { notifications(first: 100, after: $after) {
  nodes { kind subjectId } pageInfo { hasNextPage endCursor } } } }"""
MINE = """query($first: Int!, $after: String) { myOffers(first: $first, after: $after) {
  nodes { id state title } pageInfo { hasNextPage endCursor } } }"""
_numbers = count(1)
_places = count()


def longer(seconds: float) -> float:
    """As it is, by day; ten times as long by night."""
    return seconds * 10 if NIGHTLY else seconds


@dataclass
class Entry:
    """An offer or a person, as it was last asked for."""

    number: int
    towns: list["Town"]  # where it ever was; the last is where it is
    id: str = ""
    said: dict[str, Any] = field(default_factory=dict)
    gone: bool = False  # closed, or erased
    for_nobody: bool = False  # an offer that asks for what nobody here has

    @property
    def town(self) -> "Town":
        return self.towns[-1]


@dataclass(frozen=True)
class Town:
    """A hundred kilometres from the next one, in the middle of the sea, where no other test has anything."""

    latitude: float
    longitude: float

    @property
    def point(self) -> dict[str, float]:
        return {"latitude": self.latitude, "longitude": self.longitude}


def new_town() -> Town:
    number = next(_places)
    return Town(30.0 + number % 15, -60.0 + 2.0 * (number // 15))


class Writer:
    """A client that writes one thing after the other, each until it is acknowledged."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.acknowledged = 0
        self.wanted = 0
        """How many acknowledged writes somebody waits for; once they are there, writing goes on with more leisure."""
        self.put_off = 0
        """Answers that said "try again later"."""
        self.strange: list[str] = []
        """Answers that are neither a success nor "try again later"."""
        self._http = httpx.Client(timeout=15)

    def write(self, verb: str, **said: Any) -> dict[str, Any]:
        """As a client does: what nobody answered is sent again, under the same request id."""
        until = time.monotonic() + PATIENCE
        body = {"query": mutation(verb), "variables": {"input": {**said, "requestId": f"load-{next(_numbers)}"}}}
        while (payload := self._attempt(body)) is None:
            assert time.monotonic() < until, f"{verb} was not acknowledged within {PATIENCE:g} s; {self.strange[-3:]}"
            time.sleep(0.1)
        result = payload[verb]
        row = result["results"][0] if "results" in result else result
        assert "reason" not in row, f"{verb} was refused: {row}"
        self.acknowledged += 1
        return dict(row)

    def _attempt(self, body: dict[str, Any]) -> dict[str, Any] | None:
        try:
            headers = {"authorization": f"Bearer {self.api.token()}"}
            answer = self._http.post(f"{self.api.url}/graphql", json=body, headers=headers)
        except (httpx.TransportError, ApiError):
            return None
        said = answer.json()
        codes = {error["extensions"]["code"] for error in said.get("errors", ())} or {said.get("code")}
        if answer.status_code == 200 and "errors" not in said:
            return dict(said["data"])
        if codes == {"UNAVAILABLE"}:
            self.put_off += 1
        else:
            self.strange.append(f"{answer.status_code} {answer.text[:300]}")
        return None


class LoadChecker:
    """`with checker.load(): …` writes while the block lasts; then `checker.check()` compares."""

    def __init__(self, running: Stack, seed: int = SEED) -> None:
        self.what = f"seed {seed}"
        self.running = running
        self.towns = [new_town()]
        first = {"point": self.towns[0].point}
        self.employer = Employer(running, "", place=first)
        self.partner = Partner(running, "")
        self.offers: list[Entry] = []
        self.people: list[Entry] = []
        self.employer_writer = Writer(self.employer.api)
        self.partner_writer = Writer(self.partner.api)
        self._dice = (random.Random(2 * seed), random.Random(2 * seed + 1))
        self._growing = threading.Lock()
        print(f"load of {self.what}")

    @contextmanager
    def load(self) -> Iterator[None]:
        """Both writers write until the block ends; their last writes are acknowledged when this returns."""
        enough = threading.Event()
        failures: list[BaseException] = []

        def work(writer: Writer, turn: Callable[[], None], dice: random.Random) -> None:
            try:
                while not enough.wait(dice.uniform(0, 0.1 if writer.acknowledged < writer.wanted else 1.0)):
                    turn()
            except BaseException as failure:  # told to the test below
                failures.append(failure)

        writers = [
            threading.Thread(target=work, args=(self.employer_writer, self.of_employer, self._dice[0])),
            threading.Thread(target=work, args=(self.partner_writer, self.of_partner, self._dice[1])),
        ]
        for writer in writers:
            writer.start()
        try:
            yield
        finally:
            enough.set()
            for writer in writers:
                writer.join()
        if failures:
            raise failures[0]

    def has_written(self, more: int) -> None:
        """Waits until each writer has so many more writes acknowledged."""
        writers = (self.employer_writer, self.partner_writer)
        for writer in writers:
            writer.wanted = writer.acknowledged + more
        eventually(lambda: all(writer.acknowledged >= writer.wanted for writer in writers), PATIENCE)

    def write(self, turns: int) -> None:
        """So many turns of each writer, now."""
        for _ in range(turns):
            self.of_employer()
            self.of_partner()

    def of_employer(self) -> None:
        """Something that an employer does."""
        dice = self._dice[0]
        open_ones = [each for each in self.offers if not each.gone]
        what = dice.choices(("post", "again", "retitle", "move", "close"), (6, 1, 2, 1, 2))[0]
        if what == "post" or not open_ones:
            self._post(dice)
            return
        offer = dice.choice(open_ones)
        if what == "close":
            offer.gone = True
            self.employer_writer.write("closeOffer", id=offer.id)
            return
        if what == "move" and (town := self._room(dice, self.offers, OFFERS_IN_A_TOWN)):
            offer.towns.append(town)
        if what == "retitle":
            offer.said["title"] = f"Vélociste {offer.number}, {dice.randrange(1000)} (H/F)"
        self._send_offer(offer)

    def of_partner(self) -> None:
        """Something that a partner does."""
        dice = self._dice[1]
        living = [each for each in self.people if not each.gone]
        what = dice.choices(("enrol", "again", "change", "move", "erase"), (6, 1, 2, 1, 2))[0]
        if what == "enrol" or not living:
            self._enrol(dice)
            return
        person = dice.choice(living)
        if what == "erase":
            person.gone = True
            self.partner_writer.write("erasePerson", id=person.id)
            return
        if what == "move" and (town := self._room(dice, self.people, PEOPLE_IN_A_TOWN)):
            person.towns.append(town)
        if what == "change":
            person.said["travel"] = {"limitKm": dice.choice((5, 10, 15, 20))}
        self._send_person(person)

    def _post(self, dice: random.Random) -> None:
        if (town := self._room(dice, self.offers, OFFERS_IN_A_TOWN)) is None:
            return
        offer = Entry(next(_numbers), [town], for_nobody=dice.random() < 0.15)
        if offer.for_nobody:
            offer.said["licences"] = ["D"]
        self.offers.append(offer)
        self._send_offer(offer)

    def _enrol(self, dice: random.Random) -> None:
        if (town := self._room(dice, self.people, PEOPLE_IN_A_TOWN)) is None:
            return
        person = Entry(next(_numbers), [town])
        self.people.append(person)
        self._send_person(person)

    def _room(self, dice: random.Random, entries: list[Entry], most: int) -> Town | None:
        """A town with room for one more; a new one where all are full, up to a point."""
        with self._growing:
            lived_in = Counter(each.town for each in entries if not each.gone)
            free = [town for town in self.towns if lived_in[town] < most]
            if not free and len(self.towns) < TOWNS_AT_MOST:
                free = [new_town()]
                self.towns += free
        return dice.choice(free) if free else None

    def _send_offer(self, offer: Entry) -> None:
        row = offer_input(offer.number, "", place={"point": offer.town.point}, **offer.said)
        offer.said.setdefault("title", row["title"])
        told = self.employer_writer.write("upsertOffers", offers=[row], publish=True)["offer"]["id"]
        self._enter(offer, told)

    def _send_person(self, person: Entry) -> None:
        row = {**person_input(person.number, ""), "place": {"point": person.town.point}, **person.said}
        said = self.partner_writer.write("upsertPeople", people=[row], consents=["EMPLOYERS"])
        self._enter(person, said["person"]["id"])

    def _enter(self, entry: Entry, told: str) -> None:
        assert entry.id in ("", told), f"{self.what}: {entry.number} was acknowledged as {entry.id} and as {told}"
        entry.id = told

    def is_told(self) -> bool:
        """Whether everybody was told of all that matches them now; asked of the store, since a service may sleep."""
        told = set(self.running.rows("notifications", "SELECT recipient, subject_id FROM notifications"))
        return told >= {(f"person/{p.id}", offer) for p in self.people if not p.gone for offer in self._due(p)}

    def check(self) -> None:
        """Waits until no service has work left, then compares; the system must be healthy by then."""
        quiet(self.running, PATIENCE)
        strange = self.employer_writer.strange + self.partner_writer.strange
        assert strange == [], f"{self.what}: answers that are neither yes nor later"
        self._check_status()
        self._check_offers()
        self._check_search()
        for person in self.people:
            if person.gone:
                self._check_erased(person)
            else:
                self._check_matches(person)
                self._check_inbox(person)
        self._check_decisions()

    def _check_status(self) -> None:
        status = self.running.status()
        assert {name: each["deadLetters"] for name, each in status.items() if each["deadLetters"]} == {}, self.what
        assert {w["state"] for each in status.values() for w in each["workers"]} == {"running"}, self.what

    def _check_offers(self) -> None:
        held = {each["id"]: (each["state"], each["title"]) for each in self.employer.api.pages(MINE)}
        expected = {each.id: ("CLOSED" if each.gone else "PUBLISHED", each.said["title"]) for each in self.offers}
        assert held == expected, f"{self.what}: what was acknowledged of offers is not what is there"

    def _check_search(self) -> None:
        for town in self.towns:
            hits = found(self.partner.api, near={"point": town.point, "radiusKm": RADIUS_KM})
            expected = sorted(each.id for each in self.offers if each.town == town and not each.gone)
            assert sorted(hits) == expected, f"{self.what}: search near {town}"

    def _check_matches(self, person: Entry) -> None:
        listed = matches(self.partner.api, person.id)
        assert listed.keys() == self._due(person), f"{self.what}: matches of {person.id}"

    def _check_inbox(self, person: Entry) -> None:
        """Told of each match once; beyond them only of what was one for a while."""
        told = self._inbox(person)
        twice = {each: times for each, times in told.items() if times > 1}
        assert twice == {}, f"{self.what}: {person.id} was told twice"
        of_matches = {subject for kind, subject in told if kind == "OFFER_MATCHED"}
        missing, strange = self._due(person) - of_matches, of_matches - self._possible(person)
        assert (missing, strange) == (set(), set()), f"{self.what}: told too little or too much to {person.id}"
        gone = {subject for kind, subject in told if kind == "OFFER_GONE"}
        closed = {each.id for each in self.offers if each.gone}
        assert gone <= closed & of_matches, f"{self.what}: {person.id} was told the end of what is open or was unknown"

    def _check_erased(self, person: Entry) -> None:
        asked = self.running.operator.ask("query($id: ID!) { person(id: $id) { id } }", {"id": person.id})
        assert asked == {"person": None}, f"{self.what}: {person.id} was erased"
        for store, table, column in (
            ("profile", "people", "id"),
            ("matching", "matches", "person_id"),
            ("matching", "shown", "person_id"),
            ("notifications", "notifications", "recipient"),
            ("notifications", "mails", "recipient"),
            ("notifications", "deliveries", "target"),
            ("notifications", "people", "id"),
        ):
            value = f"person/{person.id}" if column in ("recipient", "target") else person.id
            (left,) = self.running.rows(store, f"SELECT count(*) FROM {table} WHERE {column} = ?", value)
            assert left == (0,), f"{self.what}: {person.id} was erased and is in {store}.{table}"

    def _check_decisions(self) -> None:
        """Also in the stores themselves, for everybody who ever was on this system."""
        query = "SELECT recipient, kind, subject_id, count(*) FROM notifications GROUP BY 1, 2, 3 HAVING count(*) > 1"
        twice = [row for row in self.running.rows("notifications", query) if row[1] != "MENTORSHIP_CHANGED"]
        assert twice == [], f"{self.what}: a notification occurs twice"
        decided = set(self.running.rows("matching", "SELECT person_id, offer_id FROM matches"))
        due = {(person.id, offer) for person in self.people if not person.gone for offer in self._due(person)}
        assert due - decided == set(), f"{self.what}: matches that were not decided"

    def _due(self, person: Entry) -> set[str]:
        """The offers that match them, now."""
        return {o.id for o in self.offers if o.town == person.town and not o.gone and not o.for_nobody}

    def _possible(self, person: Entry) -> set[str]:
        """The offers that match them or did for a while."""
        return {o.id for o in self.offers if not o.for_nobody and not set(o.towns).isdisjoint(person.towns)}

    def _inbox(self, person: Entry) -> Counter[tuple[str, str]]:
        told: Counter[tuple[str, str]] = Counter()
        after = None
        while True:
            page = self.partner.api.ask(INBOX, {"id": person.id, "after": after})["person"]["notifications"]
            told.update((each["kind"], each["subjectId"]) for each in page["nodes"])
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return told
