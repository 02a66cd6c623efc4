"""All SQL of the service: inboxes with those who may read them, and the queue of mails."""

from services.notifications.store.tables import METADATA, MIGRATIONS

__all__ = ["METADATA", "MIGRATIONS"]
