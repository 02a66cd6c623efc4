"""Tokens of people, exchanged by the partner that manages them."""

from typing import Any

import httpx
import jwt
from harness import eventually

from services.gateway.auth.oauth import ACCESS_TOKEN, EXCHANGE
from services.kit.auth import Role

ME = "{ me { role subject } }"


def exchange(gateway: Any, token: str, person: str) -> httpx.Response:
    form = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ACCESS_TOKEN}
    answer: httpx.Response = gateway.http.post("/oauth/token", data=form | {"requested_subject": person})
    return answer


def test_a_partner_acts_for_its_own_people_only(gateway: Any, fakes: Any) -> None:
    partner = gateway.token(Role.PARTNER, "partner-1")
    answer = exchange(gateway, partner, "p1").json()
    assert answer["issued_token_type"] == ACCESS_TOKEN
    assert gateway.query("{ me { role subject person { id } } }", answer["access_token"]) == {
        "me": {"role": "person", "subject": "p1", "person": {"id": "p1"}}
    }
    assert jwt.decode(answer["access_token"], options={"verify_signature": False})["act"]["sub"] == "partner-1"
    assert [call["caller"] for call in fakes.do("calls")] == ["partner/partner-1", "person/p1"]
    missing = exchange(gateway, partner, "nobody")
    assert (missing.status_code, missing.json()["error"]) == (400, "invalid_target")
    foreign = exchange(gateway, partner, "p3")
    assert (foreign.status_code, foreign.json()) == (400, missing.json())


def test_a_partner_that_may_only_look_does_not_become_the_person(gateway: Any, fakes: Any) -> None:
    partner = gateway.token(Role.PARTNER, "partner-1")
    assert gateway.query('{ person(id: "p4") { id partnerId } }', partner)["person"] == {
        "id": "p4",
        "partnerId": "partner-2",
    }
    seen, missing = exchange(gateway, partner, "p4"), exchange(gateway, partner, "nobody")
    assert (seen.status_code, seen.json()) == (400, missing.json())


def test_a_token_ends_when_the_partner_no_longer_manages_the_person(gateway: Any, fakes: Any) -> None:
    token = exchange(gateway, gateway.token(Role.PARTNER, "partner-1"), "p2").json()["access_token"]
    gateway.query("{ offers { totalCount } }", token)
    asked = [(call["call"], call["caller"], call["actor"]) for call in fakes.do("calls")]
    assert asked[-1] == ("matching.SearchOffers", "person/p2", "partner/partner-1")
    fakes.do("hand over", person="p2", partner="partner-2")
    try:
        ended = eventually(lambda: (answer := gateway.post(ME, token)).status_code == 401 and answer)
        fakes.do("reset")
        headers = {"Authorization": f"Bearer {token}"}
        assert gateway.http.get("/events", headers=headers).status_code == 401
        assert gateway.post("{ offers { totalCount } }", token).status_code == 401
        assert set(fakes.calls()) == {"profile.BatchGetPeople"}
    finally:
        fakes.do("hand over", person="p2", partner="partner-1")
    assert ended.json()["code"] == "INVALID_TOKEN"
    assert gateway.query(ME, token)["me"]["subject"] == "p2"


def test_only_an_original_token_of_a_partner_is_exchanged(gateway: Any, fakes: Any) -> None:
    person = exchange(gateway, gateway.token(Role.PARTNER, "partner-1"), "p1").json()["access_token"]
    assert exchange(gateway, person, "p2").json()["error"] == "invalid_request"
    recruiter = exchange(gateway, gateway.token(Role.RECRUITER, "org1"), "p1")
    assert recruiter.json()["error"] == "unauthorized_client"
