"""A written place, taken apart."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WrittenPlace:
    """`key` is the normalised name ("" when none was written); `code` an official code standing alone."""

    key: str
    department: str | None = None
    postal_code: str | None = None
    code: str | None = None
