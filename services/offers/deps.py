"""What the service's functions depend on."""

from dataclasses import dataclass

from services.common.resolver import CachedReferential
from services.kit.outbox import Units


@dataclass(frozen=True, slots=True)
class Deps:
    units: Units
    referential: CachedReferential
