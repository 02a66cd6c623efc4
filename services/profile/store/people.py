"""People in the store: loaded and saved whole, many at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from services.kit.database import upsert
from services.kit.documents import decode, encode
from services.kit.private.vault import SubjectKeys, Vault
from services.profile.domain.coarsening import AgeBand
from services.profile.domain.person import ConsentKey, Person
from services.profile.domain.values import Consent, ConsentKind, Profile
from services.profile.store.tables import CONSENTS, ERASED, KEYS, MENTORSHIPS, PEOPLE


class People:
    """The people of one transaction, with the keys of those that were loaded or saved.

    With `for_update` the rows that are loaded are locked until it ends, or it fails with `Conflict`: an erasure by
    another transaction leaves no row to be in conflict with, and must not be undone by saving.
    """

    def __init__(self, connection: Connection, vault: Vault, for_update: bool = False) -> None:
        self._connection = connection
        self._vault = vault
        self._to_change = for_update
        self.keys = SubjectKeys(connection, KEYS, vault)

    def load(self, ids: Iterable[str]) -> dict[str, Person]:
        """Those that exist, by id."""
        wanted = list(ids)
        query = select(PEOPLE, KEYS.c.wrapped).join(KEYS).where(PEOPLE.c.id.in_(wanted)).order_by(PEOPLE.c.id)
        if self._to_change:
            query = query.with_for_update(of=PEOPLE)
        rows = self._connection.execute(query).all()
        consents, mentors = self._consents(wanted), self._mentors(wanted)
        return {row.id: self._person(row, consents[row.id], mentors[row.id]) for row in rows}

    def one(self, person_id: str) -> Person | None:
        return self.load([person_id]).get(person_id)

    def _person(self, row: Any, consents: Mapping[ConsentKey, Consent], mentors: Sequence[str]) -> Person:
        self.keys.read(row.id, row.wrapped)
        profile = decode(self.keys.unseal(row.id, row.sealed, f"person/{row.id}"), Profile)
        return Person(
            id=row.id,
            partner_id=row.partner_id,
            created_at=row.created_at,
            profile=profile,
            version=row.version,
            band=AgeBand(row.band),
            matchable=row.matchable,
            consents=consents,
            mentor_ids=tuple(mentors),
        )

    def _consents(self, ids: Collection[str]) -> Mapping[str, dict[ConsentKey, Consent]]:
        found: dict[str, dict[ConsentKey, Consent]] = defaultdict(dict)
        for row in self._connection.execute(select(CONSENTS).where(CONSENTS.c.person_id.in_(ids))):
            kind = ConsentKind(row.kind)
            found[row.person_id][kind, row.grantee_id] = Consent(kind, row.grantee_id, row.granted_at, row.withdrawn_at)
        return found

    def _mentors(self, ids: Collection[str]) -> Mapping[str, list[str]]:
        accepted = MENTORSHIPS.c.person_id.in_(ids) & (MENTORSHIPS.c.state == "accepted")
        query = select(MENTORSHIPS.c.person_id, MENTORSHIPS.c.mentor_id).where(accepted)
        found: dict[str, list[str]] = defaultdict(list)
        for person_id, mentor_id in self._connection.execute(query.order_by(MENTORSHIPS.c.mentor_id)):
            found[person_id].append(mentor_id)
        return found

    def by_external(self, partner_id: str, external_ids: Collection[str]) -> dict[str, str]:
        """The person's id for each external id of that partner that is known."""
        named = {self._vault.lookup(partner_id, external): external for external in external_ids}
        query = select(PEOPLE.c.external_hash, PEOPLE.c.id).where(PEOPLE.c.external_hash.in_(named))
        return {named[row.external_hash]: row.id for row in self._connection.execute(query)}

    def ids(self, after: str, limit: int) -> list[str]:
        """Everybody's, in order."""
        query = select(PEOPLE.c.id).where(PEOPLE.c.id > after).order_by(PEOPLE.c.id).limit(limit)
        return list(self._connection.scalars(query))

    def ids_of_partner(self, partner_id: str, after: str, limit: int) -> list[str]:
        """Those who agree to be seen by the partner."""
        agreed = (CONSENTS.c.kind == ConsentKind.PARTNER) & (CONSENTS.c.grantee_id == partner_id)
        query = select(CONSENTS.c.person_id).where(agreed, CONSENTS.c.withdrawn_at.is_(None))
        page = query.where(CONSENTS.c.person_id > after).order_by(CONSENTS.c.person_id).limit(limit)
        return list(self._connection.scalars(page))

    def ids_of_mentor(self, mentor_id: str, after: str, limit: int) -> list[str]:
        """Mentees; consent lives as long as the mentorship."""
        accepted = (MENTORSHIPS.c.mentor_id == mentor_id) & (MENTORSHIPS.c.state == "accepted")
        query = select(MENTORSHIPS.c.person_id).where(accepted, MENTORSHIPS.c.person_id > after)
        return list(self._connection.scalars(query.order_by(MENTORSHIPS.c.person_id).limit(limit)))

    def save(self, people: Sequence[Person]) -> None:
        """Insert or replace; a new person gets a key."""
        fresh = self.keys.make(person.id for person in people)
        upsert(self._connection, PEOPLE, [self._row(person) for person in people], ["id"])
        self.keys.keep(fresh)
        consents = [_consent(person.id, each) for person in people for each in person.consents.values()]
        upsert(self._connection, CONSENTS, consents, ["person_id", "kind", "grantee_id"])

    def _row(self, person: Person) -> dict[str, Any]:
        external = person.profile.external_id
        return {
            "id": person.id,
            "partner_id": person.partner_id,
            "external_hash": self._vault.lookup(person.partner_id, external) if external else None,
            "version": person.version,
            "band": int(person.band),
            "matchable": person.matchable,
            "created_at": person.created_at,
            "sealed": self.keys.seal(person.id, _document(person.profile), f"person/{person.id}"),
        }

    def erase(self, person: Person, now: datetime) -> None:
        """The key goes with the rows; only the id stays, so that it is never given again."""
        self.keys.destroy(person.id)
        for table in (CONSENTS, MENTORSHIPS):
            self._connection.execute(delete(table).where(table.c.person_id == person.id))
        self._connection.execute(delete(PEOPLE).where(PEOPLE.c.id == person.id))
        ERASED.remember(self._connection, person.id, partner_id=person.partner_id, at=now)

    def erased(self, ids: Collection[str]) -> dict[str, str]:
        """Those of these ids whose people were erased, each with the partner that had made the profile."""
        query = select(ERASED.key, ERASED.table.c.partner_id).where(ERASED.key.in_(ids))
        return dict(self._connection.execute(query).all())


def _document(profile: Profile) -> bytes:
    """Without what is not known, which the release before cannot read."""
    said = ((each.name, getattr(profile, each.name)) for each in fields(profile))
    return encode({name: value for name, value in said if value is not None and value != ""})


def _consent(person_id: str, consent: Consent) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "kind": consent.kind.value,
        "grantee_id": consent.grantee_id,
        "granted_at": consent.granted_at,
        "withdrawn_at": consent.withdrawn_at,
    }
