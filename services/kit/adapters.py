"""The event log that the settings name; the one place where its kind is chosen."""

import logging

from services.kit.bus import Log
from services.kit.bus_embedded import EmbeddedLog
from services.kit.settings import Settings


def open_log(settings: Settings) -> Log:
    """Kafka where its brokers are set, else a file in `home`. Connects to nothing yet."""
    if not settings.kafka:
        return EmbeddedLog(settings.home / "log.db")
    from services.kit.bus_kafka import KafkaLog  # slow to import, and not needed on one machine

    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # it says each second what `LogUnavailable` says once
    return KafkaLog(settings.kafka, settings.namespace, settings.kafka_replication)
