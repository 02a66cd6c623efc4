"""Queries and mutations of the GraphQL API."""

from typing import Any

import pytest

from services.kit.auth import Role


def test_an_offer_is_read_with_its_employer(gateway: Any, fakes: Any) -> None:
    data = gateway.query('{ offer(id: "o004") { id title kind organisation { name } occupation { code } } }')
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
    written = gateway.query(query, token, {"input": {"offers": rows, "publish": True}})["upsertOffers"]
    good, bad = written["results"]
    assert (good["outcome"], good["offer"]["expiresAt"]) == ("CREATED", "2027-01-02T03:04:05+00:00")
    assert bad["__typename"] == "Refused"
    wrong = {"path": "place.postalCode", "reason": "REQUIRED", "description": "ne doit pas être vide"}
    assert bad["fields"] == [wrong]
    assert [call["caller"] for call in fakes.do("calls")] == ["recruiter/org1"]


LIST = """query($first: Int!, $for: ID) { offers(first: $first, forPerson: $for) { totalCount
  pageInfo { hasNextPage endCursor } facets { name counts { value count } }
  nodes { id title kind contract place { label point { latitude } } organisation { id name verified }
    match { score matched missingSkills { code label }
      gates { name passed reason { code text } }
      parts { name weight value known reasons { code text parameters { name value } evidence { words } } } } } } }"""


def test_a_list_with_employers_and_matches_costs_one_call_per_upstream(gateway: Any, fakes: Any) -> None:
    data = gateway.query(LIST, gateway.token(Role.PERSON, "p1"), {"first": 20})["offers"]
    assert sorted(fakes.calls()) == ["matching.SearchOffers", "offers.BatchGetOffers", "profile.BatchGetPeople"]
    assert len(data["nodes"]) == 19  # one has just gone
    assert {node["organisation"]["name"] for node in data["nodes"]} == {f"Toits & Cie org{i}" for i in range(3)}
    held = data["nodes"][0]["match"]["parts"][0]["reasons"][0]
    assert held["evidence"] == [{"words": "J'ai refait le toit de ma tante"}]
    assert held["text"].startswith("Tu as cette compétence\u202f: ")
    assert data["totalCount"] == 40
    assert data["facets"][0]["counts"] == [{"value": "job", "count": 40}]


def test_what_is_not_asked_is_not_fetched(gateway: Any, fakes: Any) -> None:
    gateway.query("{ offers { nodes { id } } }", gateway.token(Role.PERSON, "p1"))
    made = {call["call"]: call["request"] for call in fakes.do("calls")}
    assert set(made) == {"matching.SearchOffers", "offers.BatchGetOffers"}
    assert "withOrganisations" not in made["offers.BatchGetOffers"]
    assert "facets" not in made["matching.SearchOffers"]


def test_single_reads_are_batched(gateway: Any, fakes: Any) -> None:
    data = gateway.query('{ a: offer(id: "o001") { id } b: offer(id: "o002") { id } c: offer(id: "none") { id } }')
    assert data == {"a": {"id": "o001"}, "b": {"id": "o002"}, "c": None}
    assert fakes.calls() == ["offers.BatchGetOffers"]


def test_nothing_passes_from_one_caller_to_another(gateway: Any, fakes: Any) -> None:
    query = '{ person(id: "p1") { id } other: person(id: "p3") { id } }'
    one, two = gateway.token(Role.PARTNER, "partner-1"), gateway.token(Role.PARTNER, "partner-2")
    for _ in range(2):
        assert gateway.query(query, one) == {"person": {"id": "p1"}, "other": None}
        assert gateway.query(query, two) == {"person": None, "other": {"id": "p3"}}
    assert [call["caller"] for call in fakes.do("calls")] == ["partner/partner-1", "partner/partner-2"] * 2


def test_caller_and_language_decide_the_sentences(gateway: Any) -> None:
    query = 'query($l: String) { why(person: "p1", offer: "o001", language: $l) { gates { reason { text } } } }'

    def text(token: str, language: str | None = None, **headers: str) -> str:
        answer = gateway.query(query, token, {"l": language}, **headers)
        said: str = answer["why"]["gates"][0]["reason"]["text"]
        return said

    person, partner = gateway.token(Role.PERSON, "p1"), gateway.token(Role.PARTNER, "partner-1")
    assert text(person) == "À 4,5\u202fkm de chez toi (limite\u202f: 20\u202fkm)."
    assert text(partner) == "À 4,5\u202fkm (limite\u202f: 20\u202fkm)."
    assert text(person, "en") == "4.5 km from your place (limit: 20 km)."
    assert text(partner, **{"Accept-Language": "de, en;q=0.8, fr;q=0.5"}) == "4.5 km away (limit: 20 km)."


CANDIDATES = """{ offer(id: "o001") { candidates { nodes { score person { id identity { givenName } }
  parts { reasons { evidence { words } } } } } } }"""


def test_an_employer_sees_candidates_without_names_or_words(gateway: Any) -> None:
    data = gateway.query(CANDIDATES, gateway.token(Role.RECRUITER, "org1"))
    (candidate,) = data["offer"]["candidates"]["nodes"]
    assert candidate["person"] == {"id": "p1", "identity": None}
    assert candidate["parts"][0]["reasons"][0]["evidence"] == [{"words": None}]


def test_a_refused_read_is_an_error_with_its_reason(gateway: Any) -> None:
    body = gateway.post(CANDIDATES, gateway.token(Role.PERSON, "p1")).json()
    assert body["data"]["offer"]["candidates"] is None
    assert body["errors"][0]["extensions"] == {"code": "RECRUITER_ONLY", "kind": "DENIED"}


def test_pages_follow_one_another_and_every_item_has_a_cursor(gateway: Any) -> None:
    query = """query($after: String, $first: Int!) { myOffers(first: $first, after: $after) {
      edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    token = gateway.token(Role.RECRUITER, "org1")

    def page(first: int, after: str | None) -> Any:
        return gateway.query(query, token, {"first": first, "after": after})["myOffers"]

    seen, at, more = [], None, True
    while more:
        found = page(15, at)
        assert found["pageInfo"]["hasPreviousPage"] is (at is not None)
        assert found["pageInfo"]["startCursor"] == found["edges"][0]["cursor"]
        seen += [edge["node"]["id"] for edge in found["edges"]]
        at, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
    assert seen == [f"o{i:03}" for i in range(40)]
    middle = page(15, None)["edges"][4]["cursor"]
    assert [edge["node"]["id"] for edge in page(3, middle)["edges"]] == ["o005", "o006", "o007"]
    assert page(3, middle)["pageInfo"]["hasPreviousPage"] is True
    wrong = gateway.post(query, token, {"first": 3, "after": "nonsense"}).json()
    assert wrong["errors"][0]["extensions"]["fields"][0]["path"] == "after"


PUBLISH = """mutation($id: ID!) { publishOffer(input: {id: $id, requestId: "r1"}) { __typename
  ... on OfferWritten { offer { id state } }
  ... on Refused { reason message fields { path reason } facts { name value } } } }"""


def test_a_refusal_is_a_member_of_the_union(gateway: Any, fakes: Any) -> None:
    token = gateway.token(Role.RECRUITER, "org1")
    assert gateway.query(PUBLISH, token, {"id": "o001"})["publishOffer"]["offer"] == {
        "id": "o001",
        "state": "PUBLISHED",
    }
    assert fakes.do("calls")[0]["request"] == {"id": "o001", "requestId": "r1"}
    assert gateway.query(PUBLISH, token, {"id": "refuse"})["publishOffer"] == {
        "__typename": "Refused",
        "reason": "WRONG_STATE",
        "message": "it is closed",
        "fields": [{"path": "offers.postalCode", "reason": "REQUIRED"}],
        "facts": [{"name": "state", "value": "closed"}],
    }


def test_a_bug_in_a_write_is_masked(gateway: Any) -> None:
    answer = gateway.post(PUBLISH, gateway.token(Role.RECRUITER, "org1"), {"id": "boom"})
    assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "hunter2" not in answer.text


def test_an_empty_list_differs_from_null(gateway: Any, fakes: Any) -> None:
    people = [{"externalId": "a", "licences": [], "wishes": {"kinds": ["JOB"]}}, {"externalId": "b"}]
    query = "mutation($p: [PersonInput!]!) { upsertPeople(input: {people: $p}) { ... on Refused { reason } } }"
    data = gateway.query(query, gateway.token(Role.PARTNER, "partner-1"), {"p": people})
    assert data == {"upsertPeople": {"reason": "NOT_FAKED"}}
    (call,) = fakes.do("calls")
    assert call["request"]["people"] == [
        {"externalId": "a", "licences": {}, "wishes": {"kinds": {"kinds": ["OFFER_KIND_JOB"]}}},
        {"externalId": "b"},
    ]
    person = gateway.query('{ person(id: "p1") { licences wishes { kinds } } }', gateway.token(Role.OPERATOR))["person"]
    assert person == {"licences": [], "wishes": None}


def test_a_circle_around_a_place_or_a_point(gateway: Any, fakes: Any) -> None:
    query = "query($n: NearInput!) { offers(near: $n) { totalCount } }"
    place = gateway.query('{ places(text: "Lyon") { label latitude longitude } }')["places"][0]
    gateway.query(query, "", {"n": {"place": "Lyon", "radiusKm": 20}})
    gateway.query(query, "", {"n": {"point": {"latitude": 1, "longitude": 2}, "radiusKm": 5}})
    within = [call["request"]["within"] for call in fakes.do("calls")]
    assert within[0]["center"] == {"latitude": place["latitude"], "longitude": place["longitude"]}
    assert within[1] == {"center": {"latitude": 1.0, "longitude": 2.0}, "radiusKm": 5.0}
    unknown = gateway.post(query, "", {"n": {"place": "Xyzzyville", "radiusKm": 20}}).json()
    assert unknown["errors"][0]["extensions"]["fields"][0]["path"] == "near.place"


def test_the_referential_is_read_here(gateway: Any, fakes: Any) -> None:
    data = gateway.query("""{ occupations(text: "couvreur") { code label green } skills(text: "toit") { code }
      places(text: "Lyon", first: 1) { code postalCodes }
      qpvAt(latitude: 45.76, longitude: 4.84) { state vintage } }""")
    code = data["occupations"][0]["code"]
    sheet = gateway.query("query($c: String!) { occupation(code: $c) { label skills { label } } }", "", {"c": code})
    assert sheet["occupation"]["label"]
    assert data["qpvAt"]["state"] in ("IN", "OUT", "UNKNOWN")
    assert fakes.calls() == []


def test_operators_only(gateway: Any, fakes: Any) -> None:
    for query in (
        "{ status { ready } }",
        "{ clients { nodes { id } } }",
        "{ deadLetters(service: OFFERS) { nodes { id } } }",
    ):
        body = gateway.post(query, gateway.token(Role.PARTNER, "partner-1")).json()
        assert body["errors"][0]["extensions"]["code"] == "ROLE_NOT_ALLOWED"
    assert fakes.calls() == []


def test_null_for_an_argument_without_null_is_a_client_error(gateway: Any, fakes: Any) -> None:
    body = gateway.post("query($n: Int = 5) { people(first: $n) { totalCount } }", "", {"n": None}).json()
    assert [error["extensions"]["code"] for error in body["errors"]] == ["INVALID_QUERY"]
    assert fakes.calls() == []


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_moment_beyond_the_calendar_is_a_wrong_field(gateway: Any, fakes: Any, moment: str) -> None:
    query = """mutation($input: UpsertOffersInput!) { upsertOffers(input: $input) {
      ... on Refused { reason fields { path reason } } } }"""
    offers = [{"externalId": "a", "title": "Couvreur"}, {"externalId": "b", "title": "Couvreur", "expiresAt": moment}]
    answer = gateway.query(query, gateway.token(Role.RECRUITER, "org1"), {"input": {"offers": offers}})["upsertOffers"]
    fields = [{"path": "offers[1].expiresAt", "reason": "OUT_OF_RANGE"}]
    assert answer == {"reason": "INVALID_FIELDS", "fields": fields}
    assert fakes.calls() == []


def test_a_variable_of_a_wrong_type_is_a_client_error(gateway: Any, fakes: Any) -> None:
    query = "query($first: Int!) { offers(first: $first) { totalCount } }"
    for wrong in ({"first": "many"}, {"first": 1.5}, {}, {"first": None}):
        body = gateway.post(query, "", wrong).json()
        assert [error["extensions"]["code"] for error in body["errors"]] == ["INVALID_QUERY"]
    assert fakes.calls() == []
