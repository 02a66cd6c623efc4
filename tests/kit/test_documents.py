"""Dataclasses as JSON documents."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

import orjson
import pytest
from msgspec import ValidationError

from services.kit.documents import decode, encode


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    colour: Colour | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    part: Part
    parts: tuple[Part, ...] = ()
    words: frozenset[str] = frozenset()
    day: date | None = None
    at: datetime | None = None
    number: float = 0.0
    answer: tuple[str, ...] | None = None


WHOLE = Whole(
    Part("a", Colour.RED),
    (Part("b"),),
    frozenset("zyx"),
    date(2027, 1, 4),
    datetime(2027, 1, 4, 5, 6, 7, 8, UTC),
    1.5,
    ("x",),
)


def test_a_value_survives_encoding_and_decoding() -> None:
    assert decode(encode(WHOLE), Whole) == WHOLE
    assert decode(encode(WHOLE).decode(), Whole) == WHOLE


def test_equal_values_are_equal_bytes() -> None:
    assert b'"words":["x","y","z"]' in encode(WHOLE)


def test_documents_of_the_first_release_were_written_by_orjson() -> None:
    written = orjson.dumps({"part": Part("a", Colour.RED), "day": WHOLE.day, "at": WHOLE.at, "number": 2})
    assert decode(written, Whole) == Whole(Part("a", Colour.RED), day=WHOLE.day, at=WHOLE.at, number=2.0)


def test_an_older_document_gets_the_defaults_and_a_newer_ones_fields_are_passed_over() -> None:
    assert decode('{"part":{"name":"a","later":[1]},"later":{}}', Whole) == Whole(Part("a"))


@pytest.mark.parametrize("document", ['{"part":{"name":"a","colour":"blue"}}', "{}", '{"part":{"name":1}}', "{"])
def test_an_invalid_document_is_refused(document: str) -> None:
    with pytest.raises((ValidationError, ValueError)):
        decode(document, Whole)
