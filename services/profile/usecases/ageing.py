"""People grow older: who enters another age band, or needs a parent no more, is told again."""

from services.profile.store.people import People
from services.profile.usecases.tools import Tools, store

BATCH = 500


def tell_new_age_bands(tools: Tools) -> int:
    """Looks at everybody, a batch at a time (no query reads an encrypted month of birth); how many were told."""
    told, after = 0, ""
    while ids := _page(tools, after):
        older = _older(tools, ids)
        if older:
            told += _tell(tools, older)
        after = ids[-1]
    return told


def _page(tools: Tools, after: str) -> list[str]:
    with tools.units.reading() as connection:
        return People(connection, tools.vault).ids(after, BATCH)


def _older(tools: Tools, ids: list[str]) -> list[str]:
    now = tools.units.clock()
    with tools.units.reading() as connection:
        people = People(connection, tools.vault).load(ids)
    return [person.id for person in people.values() if person.aged(now)]


def _tell(tools: Tools, ids: list[str]) -> int:
    """Looked at again, since somebody may have been changed or erased meanwhile."""
    now = tools.units.clock()
    with tools.units() as unit:
        people = tools.people(unit)
        changed = [person for person in people.load(ids).values() if person.aged(now)]
        store(tools, unit, people, changed)
    return len(changed)
