"""Mentors and mentorships in the store."""

from collections.abc import Collection, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Select, delete, func, insert, select

from services.kit.database import claim_rows, upsert
from services.kit.documents import decode, encode
from services.profile.domain.mentoring import LIVE, Mentor, Mentorship, MentorshipState
from services.profile.store.people import People
from services.profile.store.tables import CONSENTS, MENTOR_OCCUPATIONS, MENTORS, MENTORSHIPS


def load_mentors(connection: Connection, ids: Collection[str]) -> dict[str, Mentor]:
    rows = connection.execute(select(MENTORS).where(MENTORS.c.id.in_(ids)))
    return {row.id: _mentor(row) for row in rows}


def page_of_mentors(connection: Connection, occupation: str, after: str, limit: int) -> list[Mentor]:
    """By id; of one occupation where one is named."""
    query = select(MENTORS).where(MENTORS.c.id > after).order_by(MENTORS.c.id).limit(limit)
    if occupation:
        query = query.join(MENTOR_OCCUPATIONS).where(MENTOR_OCCUPATIONS.c.occupation_code == occupation)
    return [_mentor(row) for row in connection.execute(query)]


def save_mentor(connection: Connection, mentor: Mentor) -> None:
    document = orjson.loads(encode(mentor))
    row = {name: document.pop(name) for name in ("id", "version", "open", "capacity")}
    upsert(connection, MENTORS, {**row, "document": document}, ["id"])
    connection.execute(delete(MENTOR_OCCUPATIONS).where(MENTOR_OCCUPATIONS.c.mentor_id == mentor.id))
    if mentor.occupation_codes:
        known = [{"occupation_code": code, "mentor_id": mentor.id} for code in mentor.occupation_codes]
        connection.execute(insert(MENTOR_OCCUPATIONS), known)


def _mentor(row: Any) -> Mentor:
    columns = {"id": row.id, "version": row.version, "open": row.open, "capacity": row.capacity}
    return decode(orjson.dumps({**row.document, **columns}), Mentor)


class Mentorships:
    """The mentorships of one transaction; their messages are sealed with the key of the person who asks."""

    def __init__(self, connection: Connection, people: People) -> None:
        self._connection = connection
        self._people = people

    def one(self, mentorship_id: str) -> Mentorship | None:
        return next(iter(self._all(select(MENTORSHIPS).where(MENTORSHIPS.c.id == mentorship_id))), None)

    def of_person(self, person_id: str) -> list[Mentorship]:
        return self._all(select(MENTORSHIPS).where(MENTORSHIPS.c.person_id == person_id).order_by(MENTORSHIPS.c.id))

    def live_between(self, person_id: str, mentor_id: str) -> Mentorship | None:
        """The one that is asked or accepted; there is at most one."""
        pair = (MENTORSHIPS.c.person_id == person_id) & (MENTORSHIPS.c.mentor_id == mentor_id)
        found = self._all(select(MENTORSHIPS).where(pair, MENTORSHIPS.c.state.in_(LIVE)))
        return found[0] if found else None

    def lock_mentor(self, mentor_id: str) -> None:
        """Lock the mentor's row until this transaction ends: two acceptances cannot both take the last place."""
        claim_rows(self._connection, MENTORS, [mentor_id])

    def mentees(self, mentor_id: str) -> int:
        accepted = (MENTORSHIPS.c.mentor_id == mentor_id) & (MENTORSHIPS.c.state == MentorshipState.ACCEPTED)
        return self._connection.execute(select(func.count()).select_from(MENTORSHIPS).where(accepted)).scalar_one()

    def page(
        self, side: str, subject: str, states: Sequence[MentorshipState], after: str, limit: int
    ) -> list[Mentorship]:
        """By id. `side` is whose: "person", "mentor", "partner" (of the people whom it sees) or "all"."""
        query = select(MENTORSHIPS).where(MENTORSHIPS.c.id > after).order_by(MENTORSHIPS.c.id).limit(limit)
        if states:
            query = query.where(MENTORSHIPS.c.state.in_(states))
        return self._all(_of(query, side, subject))

    def _all(self, query: Select[Any]) -> list[Mentorship]:
        rows = self._connection.execute(query).all()
        self._people.load({row.person_id for row in rows})
        return [self._mentorship(row) for row in rows]

    def _mentorship(self, row: Any) -> Mentorship:
        message = self._people.keys.unseal(row.person_id, row.sealed, f"mentorship/{row.id}").decode()
        state = MentorshipState(row.state)
        return Mentorship(
            row.id, row.person_id, row.mentor_id, state, message, row.asked_at, row.changed_at, row.version
        )

    def save(self, mentorship: Mentorship) -> None:
        """Of a person loaded before."""
        message = mentorship.message.encode()
        row = {
            "id": mentorship.id,
            "person_id": mentorship.person_id,
            "mentor_id": mentorship.mentor_id,
            "state": mentorship.state.value,
            "version": mentorship.version,
            "asked_at": mentorship.asked_at,
            "changed_at": mentorship.changed_at,
            "sealed": self._people.keys.seal(mentorship.person_id, message, f"mentorship/{mentorship.id}"),
        }
        upsert(self._connection, MENTORSHIPS, row, ["id"])


def _of(query: Select[Any], side: str, subject: str) -> Select[Any]:
    match side:
        case "person":
            return query.where(MENTORSHIPS.c.person_id == subject)
        case "mentor":
            return query.where(MENTORSHIPS.c.mentor_id == subject)
        case "partner":
            agreed = (CONSENTS.c.kind == "partner") & (CONSENTS.c.grantee_id == subject)
            seen = select(CONSENTS.c.person_id).where(agreed, CONSENTS.c.withdrawn_at.is_(None))
            return query.where(MENTORSHIPS.c.person_id.in_(seen))
    return query
