"""A partner acts for the people that it manages: for them only, and as long as they agree."""

import httpx
from api_clients import MATCHES, VERBS, Partner, done, tell
from harness import eventually
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


def test_a_withdrawn_consent_ends_the_token_and_is_not_restored_by_it(running: Stack) -> None:
    partner = Partner(running, TOWN)
    person = partner.enrol()
    themself = running.exchange(partner.api, person)
    consent = {"personId": person, "kind": "PARTNER", "granteeId": partner.id}
    assert tell(themself, "grantConsent", **consent)["reason"] == "CONSENT_NOT_YOURS"
    assert themself.ask(MATCHES, {"id": person})["person"]["matches"]
    done(running.client("PERSON", person), "withdrawConsent", **consent)
    kind, fields = VERBS["grantConsent"]
    again = f"mutation($i: {kind}!) {{ grantConsent(input: $i) {{ {fields} ... on Refused {{ reason }} }} }}"
    answer = themself.post(again, {"i": consent})
    assert answer.status_code == 401 or answer.json()["data"]["grantConsent"]["reason"] == "PERSON_NOT_FOUND"
    eventually(lambda: themself.post(MATCHES, {"id": person}).status_code == 401)
    assert exchange(partner, person).json()["error"] == "invalid_target"
