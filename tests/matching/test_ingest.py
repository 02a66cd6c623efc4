"""What of the log reaches the index."""

from collections.abc import Iterator, Sequence
from typing import Any

from vivier.profile.v1 import events_pb2 as profile

from services.kit.bus import Event, Record
from services.kit.outbox import outgoing, tombstone
from services.matching.ingest import fill
from services.matching.values import Person


class Contents:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.people: list[str] = []
        self.removed: list[str] = []

    def put(self, values: Sequence[Any]) -> set[str]:
        self.people += [value.id for value in values if isinstance(value, Person)]
        return set()

    def remove_person(self, person_id: str) -> None:
        self.removed.append(person_id)


class Log:
    """Holds these events in one topic."""

    def __init__(self, *events: Event) -> None:
        self._records = [Record(event, 0, offset) for offset, event in enumerate(events)]

    def replay(self, topic: str) -> Iterator[Record]:
        return (record for record in self._records if record.event.topic == topic)


def test_only_the_tombstone_of_a_person_removes_one() -> None:
    contents = Contents()
    changed = profile.PersonChanged(person_id="bo", version=1)
    gone = [tombstone("vivier.profile.v1", key) for key in ("mentorship/m", "mentor/jo", "person/ana", "offer/o")]
    fill(contents, Log(outgoing("person/bo", changed), *gone), lambda: True)  # type: ignore[arg-type]
    assert contents.people == ["bo"]
    assert contents.removed == ["ana"]
