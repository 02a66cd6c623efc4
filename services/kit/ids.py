"""Identifiers as a dependency: random, so that they reveal nothing."""

from collections.abc import Callable
from uuid import uuid4

Ids = Callable[[], str]
"""Returns a new identifier of 32 lower-case hexadecimal characters."""


def random_id() -> str:
    """A random identifier (UUID version 4, without dashes)."""
    return uuid4().hex
