"""Events: none is published or listened to."""

from services.kit.outbox import Publishes

PUBLISHES: Publishes = {}
