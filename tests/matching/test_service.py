"""The matching service as its neighbours see it: events in, answers and events out."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from google.protobuf.message import Message
from harness import OPERATOR, SECRET, Ask, FakeClock, eventually, running
from vivier.common.v1 import common_pb2 as common
from vivier.common.v1 import operations_pb2, operations_pb2_grpc
from vivier.matching.v1 import events_pb2 as told
from vivier.matching.v1 import matching_pb2 as pb
from vivier.matching.v1 import matching_pb2_grpc
from vivier.offers.v1 import events_pb2 as offer_events
from vivier.offers.v1 import offers_pb2 as offers
from vivier.profile.v1 import events_pb2 as profile_events
from vivier.profile.v1 import profile_pb2 as profile

from services.kit.auth import Caller, Role
from services.kit.bus import Event
from services.kit.bus_embedded import EmbeddedLog
from services.kit.database import open_database, store_of
from services.kit.errors import Refused
from services.kit.ids import random_id
from services.kit.outbox import Units
from services.kit.pages import encode_token
from services.matching import store
from services.matching.app import MatchingSettings, build
from services.matching.deps import Deps
from services.matching.domain import M1
from services.matching.index import IndexUnavailable
from services.matching.index_embedded import EmbeddedIndex
from services.matching.ingest import fill
from services.matching.kernel import Codes
from services.matching.messages import person_of
from services.matching.usecases import changes
from services.referential.france import LANGUAGE
from tests.matching.index_world import KNOWLEDGE

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LYON = common.Point(latitude=45.75, longitude=4.85)
REPAIR, CLEAN, TYRE, BATTERY = "512580", "116687", "490583", "490582"
Batches = tuple[tuple[int, ...], ...]
ANYONE_S_PERSON = Caller(Role.PERSON, "inès")


class Telling:
    """Appends events as the other services would."""

    def __init__(self, log: EmbeddedLog) -> None:
        self.log = log
        self.count = 0
        for topic in ("vivier.offers.v1", "vivier.profile.v1"):
            log.ensure_topic(topic, 8)

    def tell(self, key: str, *messages: Message) -> None:
        """Several come in one batch."""
        self._append(
            *(
                Event(said.DESCRIPTOR.file.package, key, said.DESCRIPTOR.full_name, said.SerializeToString(), "", NOW)
                for said in messages
            )
        )

    def erase(self, key: str) -> None:
        self._append(Event("vivier.profile.v1", key, "", None, "", NOW))

    def _append(self, *events: Event) -> None:
        first, self.count = self.count + 1, self.count + len(events)
        self.log.append([replace(event, id=f"event-{number}") for number, event in enumerate(events, first)])


def offer_changed(
    name: str, version: int = 1, searchable: bool = True, verified: bool = True
) -> offer_events.OfferChanged:
    offer = offers.Offer(
        id=name,
        organisation_id="roue-libre",
        kind=common.OFFER_KIND_JOB,
        title="Mécanicienne vélo",
        description="Réparer des vélos",
        occupation=common.Occupation(code="I1619"),
        skills=[offers.SkillNeed(code=code, required=True) for code in (REPAIR, CLEAN, TYRE)],
        place=common.Place(point=LYON, label="Lyon"),
        weekly_hours=35,
        version=version,
        status=offers.OfferStatus(searchable=searchable, matchable=searchable, sees_people=verified),
    )
    offer.published_at.FromDatetime(NOW)
    return offer_events.OfferChanged(offer=offer, organisation_name="La Roue Libre", organisation_verified=verified)


def person_changed(
    name: str, skills: tuple[str, ...] = (REPAIR, CLEAN), visible: bool = True
) -> profile_events.PersonChanged:
    person = profile_events.PersonChanged(
        person_id=name,
        version=1,
        age_band=profile_events.AGE_BAND_18_20,
        place=LYON,
        travel=profile.Travel(limit_km=10),
        licences=profile.CodeAnswer(),
        wishes=profile.Wishes(
            occupations=profile.CodeAnswer(codes=["I1619"]), kinds=profile.KindAnswer(kinds=[common.OFFER_KIND_JOB])
        ),
        matchable=True,
        visible_to_employers=visible,
        partner_ids=["app"],
        mentor_ids=["claire"],
    )
    held = [profile_events.HeldSkill(code=code, evidence_ids=[f"said-{code}"]) for code in skills]
    person.skills.CopyFrom(profile_events.HeldSkills(skills=held))
    return person


class World:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = EmbeddedLog(home / "log.db")
        self.telling = Telling(self.log)
        self.clock = FakeClock(NOW)

    def running(self) -> AbstractContextManager[Ask]:
        settings = MatchingSettings(home=self.home, secret=SECRET)
        return running(build(settings, self.log, self.clock), matching_pb2_grpc.MatchingServiceStub)

    def told(self) -> list[Message]:
        found = []
        for record in self.log.replay("vivier.matching.v1"):
            if record.event.payload is None:
                continue
            kind = told.OfferMatched if record.event.type.endswith("OfferMatched") else told.PersonMatched
            found.append(kind.FromString(record.event.payload or b""))
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.log.close()


def test_a_new_offer_reaches_who_can_take_it_once(world: World) -> None:
    world.telling.tell("person/inès", person_changed("inès"))
    far = person_changed("far")
    far.place.latitude = 48.85
    world.telling.tell("person/far", far)
    with world.running() as ask:
        eventually(lambda: _is_handled(ask, "far") and _is_handled(ask, "inès"))
        world.telling.tell("offer/o1", offer_changed("o1"))
        (message,) = eventually(world.told)
        assert [person.person_id for person in message.people] == ["inès"]
        assert (message.offer_id, message.title, message.organisation_name) == (
            "o1",
            "Mécanicienne vélo",
            "La Roue Libre",
        )
        world.telling.tell("offer/o1", offer_changed("o1", version=2))
        world.telling.tell("offer/o2", offer_changed("o2"))
        eventually(lambda: len(world.told()) == 2)
        listed = ask("ListMatches", pb.ListMatchesRequest(person_id="inès"), ANYONE_S_PERSON).matches
        assert {match.offer_id for match in listed} == {"o1", "o2"}


def test_a_changed_person_is_told_of_what_fits(world: World) -> None:
    world.telling.tell("offer/o1", offer_changed("o1"))
    with world.running() as ask:
        eventually(lambda: ask("SearchOffers", pb.SearchOffersRequest()).total == 1)
        world.telling.tell("person/inès", person_changed("inès"))
        (message,) = eventually(world.told)
        assert (message.person_id, [offer.offer_id for offer in message.offers]) == ("inès", ["o1"])


@pytest.mark.parametrize("batches", [((2, 1),), ((1, 2),), ((2,), (1,))])
def test_an_offer_that_something_newer_overtook_is_not_told(world: World, batches: Batches) -> None:
    world.telling.tell("person/inès", person_changed("inès"))
    with world.running() as ask:
        eventually(lambda: _is_handled(ask, "inès"))
        for versions in batches:
            said = [offer_changed("o1", version=version, searchable=version == 1) for version in versions]
            world.telling.tell("offer/o1", *said)
        world.telling.tell("offer/o2", offer_changed("o2"))
        eventually(lambda: len(world.told()) == 1)
    assert [message.offer_id for message in world.told()] == ["o2"]


def test_an_offer_is_told_though_something_unreadable_follows_it(world: World) -> None:
    world.telling.tell("person/inès", person_changed("inès"))
    with world.running() as ask:
        eventually(lambda: _is_handled(ask, "inès"))
        unreadable = offer_changed("o1", version=2)
        unreadable.offer.start_date = "one day"
        world.telling.tell("offer/o1", offer_changed("o1"), unreadable)
        assert [message.offer_id for message in eventually(world.told)] == ["o1"]


def test_a_closed_offer_leaves_every_list(world: World) -> None:
    world.telling.tell("person/inès", person_changed("inès"))
    world.telling.tell("offer/o1", offer_changed("o1"))
    with world.running() as ask:
        eventually(world.told)
        world.telling.tell("offer/o1", offer_changed("o1", version=2, searchable=False))
        request = pb.ListMatchesRequest(person_id="inès")
        eventually(lambda: not ask("ListMatches", request, ANYONE_S_PERSON).matches)
        assert not ask("SearchOffers", pb.SearchOffersRequest(text="vélo")).hits


def test_the_index_is_rebuilt_and_nobody_is_told_twice(world: World) -> None:
    world.telling.tell("person/inès", person_changed("inès"))
    request = pb.ListMatchesRequest(person_id="inès")
    with world.running() as ask:
        eventually(lambda: _is_handled(ask, "inès"))
        world.telling.tell("offer/o1", offer_changed("o1"))
        eventually(world.told)
        before = ask("ListMatches", request, ANYONE_S_PERSON)
    with world.running() as ask:
        eventually(lambda: ask("SearchOffers", pb.SearchOffersRequest()).total == 1)
        assert ask("ListMatches", request, ANYONE_S_PERSON) == before
        world.telling.tell("offer/o1", offer_changed("o1", version=2))
        world.telling.tell("offer/o2", offer_changed("o2"))
        eventually(lambda: len(world.told()) == 2)
        assert sorted(message.offer_id for message in world.told()) == ["o1", "o2"]


def test_whoever_lost_the_turn_to_fill_the_index_stops_and_leaves_it_as_it_was(world: World) -> None:
    """Another process may be filling one: two that fill would drop each other's."""
    for name in ("o1", "o2"):
        world.telling.tell(f"offer/{name}", offer_changed(name))
    index = EmbeddedIndex(Codes(KNOWLEDGE), LANGUAGE, lambda code: code)
    with pytest.raises(IndexUnavailable), index.rebuilding() as contents:
        fill(contents, world.log, lambda: False)
    assert index.missing()
    with index.rebuilding() as contents:
        fill(contents, world.log, lambda: True)
    assert index.counts().offers == 2


def test_who_was_forgotten_leaves_the_index_again_when_a_late_write_brought_them_back(world: World) -> None:
    settings = MatchingSettings(home=world.home, secret=SECRET)
    with world.running() as ask:
        world.telling.tell("person/inès", person_changed("inès"))
        eventually(lambda: _is_there(ask, "inès"))
        world.telling.erase("person/inès")
        eventually(lambda: not _is_there(ask, "inès") and not _behind(ask))
    units = Units(
        open_database(store_of(settings, "matching"), store.METADATA, store.MIGRATIONS), {}, world.clock, random_id
    )
    units.database.migrate()
    index = EmbeddedIndex(Codes(KNOWLEDGE), LANGUAGE, lambda code: code)
    with index.rebuilding() as contents:
        contents.put([person_of(person_changed("inès")), person_of(person_changed("bo"))])
    changes.forget_again(Deps(units, index, Codes(KNOWLEDGE), M1))
    assert [name for name in ("inès", "bo") if index.person(name)] == ["bo"]
    units.database.close()


def test_an_erased_person_is_gone_from_index_and_decisions(world: World) -> None:
    world.telling.tell("person/inès", person_changed("inès"))
    world.telling.tell("offer/o1", offer_changed("o1"))
    with world.running() as ask:
        eventually(world.told)
        ask("ListMatches", pb.ListMatchesRequest(person_id="inès"), ANYONE_S_PERSON)
        world.telling.erase("person/inès")
        shown = pb.ListShownRequest(person_id="inès")
        eventually(lambda: not ask("ListShown", shown).shown)
        with pytest.raises(Refused, match="no such person"):
            ask("ListMatches", pb.ListMatchesRequest(person_id="inès"), ANYONE_S_PERSON)
        recruiter = Caller(Role.RECRUITER, "roue-libre")
        assert not ask("ListCandidates", pb.ListCandidatesRequest(offer_id="o1"), recruiter).matches


def _behind(ask: Ask) -> int:
    """Records that have had no effect yet."""
    status = operations_pb2_grpc.OperationsServiceStub(ask.neighbour.channel).GetStatus
    return sum(w.lag for w in ask.neighbour.ask(status, operations_pb2.GetStatusRequest(), OPERATOR).workers)


def _is_handled(ask: Ask, person_id: str) -> bool:
    """In the index, and their batch is committed: only then can they no longer be told of an offer by themselves."""
    return _is_there(ask, person_id) and not _behind(ask)


def _is_there(ask: Ask, person_id: str) -> bool:
    try:
        ask("ListMatches", pb.ListMatchesRequest(person_id=person_id))
    except Refused:
        return False
    return True


@pytest.mark.parametrize(
    "caller",
    [
        Caller(Role.PERSON, "someone else"),
        Caller(Role.PARTNER, "another app"),
        Caller(Role.MENTOR, "another mentor"),
        Caller(Role.RECRUITER, "roue-libre"),
        Caller(Role.ANYONE),
    ],
)
def test_a_hidden_person_looks_like_a_missing_one(world: World, caller: Caller) -> None:
    world.telling.tell("person/inès", person_changed("inès"))
    with world.running() as ask:
        eventually(lambda: _is_there(ask, "inès"))
        answers = []
        for name in ("inès", "never was"):
            with pytest.raises(Refused) as refused:
                ask("ListMatches", pb.ListMatchesRequest(person_id=name), caller)
            answers.append((refused.value.kind, refused.value.reason, refused.value.message))
        assert answers[0] == answers[1]


def test_only_the_own_verified_organisation_sees_people_and_only_those_who_agreed(world: World) -> None:
    world.telling.tell("person/inès", person_changed("inès"))
    world.telling.tell("person/shy", person_changed("shy", visible=False))
    world.telling.tell("offer/o1", offer_changed("o1"))
    world.telling.tell("offer/unverified", offer_changed("unverified", verified=False))
    own, other = Caller(Role.RECRUITER, "roue-libre"), Caller(Role.RECRUITER, "other")
    with world.running() as ask:
        eventually(lambda: ask("SearchOffers", pb.SearchOffersRequest()).total == 2 and _is_there(ask, "shy"))
        found = ask("ListCandidates", pb.ListCandidatesRequest(offer_id="o1"), own).matches
        assert [match.person_id for match in found] == ["inès"]
        for offer, caller in (("o1", other), ("unverified", own), ("never was", own)):
            with pytest.raises(Refused, match="no such offer"):
                ask("ListCandidates", pb.ListCandidatesRequest(offer_id=offer), caller)


def test_why_names_the_gate_that_failed(world: World) -> None:
    world.telling.tell("person/inès", person_changed("inès"))
    far = offer_changed("far")
    far.offer.place.point.latitude = 48.85
    world.telling.tell("offer/far", far)
    with world.running() as ask:
        request = pb.ExplainRequest(person_id="inès", offer_id="far")
        eventually(lambda: ask("SearchOffers", pb.SearchOffersRequest()).total == 1 and _is_there(ask, "inès"))
        match = ask("Explain", request, ANYONE_S_PERSON).match
        failed = [gate.name for gate in match.gates if not gate.passed]
        assert (match.matched, failed) == (False, ["reach"])


def test_lists_are_paged_without_loss(world: World) -> None:
    world.telling.tell("person/inès", person_changed("inès"))
    for number in range(7):
        world.telling.tell(f"offer/o{number}", offer_changed(f"o{number}"))
    with world.running() as ask:
        eventually(lambda: ask("SearchOffers", pb.SearchOffersRequest()).total == 7 and _is_there(ask, "inès"))
        seen: list[str] = []
        token = ""
        while True:
            request = pb.ListMatchesRequest(person_id="inès", page_size=3, page_token=token)
            page = ask("ListMatches", request, ANYONE_S_PERSON)
            seen += [match.offer_id for match in page.matches]
            token = page.next_page_token
            if not token:
                break
        assert sorted(seen) == [f"o{number}" for number in range(7)]
        shown = ask("ListShown", pb.ListShownRequest(person_id="inès")).shown
        assert {line.rank for line in shown} == set(range(1, 8))


def test_an_employer_cannot_measure_where_somebody_lives(world: World) -> None:
    world.telling.tell("person/inès", person_changed("inès"))
    near = offer_changed("o1")
    near.offer.place.point.latitude += 0.03
    world.telling.tell("offer/o1", near)
    own = Caller(Role.RECRUITER, "roue-libre")
    with world.running() as ask:
        eventually(lambda: ask("SearchOffers", pb.SearchOffersRequest()).total == 1 and _is_there(ask, "inès"))
        exact = ask("Explain", pb.ExplainRequest(person_id="inès", offer_id="o1"), ANYONE_S_PERSON).match
        rough = ask("Explain", pb.ExplainRequest(person_id="inès", offer_id="o1"), own).match
        (line,) = ask("ListCandidates", pb.ListCandidatesRequest(offer_id="o1"), own).matches
        assert line == rough
        (reach,) = [gate.reason for gate in rough.gates if gate.name == "reach"]
        assert (reach.code, dict(reach.parameters)) == ("WITHIN_KM", {"distance": "5"})
        assert "3.3" in str([gate.reason.parameters for gate in exact.gates if gate.name == "reach"])
        assert "3.3" not in str(rough)
        assert all(round(part.value, 1) == part.value for part in rough.parts)


def test_a_token_that_was_made_up_is_refused_and_cannot_choose_a_rank(world: World) -> None:
    world.telling.tell("person/inès", person_changed("inès"))
    world.telling.tell("offer/o1", offer_changed("o1"))
    with world.running() as ask:
        eventually(lambda: ask("SearchOffers", pb.SearchOffersRequest()).total == 1 and _is_there(ask, "inès"))
        for position in (
            ("a", "b", 1),
            (None, None, None),
            (1.0, "x"),
            (1.0, "\ud800", 1.0),
            (1e400, "x", 1.0),
            (1, "x", 1e300),
        ):
            request = pb.ListMatchesRequest(person_id="inès", page_token=encode_token(*position))
            with pytest.raises(Refused, match="give back what the last page said"):
                ask("ListMatches", request, ANYONE_S_PERSON)
        made_up = pb.ListMatchesRequest(person_id="inès", page_token=encode_token(2.0, "a", NOW.timestamp()))
        assert len(ask("ListMatches", made_up, ANYONE_S_PERSON).matches) == 1
        assert {line.rank for line in ask("ListShown", pb.ListShownRequest(person_id="inès")).shown} == {1}


def test_an_erased_persons_record_of_matches_gets_a_tombstone(world: World) -> None:
    world.telling.tell("offer/o1", offer_changed("o1"))
    with world.running() as ask:
        eventually(lambda: ask("SearchOffers", pb.SearchOffersRequest()).total == 1)
        world.telling.tell("person/inès", person_changed("inès"))
        eventually(world.told)
        world.telling.erase("person/inès")
        records = eventually(lambda: [r for r in world.log.replay("vivier.matching.v1") if r.event.payload is None])
        assert [record.event.key for record in records] == ["person-matches/inès"]


def test_at_most_k_people_are_told_the_best_first(world: World) -> None:
    for number in range(M1.kept_per_offer + 20):
        skills = (REPAIR, CLEAN, TYRE) if number < M1.kept_per_offer else (REPAIR,)
        world.telling.tell(f"person/p{number:03}", person_changed(f"p{number:03}", skills))
    with world.running() as ask:
        eventually(lambda: not _behind(ask))
        world.telling.tell("offer/o1", offer_changed("o1"))
        (message,) = eventually(world.told)
        assert [person.person_id for person in message.people] == [f"p{n:03}" for n in range(M1.kept_per_offer)]
        world.telling.tell("offer/o1", offer_changed("o1", version=2))
        world.telling.tell("offer/o2", offer_changed("o2"))
        eventually(lambda: len(world.told()) == 2)
