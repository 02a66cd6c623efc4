"""Export and erasure: the rights over one's own data."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from google.protobuf.message import Message

from services.kit.auth import Caller, Role
from services.profile.deps import Deps
from services.profile.domain.mentoring import MentorshipErased
from services.profile.domain.person import Person, PersonErased
from services.profile.store.mentoring import Mentorships
from services.profile.store.people import People
from services.profile.usecases.access import OWNERS, only, require_own
from services.profile.usecases.transactions import load_visible, writing


def export_person(deps: Deps, caller: Caller, person_id: str) -> bytes:
    """Everything that is held, for the person, the partner that made the profile, or an operator on their behalf."""
    only(caller, *OWNERS)
    now = deps.units.clock()
    with deps.units.reading() as connection:
        people = People(connection, deps.vault)
        person = load_visible(people, caller, person_id, now)
        require_own(caller, person)
        mentorships = Mentorships(connection, people).of_person(person_id)
    document = {**_held(person, now), "mentorships": [asdict(each) for each in mentorships]}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def _held(person: Person, now: datetime) -> dict[str, Any]:
    return {
        "id": person.id,
        "partner_id": person.partner_id,
        "created_at": person.created_at,
        "exported_at": now,
        "version": person.version,
        "age_band": person.age_band(now).name.lower(),
        "status": asdict(person.status(now)),
        "profile": asdict(person.profile),
        "consents": [asdict(each) for each in person.consents.values()],
    }


def erase_person(deps: Deps, caller: Caller, request: Message, person_id: str) -> None:
    """For good: key and rows go, tombstones are published, old bytes leave the disk. Repeating it is harmless."""
    only(caller, *OWNERS)
    with writing(deps, caller, request) as (unit, people, _):
        unit.after_commit(deps.units.wal_truncation.request)
        if _was_theirs(caller, person_id, people.erased([person_id]).get(person_id)):
            return
        now = deps.units.clock()
        person = load_visible(people, caller, person_id, now)
        require_own(caller, person)
        for mentorship in Mentorships(unit.connection, people).of_person(person_id):
            unit.publish(MentorshipErased(mentorship.id))
        people.erase(person, now)
        unit.publish(PersonErased(person_id))


def _was_theirs(caller: Caller, person_id: str, partner_id: str | None) -> bool:
    """`partner_id` made the profile that was erased; None: nobody of that id was."""
    if partner_id is None:
        return False
    as_partner = caller.role is Role.PARTNER and caller.subject == partner_id
    return as_partner or caller.may_act_for(Role.PERSON, person_id)
