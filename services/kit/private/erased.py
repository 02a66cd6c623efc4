"""Keys of erased subjects: records that still arrive for them are dropped, and their ids are never given again."""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, select

from services.kit.bus import Record
from services.kit.database import in_values, upsert
from services.kit.dispatch import Handler
from services.kit.outbox import Unit


class Erased:
    """The table `erased` of a store. It holds the keys and nothing else about the subjects.

    The stores of the first release have it under other names, with other columns beside the key.
    """

    def __init__(self, metadata: MetaData, *columns: Column[Any], name: str = "erased", key: str = "key") -> None:
        self.table = Table(name, metadata, Column(key, String, primary_key=True), *columns)
        self.key = self.table.c[key]

    def remember(self, connection: Connection, key: str, **columns: object) -> None:
        """From here on. Repeating it is harmless."""
        upsert(connection, self.table, {self.key.name: key, **columns}, [self.key.name])

    def among(self, connection: Connection, keys: Collection[str]) -> set[str]:
        """Those of the keys that are erased."""
        return set(connection.scalars(select(self.key).where(in_values(self.key, keys))))

    def handler(self, erase: Callable[[Connection, str], None]) -> Handler:
        """For tombstones in LISTENS: erase what is kept of the key, and remember it.

        The consumer forgets its dead letters and truncates the write-ahead log, as it does for every tombstone.
        """

        def handle(unit: Unit, record: Record) -> None:
            erase(unit.connection, record.event.key)
            self.remember(unit.connection, record.event.key)

        return handle
