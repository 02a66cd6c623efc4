"""From the log into the index: a batch at once; what of it is news is then told."""

import threading
from collections.abc import Callable, Collection, Sequence
from itertools import islice

from services.kit.bus import Log, Record
from services.matching.events import OFFERS_TOPIC, PERSON, PROFILE_TOPIC, value_of
from services.matching.index import Contents, IndexUnavailable
from services.matching.values import Course, Offer, Person

FILL_BATCH = 2000


class Arriving(threading.local):
    """The batch at hand, one in each thread."""

    def __init__(self, index: Contents) -> None:
        self._index = index
        self._news: Collection[str] = ()

    def put(self, records: Sequence[Record]) -> None:
        self._news = put(self._index, records)

    def is_news(self, record: Record) -> bool:
        """Whether the index holds what it says, and nothing newer."""
        return record.event.id in self._news


def fill(contents: Contents, log: Log, alone: Callable[[], bool]) -> None:
    """Put all that the log has now into an empty index; `IndexUnavailable` once somebody else may be filling one.

    Not only what the group has committed: a record whose effect was committed just before a crash is not handled
    again. What has no effect yet is handled as usual; the index then has it already, or something newer.
    """
    for topic in (OFFERS_TOPIC, PROFILE_TOPIC):
        records = log.replay(topic)
        while batch := list(islice(records, FILL_BATCH)):
            put(contents, batch)
            if not alone():
                raise IndexUnavailable("the turn to fill the index is lost")


def put(contents: Contents, records: Sequence[Record]) -> set[str]:
    """All at once; the tombstone of a person removes them, others concern nothing here.

    Returns the ids of those events that nothing newer overtook.
    """
    newest: dict[str, tuple[Record, Offer | Course | Person | None]] = {}
    for record in records:
        value, (_, known) = value_of(record), newest.get(record.event.key, (record, None))
        if record.event.payload is None or (value and not (known and known.version > value.version)):
            newest[record.event.key] = record, value
    for key in [key for key, (_, value) in newest.items() if value is None and key.startswith(PERSON)]:
        contents.remove_person(key.removeprefix(PERSON))
    values = [value for _, value in newest.values()]
    overtaken = {
        Offer: contents.put_offers([value for value in values if isinstance(value, Offer)]),
        Course: contents.put_courses([value for value in values if isinstance(value, Course)]),
        Person: contents.put_people([value for value in values if isinstance(value, Person)]),
    }
    return {
        record.event.id for record, value in newest.values() if value is None or value.id not in overtaken[type(value)]
    }
