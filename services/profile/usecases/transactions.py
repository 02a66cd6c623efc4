"""One transaction for one request, and the one way to change people."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import datetime

from google.protobuf.message import Message

from services.kit import requests
from services.kit.auth import Caller
from services.kit.errors import not_found
from services.kit.outbox import Unit
from services.profile.deps import Deps
from services.profile.domain.person import Person, PersonChanged
from services.profile.store.people import People
from services.profile.usecases.access import View, require_own, view_of


@contextmanager
def writing(deps: Deps, caller: Caller, request: Message) -> Iterator[tuple[Unit, People, bool]]:
    """One transaction for one request of this caller; False when it was carried out before and changes nothing now."""
    with deps.units() as unit:
        fresh = requests.claim(unit.connection, caller, request, deps.units.clock())
        yield unit, deps.people(unit), fresh


@contextmanager
def updating(
    deps: Deps, caller: Caller, request: Message, person_id: str, may: Callable[[Caller, Person], object] = require_own
) -> Iterator[tuple[Unit, People, Person]]:
    """Somebody whom the caller sees and may change (`may` refuses otherwise); saved and published where they changed.

    When the request is a repeat they are given back as they stand.
    """
    with writing(deps, caller, request) as (unit, people, fresh):
        person = load_visible(people, caller, person_id, deps.units.clock())
        may(caller, person)
        before = replace(person)
        yield unit, people, person
        if not fresh:
            for each in fields(before):
                setattr(person, each.name, getattr(before, each.name))
        elif person != before:
            save_and_publish(deps, unit, people, [person])


def load_visible(people: People, caller: Caller, person_id: str, now: datetime) -> Person:
    """Somebody of whom the caller sees something."""
    person = people.one(person_id)
    if person is None or view_of(caller, person, now) is View.NOTHING:
        raise not_found("person", person_id)
    return person


def save_and_publish(deps: Deps, unit: Unit, people: People, changed: Sequence[Person]) -> None:
    """Save, each with its next version, and publish it."""
    now = deps.units.clock()
    for person in changed:
        person.next_version(now)
    people.save(changed)
    for person in changed:
        unit.publish(PersonChanged(person, now))
