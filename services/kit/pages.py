"""Lists come in pages: a size within bounds, and an opaque token that says where to go on."""

import base64
import binascii
import json
from typing import Any

from services.kit.errors import Violation, invalid

DEFAULT_SIZE = 20
MAX_SIZE = 100


def page_size(asked: int) -> int:
    """The size to serve: 1 to 100, 20 when nothing was asked."""
    if asked == 0:
        return DEFAULT_SIZE
    if not 1 <= asked <= MAX_SIZE:
        raise invalid([Violation("page_size", "OUT_OF_RANGE", f"must be 1 to {MAX_SIZE}")])
    return asked


def encode_token(*position: Any) -> str:
    """A token for "after this position"; JSON values only."""
    return base64.urlsafe_b64encode(json.dumps(position, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_token(token: str, length: int) -> tuple[Any, ...] | None:
    """The position of a token made by `encode_token` with as many values; None for the first page."""
    if not token:
        return None
    try:
        position = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError) as error:
        raise _bad_token() from error
    if not isinstance(position, list) or len(position) != length:
        raise _bad_token()
    return tuple(position)


def _bad_token() -> Exception:
    return invalid([Violation("page_token", "NOT_A_TOKEN", "give back what the last page said, or leave it out")])
