"""The values of `vivier.common.v1` and their checks. Standard library, `kit.checks` and nothing else."""

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from services.kit.checks import Checks

CONFIDENT = 0.6
"""From here on a resolved code or place is good enough to match on."""

OUTPUT_ONLY = {"output_only": True}
"""Of a field that is never read from what somebody sends (`kit.wire`)."""

_COUNTRY = re.compile(r"[A-Z]{2}")


class OfferKind(StrEnum):
    """What somebody offers and what somebody wishes."""

    JOB = "job"
    APPRENTICESHIP = "apprenticeship"
    INTERNSHIP = "internship"
    VOLUNTEERING = "volunteering"


class Remote(StrEnum):
    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


class Outcome(StrEnum):
    """What an idempotent write did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a code was found for words. `confidence` is 0 to 1, `referential_version` the snapshot that answered."""

    source: str
    confidence: float
    referential_version: str

    @property
    def confident(self) -> bool:
        return self.confidence >= CONFIDENT


@dataclass(frozen=True, slots=True)
class Point:
    """WGS 84, degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Place:
    country_code: str = "FR"
    commune_code: str = ""
    postal_code: str = ""
    label: str = ""
    point: Point | None = None
    resolution: Resolution | None = field(default=None, metadata=OUTPUT_ONLY)

    @property
    def known(self) -> bool:
        """Well enough to match on."""
        return self.point is not None and self.resolution is not None and self.resolution.confident


@dataclass(frozen=True, slots=True)
class Occupation:
    code: str = ""
    label: str = ""
    resolution: Resolution | None = field(default=None, metadata=OUTPUT_ONLY)

    @property
    def known(self) -> bool:
        """Well enough to match on."""
        return bool(self.code) and self.resolution is not None and self.resolution.confident


P = TypeVar("P", bound=Place)


def checked_place(checks: Checks, path: str, place: P) -> P:
    """With its texts trimmed; wrong fields are added to `checks`."""
    country = _COUNTRY.fullmatch(place.country_code)
    checks.require(f"{path}.country_code", country, "NOT_A_COUNTRY", "two capital letters")
    if place.point is not None:
        checks.point(f"{path}.point", place.point.latitude, place.point.longitude)
    return replace(
        place,
        commune_code=checks.text(f"{path}.commune_code", place.commune_code, 10),
        postal_code=checks.text(f"{path}.postal_code", place.postal_code, 12),
        label=checks.text(f"{path}.label", place.label, 200),
    )


def checked_occupation(checks: Checks, path: str, occupation: Occupation) -> Occupation:
    """With its texts trimmed; wrong fields are added to `checks`."""
    return replace(
        occupation,
        code=checks.text(f"{path}.code", occupation.code, 20),
        label=checks.text(f"{path}.label", occupation.label, 300),
    )
