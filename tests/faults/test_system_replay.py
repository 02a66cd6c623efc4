"""What is heard again, lost from the index, or cannot be understood: the state stays, and nobody is told twice."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from harness import OPERATOR, FakeClock, eventually
from in_process_services import EMPLOYER, PARTNER, InProcessServices, in_process_services
from indices import drop, namespace_on_elasticsearch
from vivier.common.v1 import common_pb2 as common
from vivier.common.v1 import operations_pb2
from vivier.matching.v1 import matching_pb2
from vivier.notifications.v1 import notifications_pb2
from vivier.offers.v1 import events_pb2 as offer_events
from vivier.offers.v1 import offers_pb2
from vivier.profile.v1 import profile_pb2

from services.kit.bus import Event, Record
from services.kit.dispatch import Batch, Listens
from services.kit.ids import random_id
from services.kit.outbox import Unit
from services.matching.events import listens

OFFERS, PROFILE, MATCHING = "vivier.offers.v1", "vivier.profile.v1", "vivier.matching.v1"
GONE = notifications_pb2.NOTIFICATION_KIND_OFFER_GONE
CHANGED = f"{OFFERS}.OfferChanged"
FAR = common.Place(commune_code="69383")
QUESTIONS: tuple[dict[str, Any], ...] = ({}, {"text": "vélo"}, {"text": "mecanicienne"}, {"skill_codes": ["512580"]})


@pytest.fixture
def services(tmp_path: Path) -> Iterator[InProcessServices]:
    with in_process_services(tmp_path) as started:
        yield started


@pytest.fixture(params=["embedded", "elasticsearch"])
def index(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The settings that choose it. On a busy machine a search may take longer than somebody would wait."""
    if request.param == "embedded":
        yield {}
        return
    for seconds in ("SEARCH_SECONDS", "CANDIDATE_SECONDS", "COUNT_SECONDS"):
        monkeypatch.setattr(f"services.matching.index_elastic.{seconds}", 20.0)
    with namespace_on_elasticsearch() as (address, namespace):
        yield {"elasticsearch": address, "namespace": namespace}


def live_a_little(services: InProcessServices) -> tuple[list[str], list[str]]:
    """Offers and people come, change, move and go in an order that a replay by topic does not keep."""
    early = services.enrol(1, 2)
    offers = services.post(*range(6))
    services.quiet()
    services.ask["offers"]("CloseOffer", offers_pb2.CloseOfferRequest(id=offers[0]), EMPLOYER)
    services.quiet()
    eventually(lambda: all(GONE in {n.kind for n in services.inbox(each)} for each in early))
    late = services.enrol(3, 4)  # never told of the closed one
    services.post(1, title="Mécanicienne ou mécanicien vélo, encore", place=FAR)  # moved away
    services.quiet()
    later = services.enrol(5)
    services.enrol(1, place=FAR)  # moved there
    services.ask["profile"]("ErasePerson", profile_pb2.ErasePersonRequest(id=early[1]), PARTNER)
    services.quiet()
    return [early[0], *late, *later], offers


def seen(services: InProcessServices, people: list[str]) -> Any:
    """What searches and lists answer; scores to six places, since freshness fades."""
    searches = [[(o, round(s, 6)) for o, s in services.found(**each)] for each in QUESTIONS]
    return searches, [{o: round(s, 5) for o, s in services.matches(each).items()} for each in people]


def test_a_lost_index_is_rebuilt_from_a_compacted_log_and_answers_as_before(
    tmp_path: Path, index: dict[str, str]
) -> None:
    with in_process_services(tmp_path, FakeClock(datetime.now(UTC)), **index) as services:
        people, _ = live_a_little(services)
        before, told = seen(services, people), services.told()
        assert all(before[0]), "the questions find something"
        services.stop("matching")
        assert all(services.log.compact(topic) for topic in (OFFERS, PROFILE))
        if index:
            drop(index["elasticsearch"], index["namespace"])
        services.start("matching")
        services.quiet()
        assert seen(services, people) == before
        assert services.told() == told


@pytest.mark.parametrize("inbox", ["kept", "forgotten"])
def test_all_topics_heard_again_from_the_start_change_nothing(
    tmp_path: Path, inbox: str, index: dict[str, str]
) -> None:
    """The inbox remembers for thirty days; after that versions and what was told must do."""
    with in_process_services(tmp_path, FakeClock(datetime.now(UTC)), **index) as services:
        people, _ = live_a_little(services)
        before, told = seen(services, people), services.told()
        services.stop("matching", "notifications")
        services.write("log", "UPDATE owners SET next = 0")
        if inbox == "forgotten":
            for store in ("matching", "notifications"):
                services.write(store, "DELETE FROM inbox")
        services.start("matching", "notifications")
        services.quiet()
        assert services.told() == told
        assert seen(services, people) == before


def event(topic: str, key: str, kind: str, payload: bytes | None) -> Event:
    return Event(topic, key, kind, payload, random_id(), datetime.now(UTC))


def undecodable(dice: random.Random) -> list[Event]:
    """Records that nobody can handle, in every topic that somebody hears."""
    noise = b"\xff" + dice.randbytes(200)
    huge = offer_events.OfferChanged(offer=offers_pb2.Offer(id="huge", description="x" * 20_000_000, start_date="soon"))
    odd = offer_events.OfferChanged(offer=offers_pb2.Offer(id="odd", version=1, start_date="the first of May"))
    return [
        event(OFFERS, "offer/noise", CHANGED, noise),
        event(OFFERS, "offer/odd", CHANGED, odd.SerializeToString()),
        event(OFFERS, "offer/huge", CHANGED, huge.SerializeToString()),
        event(PROFILE, "person/noise", f"{PROFILE}.PersonChanged", noise),
        event(PROFILE, "person/type", CHANGED, noise),
        event(OFFERS, "offer/unknown", "vivier.nobody.v1.Nothing", noise),
        event(MATCHING, "offer-matches/noise", f"{MATCHING}.OfferMatched", noise),
    ]


def buried(services: InProcessServices, name: str) -> dict[str, operations_pb2.DeadLetter]:
    listed = services.operate[name]("ListDeadLetters", operations_pb2.ListDeadLettersRequest(page_size=100))
    return {letter.key: letter for letter in listed.dead_letters}


def test_undecodable_events_become_dead_letters_and_the_others_go_on(services: InProcessServices) -> None:
    records = undecodable(random.Random(7))
    for record in records:
        services.log.append([record])
    people, offers = services.enrol(1), services.post(1)
    eventually(lambda: [n.subject_id for n in services.inbox(people[0])] == offers)
    services.quiet()
    bodies = {record.key: record.payload for record in records}
    letters = {name: buried(services, name) for name in ("matching", "notifications")}
    assert set(letters["matching"]) == {"offer/noise", "offer/odd", "offer/huge", "person/noise", "person/type"}
    assert set(letters["notifications"]) >= {"offer/noise", "person/noise", "offer-matches/noise"}
    for name, found in letters.items():
        assert all(letter.reason and letter.group.startswith(name) for letter in found.values())
        kept = dict(services.rows(name, "SELECT key, payload FROM dead_letters"))
        assert kept == {key: bodies[key] for key in found}, "the original bytes"
    assert services.status("matching").dead_letters == len(letters["matching"])


def test_what_fails_is_tried_three_times_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def listening(*given: Any) -> Listens:
        (handler,) = set(listens(*given).values())
        assert isinstance(handler, Batch)

        def handle(unit: Unit, records: Sequence[Record]) -> None:
            tried.extend(record.event.key for record in records)
            handler.handle(unit, records)

        return dict.fromkeys(listens(*given), Batch(handle))

    monkeypatch.setattr("services.matching.app.listens", listening)
    with in_process_services(tmp_path) as services:
        services.log.append(undecodable(random.Random(7)))
        (offer,) = services.post(1)
        services.quiet()
    assert 1 <= tried.count("offer/odd") <= 3
    assert 1 <= tried.count("offer/huge") <= 3
    assert tried.count(f"offer/{offer}") >= 1


def test_undecodable_events_do_not_keep_matching_from_starting_again(services: InProcessServices) -> None:
    services.log.append(undecodable(random.Random(7)))
    (offer,) = services.post(1)
    services.quiet()
    services.stop("matching")
    services.start("matching")
    services.quiet()
    assert [found for found, _ in services.found()] == [offer]


def test_a_dead_letter_is_retried_or_dropped(services: InProcessServices) -> None:
    services.log.append([event(OFFERS, "offer/a", CHANGED, b"\xff"), event(OFFERS, "offer/b", CHANGED, b"\xff\xff")])
    letters = eventually(lambda: len(found := buried(services, "matching")) == 2 and found)
    operate = services.operate["matching"]
    with pytest.raises(Exception, match=r".") as refused:
        operate("RetryDeadLetter", operations_pb2.RetryDeadLetterRequest(id=letters["offer/a"].id), OPERATOR)
    assert "Traceback" not in str(refused.value)
    assert set(buried(services, "matching")) == {"offer/a", "offer/b"}, "it failed again and stays"
    for letter in letters.values():
        operate("DropDeadLetter", operations_pb2.DropDeadLetterRequest(id=letter.id), OPERATOR)
    assert buried(services, "matching") == {}


def test_a_dead_letter_that_can_be_handled_meanwhile_is_done_and_gone(services: InProcessServices) -> None:
    """Its payload is mended in the store, as a newer release would understand what an older one did not."""
    services.log.append([event(OFFERS, "offer/a", CHANGED, b"\xff")])
    letter = eventually(lambda: buried(services, "matching").get("offer/a"))
    mended = offer_events.OfferChanged(offer=offers_pb2.Offer(id="a", version=1, title="Réparée"))
    mended.offer.status.searchable = True
    services.write("matching", "UPDATE dead_letters SET payload = ?", mended.SerializeToString())
    services.operate["matching"]("RetryDeadLetter", operations_pb2.RetryDeadLetterRequest(id=letter.id), OPERATOR)
    assert buried(services, "matching") == {}
    assert [found for found, _ in services.found(text="Réparée")] == ["a"]


def test_when_the_clock_jumps_order_comes_from_versions_and_no_age_is_negative(tmp_path: Path) -> None:
    clock = FakeClock(datetime.now(UTC))
    with in_process_services(tmp_path, clock) as services:
        (person,) = services.enrol(1)
        (offer,) = services.post(1, title="Avant le saut")
        services.quiet()
        clock.move(hours=-1)
        services.post(1, title="Une heure plus tôt")
        second = services.post(2)
        services.quiet()
        clock.move(hours=2)
        services.post(1, title="Une heure plus tard")
        third = services.post(3)
        clock.move(hours=-1)
        services.enrol(1, travel=profile_pb2.Travel(limit_km=15))
        services.quiet()
        assert services.found(text="Une heure plus tard")[0][0] == offer
        assert services.found(text="Avant le saut") == []
        told = [n.subject_id for n in services.inbox(person)]
        assert sorted(told) == sorted([offer, *second, *third])
        assert set(services.matches(person)) == set(told)
        for name in services.running:
            status = services.status(name)
            assert status.outbox_age_seconds >= 0
            assert (status.dead_letters, list(status.reasons)) == (0, [])
        for each in explained(services, person, [offer, *second, *third]):
            assert 0 <= each.score <= 1
            assert all(0 <= part.value <= 1 for part in each.parts)
            days = [r.parameters["days"] for p in each.parts for r in p.reasons if r.code == "PUBLISHED_DAYS_AGO"]
            assert all(int(day) >= 0 for day in days)


def explained(services: InProcessServices, person: str, offers: list[str]) -> list[Any]:
    ask = services.ask["matching"]
    return [ask("Explain", matching_pb2.ExplainRequest(person_id=person, offer_id=o), OPERATOR).match for o in offers]
