"""Which function handles which record: the table LISTENS of each service's `events.py`.

Its keys are full names of messages (`vivier.offers.v1.OfferChanged`) or, for tombstones, beginnings of keys that end
with a slash (`person/`; the longest that fits). What the table does not name is skipped.
"""

from collections.abc import Callable, Mapping

from services.kit.bus import Record
from services.kit.outbox import Unit

Handler = Callable[[Unit, Record], None]
Listens = Mapping[str, Handler]


def handler_of(listens: Listens, record: Record) -> Handler | None:
    """The function for this record, or None where the service does not care."""
    event = record.event
    if event.payload is not None:
        return listens.get(event.type)
    prefixes = [name for name in listens if name.endswith("/") and event.key.startswith(name)]
    return listens[max(prefixes, key=len)] if prefixes else None
