"""Showing people: to each caller as much as `access` says."""

from collections.abc import Sequence

from services.kit.auth import Caller, Role
from services.kit.checks import Checks
from services.profile.deps import Deps
from services.profile.domain.person import Person
from services.profile.store.people import People
from services.profile.usecases.access import View, only, view_of

MOST_IDS = 100


def get_people(deps: Deps, caller: Caller, ids: Sequence[str]) -> list[Person]:
    """Those that the caller sees something of, in the order asked, each once."""
    with Checks() as checks:
        checks.at_most("ids", ids, MOST_IDS)
    with deps.units.reading() as connection:
        found = People(connection, deps.vault).load(set(ids))
    now = deps.units.clock()
    people = (found[i] for i in dict.fromkeys(ids) if i in found)
    return [person for person in people if view_of(caller, person, now) is not View.NOTHING]


def list_people(deps: Deps, caller: Caller, after: str, limit: int) -> list[Person]:
    """A partner's people, a mentor's mentees, an operator's all; by id."""
    only(caller, Role.PARTNER, Role.MENTOR, Role.OPERATOR)
    with deps.units.reading() as connection:
        people = People(connection, deps.vault)
        match caller.role:
            case Role.PARTNER:
                ids = people.ids_of_partner(caller.subject, after, limit)
            case Role.MENTOR:
                ids = people.ids_of_mentor(caller.subject, after, limit)
            case _:
                ids = people.ids(after, limit)
        found = people.load(ids)
    return [found[i] for i in ids]
