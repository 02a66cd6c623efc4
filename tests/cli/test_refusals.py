"""What GraphQL says of a value that does not fit, in plain words; asked of the schema itself."""

from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, execute_sync, parse

from services.cli.api import QuestionRefused
from services.cli.importing.refusals import not_understood
from services.cli.importing.rows import OFFERS, PEOPLE, Trade

SCHEMA = build_schema((Path(__file__).parents[2] / "services/gateway/schema.graphql").read_text())


def told(trade: Trade, row: object) -> str:
    result = execute_sync(SCHEMA, parse(trade.mutation), variable_values={trade.rows: [row], "publish": True})
    assert result.errors, "it fits"
    return str(not_understood(QuestionRefused(*(error.message for error in result.errors)))["message"])


@pytest.mark.parametrize(
    ("trade", "row", "words"),
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
def test_a_misfit_is_told_by_its_path(trade: Trade, row: Any, words: str) -> None:
    assert told(trade, row).startswith(words)
    assert "$" not in told(trade, row)


def test_what_is_not_known_is_told_as_it_is() -> None:
    assert not_understood(QuestionRefused("at most 3 words"))["message"] == "at most 3 words"
    said = not_understood(QuestionRefused("Variable '$o' has invalid value at .name: odd"), "organisation")
    assert said["message"] == "organisation.name: odd"
