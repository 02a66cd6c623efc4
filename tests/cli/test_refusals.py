"""What GraphQL says of a value that does not fit, in plain words; asked of the schema itself."""

from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, execute_sync, parse

from services.cli.api import InvalidQuery
from services.cli.importing.importer import OFFERS, PEOPLE, ImportKind
from services.cli.importing.refusals import invalid_query_refusal

SCHEMA = build_schema((Path(__file__).parents[2] / "services/gateway/schema.graphql").read_text())


def message_for(kind: ImportKind, row: object) -> str:
    result = execute_sync(SCHEMA, parse(kind.mutation), variable_values={kind.rows: [row], "publish": True})
    assert result.errors, "it fits"
    return str(invalid_query_refusal(InvalidQuery(*(error.message for error in result.errors)))["message"])


@pytest.mark.parametrize(
    ("kind", "row", "words"),
    [
        (PEOPLE, {"colour": "green"}, "colour: there is no such field"),
        (PEOPLE, {"externalId": 5.5}, "externalId: must be text, not 5.5"),
        (PEOPLE, {"travel": {"limitKm": "far"}}, "travel.limitKm: must be a whole number, not 'far'"),
        (PEOPLE, {"travel": {"modes": ["FLY"]}}, "travel.modes[0]: there is no such choice as 'FLY'"),
        (PEOPLE, {"wishes": {"minimumHours": "few"}}, "wishes.minimumHours: must be a number, not 'few'"),
        (PEOPLE, {"skills": [{"label": {"a": 1}}]}, "skills[0].label: must be text, not {'a': 1}"),
        (PEOPLE, "Ada", "must be an object, not 'Ada'"),
        (OFFERS, {"kind": 7}, "kind: there is no such choice as 7"),
        (OFFERS, {"openings": 99_999_999_999}, "openings: 99999999999 is too large"),
        (OFFERS, {"disabilityFriendly": "yes"}, "disabilityFriendly: must be true or false, not 'yes'"),
        (OFFERS, {"place": {"point": {"latitude": 3}}}, "place.point.longitude: is missing"),
        (OFFERS, {"licences": [None]}, "licences[0]: is missing"),
        (OFFERS, {"kind": "X", "openings": "y"}, "kind: there is no such choice as 'X'; openings: must be a whole"),
    ],
)
def test_a_misfit_is_told_by_its_path(kind: ImportKind, row: Any, words: str) -> None:
    assert message_for(kind, row).startswith(words)
    assert "$" not in message_for(kind, row)


def test_what_is_not_known_is_told_as_it_is() -> None:
    assert invalid_query_refusal(InvalidQuery("at most 3 words"))["message"] == "at most 3 words"
    said = invalid_query_refusal(InvalidQuery("Variable '$o' has invalid value at .name: odd"), "organisation")
    assert said["message"] == "organisation.name: odd"
