"""What every use case works with, and the one way to change people."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime

from google.protobuf.message import Message

from services.kit import requests
from services.kit.auth import Caller
from services.kit.outbox import Unit, Units
from services.kit.private.vault import Vault
from services.profile.domain.merging import Stamp
from services.profile.domain.person import Person, PersonChanged
from services.profile.store.people import People
from services.profile.usecases.access import View, missing, view_of
from services.profile.usecases.resolving import Resolver


@dataclass(frozen=True, slots=True)
class Tools:
    """`open_vault` raises `RetryLater` before the store was asked for whose key it is."""

    units: Units
    open_vault: Callable[[], Vault]
    resolver: Resolver

    @property
    def vault(self) -> Vault:
        return self.open_vault()

    def people(self, unit: Unit) -> People:
        return People(unit.connection, self.vault, to_change=True)

    def stamp(self) -> Stamp:
        return Stamp(self.units.ids, self.units.clock())


@contextmanager
def writing(tools: Tools, caller: Caller, request: Message) -> Iterator[tuple[Unit, People, bool]]:
    """One transaction for one request of this caller; False when it was carried out before and changes nothing now."""
    with tools.units() as unit:
        fresh = requests.claim(unit.connection, caller, request, tools.units.clock())
        yield unit, tools.people(unit), fresh


@contextmanager
def changing(
    tools: Tools, caller: Caller, request: Message, person_id: str, may: Callable[[Caller, Person], None]
) -> Iterator[tuple[Unit, People, Person]]:
    """Somebody whom the caller sees and, says `may`, may change; saved and told where anything changed.

    When the request is a repeat they are given back as they stand.
    """
    with writing(tools, caller, request) as (unit, people, fresh):
        person = seen(people, caller, person_id, tools.units.clock())
        may(caller, person)
        before = replace(person)
        yield unit, people, person
        if not fresh:
            for each in fields(before):
                setattr(person, each.name, getattr(before, each.name))
        elif person != before:
            store(tools, unit, people, [person])


def seen(people: People, caller: Caller, person_id: str, now: datetime) -> Person:
    """Somebody of whom the caller sees something."""
    person = people.one(person_id)
    if person is None or view_of(caller, person, now) is View.NOTHING:
        raise missing(person_id)
    return person


def store(tools: Tools, unit: Unit, people: People, changed: Sequence[Person]) -> None:
    """Save, each with its next version, and tell."""
    now = tools.units.clock()
    for person in changed:
        person.next_version(now)
    people.save(changed)
    for person in changed:
        unit.publish(PersonChanged(person, now))
