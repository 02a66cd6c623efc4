"""Indexes events: a batch at a time, or the whole log where the index is empty."""

import logging
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from services.kit.bus import Log, Record
from services.matching.index import Contents, IndexUnavailable
from services.matching.messages import KEPT, UNREADABLE, value_of
from services.matching.values import Course, Offer, Person, Value

logger = logging.getLogger(__name__)
OFFERS_TOPIC = "vivier.offers.v1"
PROFILE_TOPIC = "vivier.profile.v1"
PERSON = "person/"
"""What the keys of people begin with."""

FILL_BATCH = 2000


def fill(contents: Contents, log: Log, alone: Callable[[], bool]) -> None:
    """Put all that the log has now into an empty index; `IndexUnavailable` once somebody else may be filling one.

    Not only what the group has committed: a record whose effect was committed just before a crash is not handled
    again. What has no effect yet is handled as usual; the index then has it already, or something newer.
    """
    for topic in (OFFERS_TOPIC, PROFILE_TOPIC):
        records = log.replay(topic)
        while batch := list(islice(records, FILL_BATCH)):
            put(contents, _readable(batch))
            if not alone():
                raise IndexUnavailable("the turn to fill the index is lost")


def put(contents: Contents, read: Iterable[tuple[Record, Value | None]]) -> set[str]:
    """Put what was read of records into the index at once; a person's tombstone removes them.

    Returns the ids of those events that nothing newer overtook.
    """
    newest: dict[str, tuple[Record, Value | None]] = {}
    for record, value in read:
        _, known = newest.get(record.event.key, (record, None))
        if record.event.payload is None or (value and not (known and known.version > value.version)):
            newest[record.event.key] = record, value
    for key in [key for key, (_, value) in newest.items() if value is None]:
        contents.remove_person(key.removeprefix(PERSON))
    values = [value for _, value in newest.values()]
    kinds: tuple[type[Value], ...] = (Offer, Course, Person)
    overtaken = {kind: contents.put([value for value in values if isinstance(value, kind)]) for kind in kinds}
    return {
        record.event.id for record, value in newest.values() if value is None or value.id not in overtaken[type(value)]
    }


def _readable(records: Sequence[Record]) -> Iterable[tuple[Record, Value | None]]:
    """Those that matching keeps. The consumer makes dead letters of those that cannot be read."""
    for record in records:
        event = record.event
        if event.type in KEPT if event.payload is not None else event.key.startswith(PERSON):
            try:
                yield record, value_of(record)
            except UNREADABLE:
                logger.warning("left out of the index: %s at %d/%d", event.type, record.partition, record.offset)
