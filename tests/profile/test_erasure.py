"""Canary strings in every free text: never readable on disk, all in the export, and after erasure no byte anywhere."""

import json
import sqlite3
import threading
from pathlib import Path

import pytest
from harness import OPERATOR, bytes_on_disk, eventually
from schemas import files_only
from vivier.common.v1 import common_pb2 as common
from vivier.profile.v1 import profile_pb2 as pb

from services.kit.errors import Refused
from tests.profile.installation import MENTOR, OTHER_PARTNER, PARTNER, SKILLS, Home, row, self_of


class Canaries:
    """Strings that occur nowhere else."""

    def __init__(self) -> None:
        self.planted: list[str] = []

    def __call__(self, where: str) -> str:
        self.planted.append(f"canary{where}{len(self.planted)}x")
        return self.planted[-1]


def plant(home: Home, canary: Canaries) -> tuple[pb.Person, pb.Mentorship]:
    """Somebody with a canary in every field that takes free text."""
    skill = pb.PersonSkill(code=SKILLS[0], evidence=[pb.Evidence(words=canary("Evidence"))])
    occupation = common.Occupation(label=canary("Occupation"))
    experience = pb.Experience(title=canary("Title"), words=canary("Words"), occupation=occupation)
    person = home.made(
        external_id=canary("External"),
        identity=pb.Identity(
            given_name=canary("Given"),
            family_name=canary("Family"),
            email=f"{canary('Mail')}@example.org",
            phone="+33698765432",
        ),
        birth_month="2004-07",
        place=common.Place(
            label=f"{canary('Street')} Montreuil",
            postal_code="93100",
            point=common.Point(latitude=48.86123457, longitude=2.44123457),
        ),
        experiences=pb.Experiences(experiences=[experience]),
        skills=pb.Skills(skills=[skill]),
        consents=(pb.CONSENT_KIND_EMPLOYERS,),
    )
    canary.planted += ["+33698765432", "2004-07", "48.86123457", "2.44123457"]
    put = pb.Experience(title=canary("PutTitle"), words=canary("PutWords"))
    home.do("PutExperience", person_id=person.id, experience=put, request_id="put")
    skill = pb.PersonSkill(code=SKILLS[1], evidence=[pb.Evidence(words=canary("PutEvidence"))])
    home.do("PutSkill", person_id=person.id, skill=skill)
    home.mentor()
    mentorship = home.mentee(person, message=canary("Message"))
    home.do("ConfirmSkill", MENTOR, person_id=person.id, code=SKILLS[0], words=canary("Confirmed"))
    return person, mentorship


def found_on_disk(folder: Path, needles: list[bytes]) -> set[tuple[str, bytes]]:
    """Every needle in every file of the home folder."""
    held = bytes_on_disk(folder)
    assert {"profile.db", "profile.db-wal", "log.db", "log.db-wal"} <= held.keys()
    return {(name, needle) for name, content in held.items() for needle in needles if needle in content}


def readable(canary: Canaries) -> list[bytes]:
    return [form for text in canary.planted for form in (text.encode(), text.encode("utf-16-le"))]


def secrets_of(home: Home, person_id: str) -> list[bytes]:
    """The person's wrapped key and sealed rows, as they stand on the disk."""
    with sqlite3.connect(home.folder / "profile.db") as store:
        (key,) = store.execute("SELECT wrapped FROM keys WHERE person_id=?", [person_id]).fetchone()
        (document,) = store.execute("SELECT sealed FROM people WHERE id=?", [person_id]).fetchone()
        (message,) = store.execute("SELECT sealed FROM mentorships WHERE person_id=?", [person_id]).fetchone()
    store.close()
    return [key, document[:40], document[-40:], message]


@files_only
def test_erasing_leaves_no_byte(home: Home) -> None:
    canary = Canaries()
    person, mentorship = plant(home, canary)
    home.told_of(person.id, home.get(person.id)[0].version)
    assert found_on_disk(home.folder, readable(canary)) == set(), "never readable, even before"
    secrets = secrets_of(home, person.id)
    assert {needle for _, needle in found_on_disk(home.folder, secrets)} == set(secrets)

    home.do("ErasePerson", id=person.id, request_id="erase")
    eventually(lambda: not found_on_disk(home.folder, secrets))
    assert found_on_disk(home.folder, readable(canary)) == set()
    eventually(lambda: home.erased() == {f"person/{person.id}", f"mentorship/{mentorship.id}"})

    assert home.get(person.id) == []
    assert not home.do("ListMentorships", MENTOR).mentorships
    assert not home.do("ListPeople", OPERATOR).people


def test_repeating_an_erasure_answers_the_same_and_a_strangers_finds_nobody(home: Home) -> None:
    person = home.made()
    for caller in (PARTNER, PARTNER, OPERATOR, self_of(person.id)):
        assert home.do("ErasePerson", caller, id=person.id) == pb.ErasePersonResponse()
    for caller in (OTHER_PARTNER, self_of("p-9")):
        with pytest.raises(Refused) as refused:
            home.do("ErasePerson", caller, id=person.id)
        assert refused.value.reason == "PERSON_NOT_FOUND"
    eventually(lambda: home.erased() == {f"person/{person.id}"})


def test_who_comes_back_is_somebody_new(home: Home) -> None:
    request = pb.UpsertPeopleRequest(people=[row()], request_id="r1")
    before = home.ask("UpsertPeople", request, PARTNER).results[0].person
    home.do("ErasePerson", id=before.id)
    after = home.ask("UpsertPeople", request, PARTNER).results[0]
    assert after.outcome == common.OUTCOME_CREATED
    assert after.person.id != before.id, "also where the very request is repeated"
    home.upsert(row(external_id=""), caller=self_of("p-7"))
    home.do("ErasePerson", self_of("p-7"), id="p-7")
    (revived,) = home.upsert(row(external_id=""), caller=self_of("p-7"))
    assert revived.refusal.reason == "PERSON_ERASED"


@files_only
def test_the_log_is_cut_as_soon_as_no_reader_stands_in_the_way(home: Home) -> None:
    canary = Canaries()
    person, _ = plant(home, canary)
    secrets = secrets_of(home, person.id)
    reader = sqlite3.connect(home.folder / "profile.db")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM people").fetchone()
    home.do("ErasePerson", id=person.id)
    assert found_on_disk(home.folder, secrets), "a reader still sees the old rows"
    reader.close()
    eventually(lambda: not found_on_disk(home.folder, secrets))


def test_the_export_holds_everything(home: Home) -> None:
    canary = Canaries()
    person, mentorship = plant(home, canary)
    exports = [home.do("ExportPerson", caller, id=person.id).json for caller in (PARTNER, OPERATOR, self_of(person.id))]
    assert len(set(exports)) == 1
    for text in canary.planted:
        assert text in exports[0].decode(), text
    document = json.loads(exports[0])
    assert {each["kind"] for each in document["consents"]} == {"partner", "mentor", "employers"}
    assert all(each["granted_at"] for each in document["consents"])
    assert [each["id"] for each in document["mentorships"]] == [mentorship.id]
    sources = {each["source"] for skill in document["profile"]["skills"] for each in skill["evidence"]}
    assert sources == {"stated", "confirmed"}
    for caller in (MENTOR, OTHER_PARTNER):
        with pytest.raises(Refused):
            home.do("ExportPerson", caller, id=person.id)


def test_no_event_carries_what_somebody_wrote(home: Home) -> None:
    canary = Canaries()
    person, _ = plant(home, canary)
    home.upsert(pb.Person(id=person.id, language="en"))
    home.told_of(person.id, home.get(person.id)[0].version)
    events = home.events()
    assert {each.key.partition("/")[0] for each in events} == {"person", "mentor", "mentorship"}
    for event in events:
        held = str((event.key, event.headers)).encode() + (event.payload or b"")
        assert not [text for text in canary.planted if text.encode() in held], event.type


@files_only
def test_a_refused_row_leaves_nothing_either(home: Home) -> None:
    canary = Canaries()
    home.upsert(row(identity=pb.Identity(given_name=canary("Given")), language="xx"), request_id="r1")
    assert found_on_disk(home.folder, readable(canary)) == set()


def test_erasing_while_others_read_and_write(home: Home) -> None:
    people = [home.made(external_id=str(number)) for number in range(20)]
    stopping = threading.Event()

    def read() -> None:
        while not stopping.is_set():
            home.get(*(each.id for each in people))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for person in people:
            home.do("ErasePerson", id=person.id)
    finally:
        stopping.set()
        reader.join()
    assert home.get(*(each.id for each in people)) == []
