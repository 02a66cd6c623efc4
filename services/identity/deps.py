"""What the service's functions depend on."""

from collections.abc import Callable
from dataclasses import dataclass

from services.kit.auth import Caller
from services.kit.outbox import Units

Manages = Callable[[Caller, str, float], bool]
"""`(partner, person_id, seconds)`: did the partner make this person's profile, and does the person still agree?

Asked of the service that knows, within so many seconds; RetryLater where it does not answer.
"""


@dataclass(frozen=True, slots=True)
class Deps:
    units: Units
    issuer: str
    """The `iss` of tokens."""
    manages: Manages
