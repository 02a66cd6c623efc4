"""The bus: nothing is published yet, and nothing listened to."""

from services.kit.outbox import Publishes

PUBLISHES: Publishes = {}
