"""What the service's functions depend on."""

from dataclasses import dataclass

from services.kit.outbox import Units
from services.notifications.feed import Feed


@dataclass(frozen=True, slots=True)
class Deps:
    units: Units
    feed: Feed
