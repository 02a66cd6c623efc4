"""Writing people, a batch at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from google.protobuf.message import Message

from services.common.values import Outcome
from services.kit import requests
from services.kit.auth import Caller, Role
from services.kit.checks import Checks
from services.kit.errors import Kind, Refused, Violation, invalid, not_found
from services.kit.ids import Ids
from services.kit.limits import checked
from services.profile.deps import Deps
from services.profile.domain.coarsening import check_birth_month
from services.profile.domain.person import Person
from services.profile.domain.values import ConsentKind, Profile
from services.profile.store.people import People
from services.profile.usecases.access import is_own, only
from services.profile.usecases.resolving import resolve_profile
from services.profile.usecases.transactions import save_and_publish, writing

MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One person as a batch says them, or why the row is wrong in itself."""

    id: str
    said: Profile | Refused


Result = tuple[Person, Outcome] | Refused


def upsert_people(
    deps: Deps, caller: Caller, request: Message, rows: Sequence[Row], consents: Sequence[ConsentKind]
) -> list[Result]:
    """Each row for itself: a refused one leaves the others standing."""
    only(caller, Role.PERSON, Role.PARTNER, Role.OPERATOR)
    with Checks() as checks:
        checks.at_most("people", rows, MOST_ROWS)
        known = {ConsentKind.EMPLOYERS, ConsentKind.PARENT}.issuperset(consents)
        checks.require("consents", known, "UNKNOWN_VALUE", "only EMPLOYERS and PARENT come with a row")
    ready = [_checked(deps, row) for row in rows]
    with writing(deps, caller, request) as (unit, people, fresh):
        batch = _Batch(deps, caller, people, consents, fresh)
        batch.look_up(ready, requests.ids_of(caller, request, deps.units.ids))
        results = [batch.write(row, at) for at, row in enumerate(ready)]
        save_and_publish(deps, unit, people, list(batch.changed.values()))
    return results


def _checked(deps: Deps, row: Row) -> Row:
    if isinstance(row.said, Refused):
        return row
    try:
        with Checks() as checks:
            said = checked(checks, row.said)
            check_birth_month(checks, said.birth_month, deps.units.clock())
            checks.done()
            said = resolve_profile(deps.resolver(checks), said)
    except Refused as refusal:
        return replace(row, said=refusal)
    return replace(row, said=said)


class _Batch:
    """The rows of one request against what is there; rows about the same person see each other."""

    def __init__(
        self, deps: Deps, caller: Caller, people: People, consents: Sequence[ConsentKind], fresh: bool
    ) -> None:
        self.changed: dict[str, Person] = {}
        self._stamp = deps.stamp()
        self._caller = caller
        self._people = people
        self._fresh = fresh
        self._consents = [kind for kind in consents if self._may_record(kind)]
        self._partner = caller.subject if caller.role is Role.PARTNER else ""

    def _may_record(self, kind: ConsentKind) -> bool:
        """A child does not answer for a parent."""
        return kind is not ConsentKind.PARENT or self._caller.role is not Role.PERSON

    def look_up(self, rows: Sequence[Row], new_id: Ids) -> None:
        """Who is meant, and the ids of those who may have to be made: the same at a repeat of the request."""
        if self._caller.role is Role.PERSON:
            self._ids = [self._caller.subject for _ in rows]
        else:
            self._ids = [new_id() for _ in rows]
        external = {row.said.external_id for row in rows if isinstance(row.said, Profile)} - {""}
        self._external = self._people.by_external(self._partner, external)
        given = (row.id for row in rows if row.id)
        every = {*self._ids, *given, *self._external.values()}
        self._known = self._people.load(every)
        self._erased = self._people.erased(every)

    def write(self, row: Row, at: int) -> Result:
        try:
            if isinstance(row.said, Refused):
                return row.said
            person = self._existing(row.id, row.said, at)
            if person and not self._fresh:
                return person, Outcome.UNCHANGED
            return self._update(person, row.said) if person else self._create(row.said, self._ids[at])
        except Refused as refusal:
            return refusal

    def _existing(self, person_id: str, said: Profile, at: int) -> Person | None:
        """The person whom the row is about; None where a new one is to be created."""
        if person_id:
            person = self._known.get(person_id)
            if person is None and person_id == self._ids[at]:
                return None
            if person is None or not is_own(self._caller, person):
                raise not_found("person", person_id)
            return person
        if said.external_id and self._caller.role is not Role.PERSON:
            person = self._known.get(self._external.get(said.external_id, ""))
            if person and not is_own(self._caller, person):
                raise Refused(Kind.CONFLICT, "CONSENT_WITHDRAWN", "this person has withdrawn the consent")
            return person
        if self._partner:
            raise invalid([Violation("external_id", "REQUIRED", "must not be empty")])
        person = self._known.get(self._ids[at])
        if person and not is_own(self._caller, person):
            raise not_found("person", person.id)
        return person

    def _update(self, person: Person, said: Profile) -> Result:
        if said.external_id not in ("", person.profile.external_id):
            raise invalid([Violation("external_id", "IMMUTABLE", "stays what it was when the profile was made")])
        before = person.profile
        person.write(said, self._stamp)
        if person.profile == before:
            return person, Outcome.UNCHANGED
        self.changed[person.id] = person
        return person, Outcome.UPDATED

    def _create(self, said: Profile, person_id: str) -> Result:
        if said.external_id and self._caller.role is Role.PERSON:
            raise invalid([Violation("external_id", "NOT_YOURS", "an external id belongs to a partner")])
        person = Person(self._usable(person_id), self._partner, self._stamp.now)
        for kind in self._consents:
            person.grant(kind, "", self._stamp.now)
        if self._partner:
            person.grant(ConsentKind.PARTNER, self._partner, self._stamp.now)
        person.write(said, self._stamp)
        self._known[person.id] = self.changed[person.id] = person
        self._external[said.external_id] = person.id
        return person, Outcome.CREATED

    def _usable(self, person_id: str) -> str:
        """Nobody gets the id of somebody erased: a partner's newcomer gets another, oneself is refused."""
        if person_id not in self._erased:
            return person_id
        if not self._partner:
            raise Refused(Kind.CONFLICT, "PERSON_ERASED", "this person was erased for good")
        return self._stamp.new_id()
