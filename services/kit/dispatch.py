"""Which function handles which record: the table LISTENS of each service's `events.py`.

Its keys are full names of messages (`vivier.offers.v1.OfferChanged`) or, for tombstones, beginnings of keys that end
with a slash (`person/`; the longest that fits). What the table does not name is skipped.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby

from services.kit import telemetry
from services.kit.bus import Record
from services.kit.outbox import Unit

Handler = Callable[[Unit, Record], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """A handler of many records at once: those in a row whose entries in the table are equal, in their order.

    When it raises for several, each is tried again alone, so it may see a record twice. It sees tombstones at every
    delivery, also those handled before, so that it can delete again what is kept outside the store. Where it publishes
    because of a single record it opens `handling` of that record.
    """

    handle: Callable[[Unit, Sequence[Record]], None]


Listens = Mapping[str, Handler | Batch]


def handler_of(listens: Listens, record: Record) -> Handler | Batch | None:
    """What handles this record, or None where the table has no entry for it."""
    event = record.event
    if event.payload is not None:
        return listens.get(event.type)
    prefixes = [name for name in listens if name.endswith("/") and event.key.startswith(name)]
    return listens[max(prefixes, key=len)] if prefixes else None


def grouped(listens: Listens, records: Sequence[Record]) -> Iterator[tuple[Handler | Batch | None, list[Record]]]:
    """The records in their order, with what handles them: several where that is a `Batch`, else one by one."""
    for handler, group in groupby(records, lambda record: handler_of(listens, record)):
        if isinstance(handler, Batch):
            yield handler, list(group)
        else:
            yield from ((handler, [record]) for record in group)


def handle(handler: Handler | Batch, unit: Unit, records: Sequence[Record]) -> None:
    """Call the handler with one of the `grouped`."""
    if isinstance(handler, Batch):
        return handler.handle(unit, records)
    for record in records:
        with handling(record):
            handler(unit, record)


def handling(record: Record) -> AbstractContextManager[None]:
    """A span within the trace in which the record was published."""
    event = record.event
    return telemetry.handling_span(event.type or event.key.partition("/")[0], event.headers)
