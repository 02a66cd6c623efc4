"""Lists come in pages: a size within bounds, and an opaque token that says where to go on."""

import base64
import binascii
import json
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from services.kit.errors import Refused, Violation, invalid

DEFAULT_SIZE = 20
MAX_SIZE = 100
LARGEST = 2**63
T = TypeVar("T")


def page_size(asked: int) -> int:
    """The size to serve: 1 to 100, 20 when nothing was asked."""
    if asked == 0:
        return DEFAULT_SIZE
    if not 1 <= asked <= MAX_SIZE:
        raise invalid([Violation("page_size", "OUT_OF_RANGE", "must be 1 to 100")])
    return asked


def cut(found: Sequence[T], size: int, position: Callable[[T], Sequence[Any]]) -> tuple[Sequence[T], str]:
    """Of up to `size` + 1 rows that were found: the page, and the token of the next one ("" after the last).

    `position` says where a row stands, in JSON values; `decode_token` gives them back.
    """
    if len(found) <= size:
        return found, ""
    return found[:size], encode_token(*position(found[size - 1]))


def page_by_id(request: Any, find: Callable[[str, int], Sequence[T]]) -> tuple[Sequence[T], str]:
    """The page that a request asks for of rows in the order of their ids, and the token of the next one.

    `find(after, limit)` gives the rows with greater ids; `after` is empty for the first page.
    """
    size = page_size(request.page_size)
    (after,) = decode_token(request.page_token, str) or ("",)
    return cut(find(after, size + 1), size, lambda last: [last.id])  # type: ignore[attr-defined]


def encode_token(*position: Any) -> str:
    """A token for "after this position"; JSON values only."""
    return base64.urlsafe_b64encode(json.dumps(position, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_token(token: str, *kinds: type) -> tuple[Any, ...] | None:
    """The position of a token made by `encode_token` with values of these kinds; None for the first page.

    A token comes from outside: what has other kinds, is no number, or is no text that can be stored, is refused.
    `object` leaves a value to the caller.
    """
    if not token:
        return None
    try:
        position = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if isinstance(position, list) and all(_is(*pair) for pair in zip(position, kinds, strict=True)):
            return tuple(position)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise bad_token() from error
    raise bad_token()


def _is(value: Any, kind: type) -> bool:
    if kind is str:
        return isinstance(value, str) and value.isprintable()
    if kind is int:
        return type(value) is int and abs(value) < LARGEST
    if kind is float:
        return type(value) in (int, float) and math.isfinite(value) and abs(value) < LARGEST
    return True


def bad_token() -> Refused:
    """What is said of a token that was made up."""
    return invalid([Violation("page_token", "NOT_A_TOKEN", "give back what the last page said, or leave it out")])
