"""Questions and answers of the GraphQL API."""

from typing import Any

from services.kit.auth import Role


def test_an_offer_is_read_with_its_employer(gateway: Any, fakes: Any) -> None:
    data = gateway.ask('{ offer(id: "o004") { id title kind organisation { name } occupation { code } } }')
    assert data["offer"]["organisation"] == {"name": "Toits & Cie org1"}
    assert data["offer"]["kind"] == "JOB"
    assert fakes.calls() == ["offers.BatchGetOffers"]


def test_offers_are_written_and_each_row_answers_for_itself(gateway: Any, fakes: Any) -> None:
    query = """mutation($input: UpsertOffersInput!) { upsertOffers(input: $input) { __typename
      ... on OffersWritten { results { __typename
        ... on OfferWritten { outcome offer { id title expiresAt } }
        ... on Refused { reason fields { path reason description } } } } } }"""
    rows = [{"externalId": "a", "title": "Couvreur", "expiresAt": "2027-01-02T03:04:05Z"}, {"externalId": "b"}]
    token = gateway.token(Role.RECRUITER, "org1")
    written = gateway.ask(query, token, {"input": {"offers": rows, "publish": True}})["upsertOffers"]
    good, bad = written["results"]
    assert (good["outcome"], good["offer"]["expiresAt"]) == ("CREATED", "2027-01-02T03:04:05+00:00")
    assert bad["__typename"] == "Refused"
    assert bad["fields"] == [{"path": "place.postalCode", "reason": "REQUIRED", "description": "must not be empty"}]
    assert [call["caller"] for call in fakes.do("calls")] == ["recruiter/org1"]
