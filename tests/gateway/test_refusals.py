"""Refusals in the reader's language, with fields named as the API names them."""

from typing import Any

import pytest

from services.kit.auth import Role

PUBLISH = """mutation($id: ID!) { publishOffer(input: { id: $id }) {
  ... on Refused { reason message fields { path reason description } facts { name value } } } }"""
READ = "query($id: ID!) { offer(id: $id) { id } }"
NARROW = "\u202f"
FIELDS = {
    "fr": ["ne doit pas être inférieur à minimumHours", "doit être un mois comme 2007-04"],
    "en": ["must not be below minimumHours", "must be a month like 2007-04"],
}
MESSAGES = {
    "fr": f"wishes.maximumHours{NARROW}: {FIELDS['fr'][0]}{NARROW}; birthMonth{NARROW}: {FIELDS['fr'][1]}",
    "en": f"wishes.maximumHours: {FIELDS['en'][0]}; birthMonth: {FIELDS['en'][1]}",
}
HTTP = {
    "fr": ("Type de contenu non pris en charge", "envoyer application/json"),
    "en": ("Unsupported media type", "send application/json"),
}


def ask(gateway: Any, query: str, offer: str, language: str) -> Any:
    token = gateway.token(Role.RECRUITER, "org1")
    return gateway.post(query, token, {"id": offer}, **{"Accept-Language": language}).json()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_wrong_fields_are_refused_in_the_readers_language(gateway: Any, language: str) -> None:
    refusal = ask(gateway, PUBLISH, "refuse-fields", language)["data"]["publishOffer"]
    assert (refusal["reason"], refusal["message"]) == ("INVALID_FIELDS", MESSAGES[language])
    assert [each["path"] for each in refusal["fields"]] == ["wishes.maximumHours", "birthMonth"]
    assert [each["reason"] for each in refusal["fields"]] == ["OUT_OF_ORDER", "NOT_A_MONTH"]
    assert [each["description"] for each in refusal["fields"]] == FIELDS[language]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_query_is_refused_in_the_readers_language_too(gateway: Any, language: str) -> None:
    (error,) = ask(gateway, READ, "refuse-fields", language)["errors"]
    assert error["message"] == MESSAGES[language]
    assert error["extensions"]["code"] == "INVALID_FIELDS"
    assert [each["description"] for each in error["extensions"]["fields"]] == FIELDS[language]


@pytest.mark.parametrize(
    ("language", "message"),
    [("fr", "ce requestId a déjà servi à autre chose"), ("en", "this requestId was used for something else")],
)
def test_a_field_inside_a_sentence_has_the_apis_name(gateway: Any, language: str, message: str) -> None:
    refusal = ask(gateway, PUBLISH, "refuse-reuse", language)["data"]["publishOffer"]
    assert (refusal["reason"], refusal["message"]) == ("REQUEST_ID_REUSED", message)
    assert refusal["facts"] == [{"name": "field", "value": "requestId"}]


def test_what_nobody_translated_stays_readable(gateway: Any) -> None:
    refusal = ask(gateway, PUBLISH, "refuse", "fr")["data"]["publishOffer"]
    assert (refusal["reason"], refusal["message"]) == ("WRONG_STATE", "it is closed")
    assert refusal["fields"][0]["description"] == "ne doit pas être vide"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_problems_are_written_in_the_readers_language(gateway: Any, language: str) -> None:
    answer = gateway.http.post("/graphql", content="x", headers={"Accept-Language": language})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (415, "NOT_JSON")
    assert (problem["title"], problem["detail"]) == HTTP[language]
    assert answer.headers["content-language"] == language


def test_a_problem_has_its_facts(gateway: Any) -> None:
    answer = gateway.http.post("/graphql", content=" " * 70_000, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (413, "65536 octets au plus")
    nowhere = gateway.http.get("/nowhere").json()
    assert (nowhere["title"], nowhere["code"]) == ("Introuvable", "NOT_FOUND")


def test_what_graphql_says_of_a_document_is_not_touched(gateway: Any) -> None:
    (error,) = gateway.post("{ a{braces} }").json()["errors"]
    assert "'a'" in error["message"]
    assert error["extensions"]["code"] == "INVALID_QUERY"
    (coded,) = gateway.post("{ __schema { types { name } } }").json()["errors"]
    assert coded["message"] == "le schéma n'est montré qu'avec un jeton"
