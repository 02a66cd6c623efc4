"""A partner acts for the people that it manages: for them only, and as long as they agree."""

import httpx
from actors import Partner, done
from stack import Stack

TOWN = "34172"


def exchange(partner: Partner, person: str) -> httpx.Response:
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": partner.api.token(),
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "requested_subject": person,
    }
    return httpx.post(f"{partner.api.url}/oauth/token", data=form, timeout=10)


def test_sight_of_a_person_is_not_their_token(running: Stack) -> None:
    maker, other = Partner(running, TOWN), Partner(running, TOWN)
    person = maker.enrol()
    done(running.operator, "grantConsent", personId=person, kind="PARTNER", granteeId=other.id)
    seen = other.api.ask("query($id: ID!) { person(id: $id) { id partnerId } }", {"id": person})["person"]
    assert seen == {"id": person, "partnerId": maker.id}
    refused, missing = exchange(other, person), exchange(other, "0" * 32)
    assert (refused.status_code, refused.json()) == (missing.status_code, missing.json())
    assert refused.json()["error"] == "invalid_target"
    assert exchange(maker, person).status_code == 200
