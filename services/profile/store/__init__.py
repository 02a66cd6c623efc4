"""All SQL of the service."""

from services.profile.store.tables import METADATA, MIGRATIONS

__all__ = ["METADATA", "MIGRATIONS"]
