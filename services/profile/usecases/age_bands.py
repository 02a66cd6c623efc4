"""People grow older: who enters another age band, or needs a parent no more, is published again."""

from services.profile.deps import Deps
from services.profile.store.people import People
from services.profile.usecases.transactions import save_and_publish

BATCH = 500


def publish_new_age_bands(deps: Deps) -> int:
    """Looks at everybody, a batch at a time (no query reads an encrypted month of birth); how many were published."""
    published, after = 0, ""
    while ids := _page(deps, after):
        older = _older(deps, ids)
        if older:
            published += _publish(deps, older)
        after = ids[-1]
    return published


def _page(deps: Deps, after: str) -> list[str]:
    with deps.units.reading() as connection:
        return People(connection, deps.vault).ids(after, BATCH)


def _older(deps: Deps, ids: list[str]) -> list[str]:
    now = deps.units.clock()
    with deps.units.reading() as connection:
        people = People(connection, deps.vault).load(ids)
    return [person.id for person in people.values() if person.is_outdated(now)]


def _publish(deps: Deps, ids: list[str]) -> int:
    """Looked at again, since somebody may have been changed or erased meanwhile."""
    now = deps.units.clock()
    with deps.units() as unit:
        people = deps.people(unit)
        changed = [person for person in people.load(ids).values() if person.is_outdated(now)]
        save_and_publish(deps, unit, people, changed)
    return len(changed)
