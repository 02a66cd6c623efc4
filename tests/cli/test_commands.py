"""Every command against a running system: what it says, and how it ends."""

import json
import os
import signal
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest
from commands import Vivier
from feed_samples import FT, course, document
from harness import eventually
from stack import Stack, quiet

from services.cli.api import Api
from services.kit.bus import Event
from services.kit.bus_embedded import EmbeddedLog
from services.kit.clock import system_clock
from services.kit.ids import random_id

MARSEILLE = {"label": "Marseille", "postalCode": "13001"}
PERSON = {
    "externalId": "ada",
    "birthMonth": "2005-03",
    "place": MARSEILLE,
    "travel": {"limitKm": 30, "modes": ["BIKE"]},
    "skills": [{"label": "installer des panneaux solaires"}],
    "wishes": {"occupations": ["F1602"]},
}


def feed(path: Path, *offers: object) -> Path:
    path.write_text(json.dumps(offers))
    return path


def offers(count: int, **more: Any) -> list[dict[str, Any]]:
    return [FT | {"id": str(number), "intitule": f"Poseur solaire {number}"} | more for number in range(count)]


def test_three_broken_rows_of_many_are_listed_and_the_others_come_in_once(at_home: Vivier, tmp_path: Path) -> None:
    rows = [
        *offers(117),
        {"intitule": "no id"},
        FT | {"intitule": ""},
        FT | {"entreprise": {"nom": "x", "siret": "123"}},
    ]
    path = feed(tmp_path / "feed.json", *rows)
    first = at_home("import", "offers", "--format", "france-travail", "--source", "once", path)
    again = at_home("import", "offers", "--format", "france-travail", "--source", "once", path)
    assert (first.code, first.last) == (1, "created 117, updated 0, unchanged 0, refused 3")
    assert (again.code, again.last) == (1, "created 0, updated 0, unchanged 117, refused 3")
    refused = sorted(line for line in first.out.splitlines() if line.startswith("row "))
    assert refused[0] == "row 118 refused UNREADABLE: id is missing"
    assert refused[1].startswith("row 119 77ABC refused INVALID_FIELDS: title")
    assert refused[2].startswith("row 120 77ABC refused INVALID_FIELDS: organisation.siret")


def test_a_change_is_an_update_and_verbose_tells_every_row(at_home: Vivier, tmp_path: Path) -> None:
    said = [FT | {"id": "u1"}, FT | {"id": "u2"}]
    path = feed(tmp_path / "feed.json", *said)
    assert at_home("import", "offers", "--format", "france-travail", path).code == 0
    feed(path, said[0], said[1] | {"intitule": "Autre titre"})
    again = at_home("import", "offers", "--format", "france-travail", "-v", path)
    assert again.out.splitlines()[0].startswith("row 1 u1 unchanged published")
    assert again.err == "", "nothing else where nobody looks on"
    assert again.last == "created 0, updated 1, unchanged 1, refused 0"


def test_employers_without_a_siret_are_not_verified(running: Stack, at_home: Vivier, tmp_path: Path) -> None:
    path = feed(tmp_path / "feed.json", FT | {"id": "v1"})
    said = at_home("import", "offers", "--format", "france-travail", path)
    assert "only a note: ORGANISATION_UNVERIFIED 1" in said.out
    siret = FT | {"id": "v2", "entreprise": {"nom": "Soleil vérifié", "siret": "73282932000074"}}
    verified = at_home("import", "offers", "--format", "france-travail", feed(path, siret))
    assert "ORGANISATION_UNVERIFIED" not in verified.out


def test_the_real_feed_comes_in_whole_and_a_second_time_changes_nothing(data: Path, at_home: Vivier) -> None:
    path = data / "offers/france_travail_v2_full_120.json"
    arguments = ("import", "offers", "--format", "france-travail", "--as-of", "2024-11-28", "--source", "real", path)
    assert at_home(*arguments).last == "created 120, updated 0, unchanged 0, refused 0"
    assert at_home(*arguments).last == "created 0, updated 0, unchanged 120, refused 0"


def test_courses_from_standard_input(at_home: Vivier) -> None:
    said = at_home("import", "courses", "--format", "lheo", "-", input=document(course(), course(number="")))
    assert (said.code, said.last) == (1, "created 1, updated 0, unchanged 0, refused 1")
    assert "row 2 refused UNREADABLE: the formation has no `numero`" in said.out


def test_a_person_is_matched_explained_and_exported(running: Stack, at_home: Vivier, tmp_path: Path) -> None:
    assert (
        at_home("import", "offers", "--format", "france-travail", feed(tmp_path / "o.json", FT | {"id": "w"})).code == 0
    )
    people = "\n".join(json.dumps(each) for each in (PERSON, PERSON | {"externalId": "b", "colour": "green"}))
    said = at_home("import", "people", "--consent", "EMPLOYERS", "-", input=people)
    assert (said.code, said.last) == (1, "created 1, updated 0, unchanged 0, refused 1"), said
    assert "row 2 b refused NOT_UNDERSTOOD: colour: there is no such field\n" in said.out
    quiet(running)
    person = next(each for each in exported(at_home, "people") if each["externalId"] == "ada")
    offer = next(each for each in exported(at_home, "offers") if each["externalId"] == "w")
    why = at_home("why", person["id"], offer["id"], "--language", "en")
    assert why.code == 0
    lines = why.out.splitlines()
    assert lines[0] == "Installateur de panneaux (H/F) — Soleil d'essai"
    assert "reach\t✓" in why.out
    assert any(line.startswith("skills\t") for line in lines)


def exported(at_home: Vivier, what: str) -> list[dict[str, Any]]:
    said = at_home("export", what, "-")
    assert said.code == 0
    return [json.loads(line) for line in said.out.splitlines()]


def test_export_is_complete_private_and_comes_in_again(running: Stack, at_home: Vivier, tmp_path: Path) -> None:
    many = feed(tmp_path / "many.json", *offers(101, entreprise={"nom": "Beaucoup"}))
    assert at_home("import", "offers", "--format", "france-travail", "--source", "many", many).code == 0
    quiet(running)
    out = tmp_path / "offers.jsonl"
    assert at_home("export", "offers", out).code == 0
    found = [each for each in map(json.loads, out.read_text().splitlines()) if each["source"] == "many"]
    assert sorted(each["externalId"] for each in found) == sorted(map(str, range(101)))
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    again = at_home("import", "offers", "--format", "json", out)
    assert (again.code, "created 0" in again.last, "refused 0" in again.last) == (0, True, True)
    postings = at_home("export", "offers", "--format", "jobposting", "-")
    assert {json.loads(line)["@type"] for line in postings.out.splitlines()} == {"JobPosting"}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("offers", "--format", "france-travail", "/nowhere"), "/nowhere cannot be read: No such file"),
        (("offers", "--format", "france-travail", "-"), "standard input holds no rows"),
        (("offers", "--format", "csv", "--column", "title", "-"), "FIELD=HEADER"),
        (("offers", "--format", "json", "--column", "a=b", "-"), "--column is for --format csv"),
        (("courses", "--format", "lheo", "-"), "not what --format says"),
        (("referential", "/nowhere"), "is not a folder"),
    ],
)
def test_unusable_input_ends_with_2_and_says_why(at_home: Vivier, arguments: tuple[str, ...], why: str) -> None:
    said = at_home("import", *arguments)
    assert (said.code, why in said.err) == (2, True), said


def test_doctor_is_content(at_home: Vivier, running: Stack) -> None:
    quiet(running)
    said = at_home("doctor")
    assert (said.code, said.last) == (0, "everything is ready")
    for what in ("referential", "credential", "/healthz", "/readyz", "profile", "offers", "matching", "notifications"):
        assert f"✓ {what}" in said.out


def test_doctor_sees_that_nothing_runs(vivier: Vivier, tmp_path: Path) -> None:
    said = vivier("doctor", "--home", tmp_path / "nowhere")
    assert (said.code, "run `vivier up`" in said.out, "✗ gateway" in said.out) == (1, True, True)


@pytest.mark.parametrize("role", ["partner", "recruiter", "training_body", "person", "mentor", "operator"])
def test_a_credential_works_at_once_until_it_is_revoked(at_home: Vivier, running: Stack, role: str) -> None:
    made = json.loads(at_home("client", "create", "--role", role, "--for", f"the-{role}", "--json").out)
    assert asked(made["url"], made["token"]).json()["data"]["me"] == {"role": role, "subject": f"the-{role}"}
    assert made["client_id"] in at_home("client", "list").out
    assert at_home("client", "revoke", made["client_id"]).code == 0
    assert eventually(lambda: asked(made["url"], made["token"]).status_code == 401)


def asked(url: str, token: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.post(f"{url}/graphql", json={"query": "{ me { role subject } }"}, headers=headers, timeout=10)


def test_a_credential_is_shown_with_the_way_to_use_it(at_home: Vivier) -> None:
    said = at_home("client", "create", "--role", "partner", "--name", "Une association")
    assert "client_secret " in said.out
    assert "curl -s http://127.0.0.1:" in said.out
    assert "Une association" in at_home("client", "list").out


def test_a_persons_credential_needs_the_person(at_home: Vivier) -> None:
    said = at_home("client", "create", "--role", "person")
    assert (said.code, "--for ID" in said.err) == (2, True)


def test_no_dead_letters(at_home: Vivier) -> None:
    assert at_home("dead-letters", "list").out == "no dead letters\n"
    assert at_home("dead-letters", "retry", "offers", "--all").code == 0
    for verb in ("retry", "drop", "show"):
        assert at_home("dead-letters", verb, "OFFERS", "nothing").code == 2


def test_dead_letters_are_all_tried_again_the_oldest_first_and_what_stays_is_named(
    at_home: Vivier, running: Stack
) -> None:
    for number in (1, 2, 3):
        with running.log() as log:
            changed = "vivier.offers.v1.OfferChanged"
            log.append([Event("vivier.offers.v1", f"offer/o{number}", changed, b"\xff", random_id(), system_clock())])
        quiet(running)
    listed = at_home("dead-letters", "list", "matching").out
    ids = [line.split()[1] for line in listed.splitlines() if "offer/o" in line]
    assert [f"offer/o{number}" in line for number, line in enumerate(listed.splitlines()[-3:], 1)] == [True] * 3
    again = at_home("dead-letters", "retry", "matching", "--all")
    assert (again.code, again.out) == (1, "")
    assert [line.split()[0] for line in again.err.splitlines()] == [*ids, "3"]
    for letter in ids:
        assert at_home("dead-letters", "drop", "matching", letter).code == 0
    assert at_home("dead-letters", "list", "matching").out == "no dead letters\n"


def test_a_gateway_that_comes_back_is_waited_for(running: Stack) -> None:
    with Api.of_home(running.home) as api:
        assert api.ask("{ me { role } }") == {"me": {"role": "operator"}}
        os.kill(running.supervisor.pids()["gateway"], signal.SIGKILL)
        assert api.ask("{ me { role } }") == {"me": {"role": "operator"}}


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        ("--kafka", "kafka://u:secret@h:1"),
        ("--kafka", "h:port"),
        ("--postgres", "postgres:/u:secret@h/db"),
        ("--postgres", "postgresql://u:secret@h:port/db"),
        ("--elasticsearch", "http://u:secret@"),
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_moves(
    vivier: Vivier, tmp_path: Path, option: str, wrong: str
) -> None:
    log = EmbeddedLog(tmp_path / "log.db")
    log.ensure_topic("vivier.offers.v1", 8)
    log.close()
    said = vivier("move", option, wrong, "--home", tmp_path)
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert f"{option} must look like" in said.err
    assert "secret" not in said.err
    assert not (tmp_path / "engines.json").exists()


def test_commands_without_a_system_say_how_to_start_it(vivier: Vivier, tmp_path: Path) -> None:
    said = vivier("client", "list", "--home", tmp_path)
    assert (said.code, "vivier up --home" in said.err) == (2, True)
    (tmp_path / "operator.json").write_text("{}")
    assert "is damaged" in vivier("client", "list", "--home", tmp_path).err
    (tmp_path / "operator.json").write_text('{"url": "http://127.0.0.1:9", "client_id": "a", "client_secret": "b"}')
    assert "is `vivier up` running?" in vivier("client", "list", "--home", tmp_path).err
