"""The values of `vivier.common.v1` and their limits. Standard library, `kit.limits` and nothing else."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from services.kit.limits import matching, number, text, within

CONFIDENT = 0.6
"""From here on a resolved code or place is good enough to match on."""

OUTPUT_ONLY = {"output_only": True}
"""Of a field that is never read from what somebody sends (`kit.wire`)."""


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

    latitude: Annotated[float, number(-90, 90)]
    longitude: Annotated[float, number(-180, 180)]


@dataclass(frozen=True, slots=True)
class Place:
    country_code: Annotated[str, matching("[A-Z]{2}", "NOT_A_COUNTRY", "two capital letters")] = "FR"
    commune_code: Annotated[str, text(10)] = ""
    postal_code: Annotated[str, text(12)] = ""
    label: Annotated[str, text(200)] = ""
    point: Annotated[Point | None, within] = None
    resolution: Resolution | None = field(default=None, metadata=OUTPUT_ONLY)

    @property
    def known(self) -> bool:
        """Well enough to match on."""
        return self.point is not None and self.resolution is not None and self.resolution.confident


@dataclass(frozen=True, slots=True)
class Occupation:
    code: Annotated[str, text(20)] = ""
    label: Annotated[str, text(300)] = ""
    resolution: Resolution | None = field(default=None, metadata=OUTPUT_ONLY)

    @property
    def known(self) -> bool:
        """Well enough to match on."""
        return bool(self.code) and self.resolution is not None and self.resolution.confident
