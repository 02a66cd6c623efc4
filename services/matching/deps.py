"""What the service's functions depend on."""

from dataclasses import dataclass

from services.kit.outbox import Units
from services.matching.domain import Formula
from services.matching.index import Index
from services.matching.kernel import Codes


@dataclass(frozen=True, slots=True)
class Deps:
    units: Units
    index: Index
    codes: Codes
    formula: Formula
