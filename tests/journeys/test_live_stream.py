"""GET /events: what is new is pushed, and who comes back misses nothing."""

import json

import httpx
from api_clients import Employer, Partner, inbox
from harness import eventually
from stack import Stack

TOWN = "13203"
SECONDS = 20.0


def test_a_new_match_is_pushed_and_a_reader_who_comes_back_misses_nothing(running: Stack) -> None:
    partner, employer = Partner(running, TOWN), Employer(running, TOWN)
    person, other = partner.enrol(), partner.enrol(travel={"limitKm": 20})
    themself = running.exchange(partner.api, person)
    with themself.events() as stream:
        assert "data" not in next(stream), "a stream begins with the place where it stands"
        first = employer.post()
        pushed = next(each for each in stream if "data" in each)
        assert json.loads(pushed["data"])["subjectId"] == first
        assert json.loads(pushed["data"])["kind"] == "OFFER_MATCHED"
    missed = [employer.post(description=f"Atelier {n}") for n in range(3)]
    eventually(lambda: set(missed) <= set(inbox(themself, person)))
    with themself.events(pushed["id"]) as stream:
        later = employer.post(description="Le dernier")
        told = [json.loads(next(stream)["data"]) for _ in range(4)]
    subjects = [each["subjectId"] for each in told]
    assert (sorted(subjects[:3]), subjects[3]) == (sorted(missed), later), "what was missed first, each once"
    assert later in eventually(lambda: inbox(partner.api, other))


def test_nobody_listens_to_anothers_stream(running: Stack) -> None:
    partner = Partner(running, TOWN)
    for headers in ({}, {"authorization": f"Bearer {partner.api.token()}"}):
        answer = httpx.get(f"{partner.api.url}/events", headers=headers, timeout=SECONDS)
        assert answer.status_code in (401, 403)
