"""Dataclasses as JSON documents and back: enums, dates, tuples and sets come back as what they were.

Fields are only ever added. An older document gets the dataclass's default; a field that is not known here is passed
over, so that an older release may still read what a newer one wrote. Equal values are equal bytes: sets are sorted.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from msgspec import json

T = TypeVar("T")
_ENCODER = json.Encoder(order="deterministic")


def encode(value: Any) -> bytes:
    """The document of a dataclass."""
    return _ENCODER.encode(value)


def decode(document: bytes | str, kind: Callable[..., T]) -> T:
    """The value of a document. `msgspec.ValidationError` where a field is missing or means nothing here."""
    decoded: T = _decoder(kind).decode(document)
    return decoded


@cache
def _decoder(kind: Any) -> json.Decoder[Any]:
    return json.Decoder(kind)
