"""What hostile or careless clients send: each wrong field is named, and nothing is stored."""

import json
from typing import Any

import httpx
import pytest
from api_clients import VERBS, Employer, Partner, School, offer_input, person_input, tell
from stack import Stack

TOWN = "97416"
NUL, TURNED = "Mécanicien\0", "Mécanicien\u202egro.live"
OFFERS: dict[str, tuple[dict[str, Any], set[tuple[str, str]]]] = {
    "nul": ({"title": NUL}, {("title", "HOSTILE_TEXT")}),
    "turned": ({"description": TURNED}, {("description", "HOSTILE_TEXT")}),
    "a megabyte": ({"title": "x" * 1_000_000}, {("title", "TOO_LONG")}),
    "latitude": (
        {"place": {"point": {"latitude": 91.0, "longitude": 0.0}}},
        {("place.point.latitude", "OUT_OF_RANGE")},
    ),
    "salary": ({"salary": {"minimum": -1.0, "currency": "EUR"}}, {("salary.minimum", "OUT_OF_RANGE")}),
    "hours": ({"weeklyHours": 1e308}, {("weeklyHours", "OUT_OF_RANGE")}),
    "link": ({"applyUrl": "javascript:alert(1)"}, {("applyUrl", "NOT_A_URL")}),
    "day": ({"startDate": "2026-02-31"}, {("startDate", "NOT_A_DATE")}),
    "several": (
        {"title": "", "openings": -3, "minimumAge": 400},
        {("title", "REQUIRED"), ("openings", "OUT_OF_RANGE"), ("minimumAge", "OUT_OF_RANGE")},
    ),
}
PEOPLE: dict[str, tuple[dict[str, Any], set[tuple[str, str]]]] = {
    "nul": ({"identity": {"givenName": NUL}}, {("identity.givenName", "HOSTILE_TEXT")}),
    "turned": ({"experiences": [{"kind": "PAID", "words": TURNED}]}, {("experiences[0].words", "HOSTILE_TEXT")}),
    "order": (
        {"experiences": [{"kind": "PAID", "title": "Atelier", "startMonth": "2024-05", "endMonth": "2023-01"}]},
        {("experiences[0].endMonth", "OUT_OF_ORDER")},
    ),
    "longitude": (
        {"place": {"point": {"latitude": 0.0, "longitude": 180.5}}},
        {("place.point.longitude", "OUT_OF_RANGE")},
    ),
    "born": ({"birthMonth": "2999-01"}, {("birthMonth", "OUT_OF_RANGE")}),
    "mail": ({"identity": {"email": "a@b"}}, {("identity.email", "NOT_AN_EMAIL")}),
}


@pytest.mark.parametrize("name", OFFERS)
def test_an_offer_with_wrong_fields_is_refused_by_name_and_not_stored(running: Stack, name: str) -> None:
    said, expected = OFFERS[name]
    employer = Employer(running, TOWN)
    assert fields(employer.upsert(offer_input(1, TOWN, **said))) == expected
    assert employer.api.ask("{ myOffers { nodes { id } } }")["myOffers"]["nodes"] == []


@pytest.mark.parametrize("name", PEOPLE)
def test_a_person_with_wrong_fields_is_refused_by_name_and_not_stored(running: Stack, name: str) -> None:
    said, expected = PEOPLE[name]
    partner = Partner(running, TOWN)
    assert fields(partner.upsert(person_input(1, TOWN, **said))) == expected
    assert partner.api.ask("{ people { nodes { id } } }")["people"]["nodes"] == []


def test_a_session_that_ends_before_it_starts_is_refused_by_name(running: Stack) -> None:
    school = School(running, TOWN)
    course = {"title": "Vélo", "externalId": "1", "sessions": [{"startDate": "2027-03-01", "endDate": "2027-02-01"}]}
    answer = tell(school.api, "upsertCourses", courses=[course], publish=True)
    assert {path for path, _ in fields(answer["results"])} == {"sessions[0].endDate"}


@pytest.mark.parametrize("text", [r'"\ud800"', "NaN", "Infinity", '"' + "\\u0000" * 3 + '"'])
def test_json_that_is_none_or_holds_no_text_is_refused_before_anything_is_done(running: Stack, text: str) -> None:
    employer = Employer(running, TOWN)
    row = json.dumps(offer_input(1, TOWN) | {"title": "TITLE"}).replace('"TITLE"', text)
    answer = raw(employer, f'{{"offers": [{row}], "publish": true}}')
    assert answer.status_code < 500
    assert "OfferWritten" not in answer.text
    assert '"outcome"' not in answer.text
    assert employer.api.ask("{ myOffers { nodes { id } } }")["myOffers"]["nodes"] == []


def test_a_batch_with_a_wrong_row_keeps_the_others(running: Stack) -> None:
    employer = Employer(running, TOWN)
    good, bad = offer_input(1, TOWN), offer_input(2, TOWN, title=NUL)
    results = employer.upsert(bad, good)
    assert [("reason" in each) for each in results] == [True, False]


def test_unusual_but_good_places_and_texts_are_taken(running: Stack) -> None:
    employer = Employer(running, TOWN)
    marked = "<script>alert('é')</script> & 👩🏽‍🔧 — « vélo »"
    offer = employer.post(title=marked, place={"postalCode": "97410"})
    seen = employer.api.ask("query($id: ID!) { offer(id: $id) { title place { communeCode } } }", {"id": offer})
    assert seen["offer"] == {"title": marked, "place": {"communeCode": TOWN}}
    for longitude in (-180.0, 180.0):
        employer.post(place={"countryCode": "FJ", "point": {"latitude": -16.8, "longitude": longitude}})


def fields(results: list[dict[str, Any]]) -> set[tuple[str, str]]:
    (result,) = results
    assert result.get("reason"), result
    return {(each["path"], each["reason"]) for each in result["fields"]}


def raw(employer: Employer, said: str) -> httpx.Response:
    """A body that no JSON library of ours would write."""
    kind, selection = VERBS["upsertOffers"]
    query = f"mutation($input: {kind}!) {{ upsertOffers(input: $input) {{ __typename {selection} }} }}"
    body = f'{{"query": {json.dumps(query)}, "variables": {{"input": {said}}}}}'
    headers = {"authorization": f"Bearer {employer.api.token()}", "content-type": "application/json"}
    return httpx.post(f"{employer.api.url}/graphql", content=body.encode(), headers=headers, timeout=10)
