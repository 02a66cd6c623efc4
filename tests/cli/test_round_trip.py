"""What was exported comes in again: on the same installation nothing is made twice."""

import json
from pathlib import Path
from typing import Any

import pytest
from commands import Vivier
from graphql import build_schema, get_named_type, is_input_object_type, parse, validate
from stack import Stack, quiet

from services.cli.exporting.queries import OPEN_COURSES, OPEN_OFFERS, OWN_OFFERS, PEOPLE, SCHEMA

ORGANISATION = """mutation($organisation: OrganisationInput!) {
    upsertOrganisation(input: {organisation: $organisation}) { ... on OrganisationWritten { organisation { id } } } }"""
OFFERS = """mutation($rows: [OfferInput!]!) { upsertOffers(input: {offers: $rows, publish: true}) {
    ... on OffersWritten { results { ... on OfferWritten { outcome } ... on Refused { message } } } } }"""
COURSES = OFFERS.replace("Offer", "Course").replace("offer", "course")
OFFER = {"externalId": "1", "kind": "JOB", "title": "Réparer des vélos", "place": {"label": "Lyon 3e"}, "remoteDays": 2}
COURSE = {"externalId": "1", "title": "Apprendre à réparer des vélos", "skills": [{"label": "Réparer un vélo"}]}


def own(running: Stack, role: str, siret: str, mutation: str, row: dict[str, Any]) -> None:
    """An organisation that wrote itself and what it offers, without any feed."""
    client = running.client(role)
    kind = {"RECRUITER": "EMPLOYER"}.get(role, role)
    said = {"kind": kind, "name": f"Maison {role}", "siret": siret, "place": {"postalCode": "13001"}}
    assert client.ask(ORGANISATION, {"organisation": said})["upsertOrganisation"]
    (written,) = client.ask(mutation, {"rows": [row]}).values()
    assert [one["outcome"] for one in written["results"]] == ["CREATED"]


@pytest.mark.parametrize(
    ("what", "role", "siret", "mutation", "row"),
    [
        ("offers", "RECRUITER", "73282932000074", OFFERS, OFFER),
        ("courses", "TRAINING_BODY", "35600000000048", COURSES, COURSE),
    ],
)
def test_an_export_comes_in_again_and_makes_nothing(
    running: Stack, at_home: Vivier, tmp_path: Path, what: str, role: str, siret: str, mutation: str, row: Any
) -> None:
    own(running, role, siret, mutation, row)
    quiet(running)
    out = tmp_path / f"{what}.jsonl"
    assert at_home("export", what, out).code == 0
    (line,) = out.read_text().splitlines()
    exported = json.loads(line)
    assert exported["organisation"]["source"] is None
    assert exported.get("remoteDays") == row.get("remoteDays")
    organisations = running.rows("offers", "SELECT count(*) FROM organisations")
    first = at_home("import", what, "--format", "json", out)
    assert first.last in (
        "created 0, updated 1, unchanged 0, refused 0",  # what was resolved comes back as said
        "created 0, updated 0, unchanged 1, refused 0",
    )
    assert at_home("import", what, "--format", "json", out).last == "created 0, updated 0, unchanged 1, refused 0"
    assert running.rows("offers", "SELECT count(*) FROM organisations") == organisations


@pytest.mark.parametrize(
    ("query", "kind"), [(OPEN_OFFERS, "Offer"), (OWN_OFFERS, "Offer"), (OPEN_COURSES, "Course"), (PEOPLE, "Person")]
)
def test_an_export_asks_for_all_that_can_be_written(query: str, kind: str) -> None:
    served = build_schema(SCHEMA.read_text(encoding="utf-8"))
    assert not validate(served, parse(query))
    (root,) = parse(query).definitions[0].selection_set.selections
    (nodes,) = (each for each in root.selection_set.selections if each.name.value == "nodes")
    asked = {each.name.value: each for each in nodes.selection_set.selections}
    written = served.type_map[f"{kind}Input"].fields
    assert set(written) <= set(asked)
    parts = {name for name, field in written.items() if is_input_object_type(get_named_type(field.type))}
    assert parts == {name for name, node in asked.items() if node.selection_set and name in written}
