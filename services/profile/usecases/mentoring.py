"""Mentors, and mentorships from asking to ending."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from google.protobuf.message import Message

from services.common.values import Outcome
from services.kit import requests
from services.kit.auth import Caller, Role
from services.kit.checks import Checks
from services.kit.errors import Kind, Refused, denied, not_found
from services.kit.limits import checked
from services.profile.deps import Deps
from services.profile.domain.coarsening import rounded
from services.profile.domain.limits import subject
from services.profile.domain.mentoring import (
    Mentor,
    MentorChanged,
    Mentorship,
    MentorshipChanged,
    MentorshipState,
    checked_message,
)
from services.profile.domain.person import Person
from services.profile.domain.values import ConsentKind, Place
from services.profile.store.mentoring import Mentorships, load_mentors, page_of_mentors, save_mentor
from services.profile.store.people import People
from services.profile.usecases.access import OWNERS, is_own, only
from services.profile.usecases.resolving import resolve_place
from services.profile.usecases.transactions import save_and_publish, updating, writing

Verb = Callable[[Mentorship, datetime], Mentorship]
MAY_MOVE: Mapping[Verb, Sequence[Role]] = {
    Mentorship.accept: (Role.MENTOR,),
    Mentorship.decline: (Role.MENTOR,),
    Mentorship.end: (Role.MENTOR, *OWNERS),
}
"""Who may take which step."""
SIDES = {Role.PERSON: "person", Role.MENTOR: "mentor", Role.PARTNER: "partner", Role.OPERATOR: "all"}


def upsert_mentor(deps: Deps, caller: Caller, request: Message, said: Mentor) -> tuple[Mentor, Outcome]:
    """The whole public profile, by the mentor or an operator."""
    only(caller, Role.MENTOR, Role.OPERATOR)
    mentor = _checked(deps, caller, said)
    with writing(deps, caller, request) as (unit, _, fresh):
        before = load_mentors(unit.connection, [mentor.id]).get(mentor.id)
        version = before.version if before else 0
        if before and (not fresh or before == replace(mentor, version=version)):
            return before, Outcome.UNCHANGED
        mentor = replace(mentor, version=version + 1)
        save_mentor(unit.connection, mentor)
        unit.publish(MentorChanged(mentor))
    return mentor, Outcome.UPDATED if before else Outcome.CREATED


def _checked(deps: Deps, caller: Caller, said: Mentor) -> Mentor:
    if caller.role is Role.MENTOR and said.id not in ("", caller.subject):
        raise not_found("mentor", said.id)
    with Checks() as checks:
        checks.require("mentor.id", said.id or caller.role is Role.MENTOR, "REQUIRED", "must not be empty")
        mentor_id = caller.subject if caller.role is Role.MENTOR else subject(checks, "mentor.id", said.id)
        mentor = checked(checks, replace(said, id=mentor_id), "mentor.")
    with Checks() as checks:
        resolver = deps.resolver(checks)
        resolver.occupation_codes("mentor.occupation_codes", mentor.occupation_codes)
        place = mentor.place and _commune_only(resolve_place(resolver, "mentor.place", mentor.place))
    return replace(mentor, place=place)


def _commune_only(place: Place) -> Place:
    """The commune's name and a rounded point: a mentor's place may be their home."""
    return replace(place, label=place.commune_label, point=place.point and rounded(place.point))


def get_mentors(deps: Deps, caller: Caller, ids: Sequence[str]) -> list[Mentor]:
    """Public to whoever says who they are."""
    _require_role(caller)
    with Checks() as checks:
        checks.at_most("ids", ids, 100)
    with deps.units.reading() as connection:
        found = load_mentors(connection, set(ids))
    return [found[each] for each in dict.fromkeys(ids) if each in found]


def list_mentors(deps: Deps, caller: Caller, occupation: str, after: str, limit: int) -> list[Mentor]:
    _require_role(caller)
    with deps.units.reading() as connection:
        return page_of_mentors(connection, occupation, after, limit)


def _require_role(caller: Caller) -> None:
    if caller.role is Role.ANYONE:
        raise denied("NOT_FOR_THIS_ROLE", "say who you are first")


def ask_mentor(
    deps: Deps, caller: Caller, request: Message, person_id: str, mentor_id: str, message: str
) -> Mentorship:
    """Asking is consenting: should the mentor accept, they see what `access` shows a mentor.

    The consent changes the person, so of two who ask at the same time one is in conflict, and finds the other's.
    """
    only(caller, *OWNERS)
    message, now = checked_message(message), deps.units.clock()
    new_id = requests.ids_of(caller, request, deps.units.ids)()
    with updating(deps, caller, request, person_id) as (unit, people, person):
        mentorships = Mentorships(unit.connection, people)
        if already := mentorships.one(new_id):
            return already
        mentor = load_mentors(unit.connection, [mentor_id]).get(mentor_id)
        if mentor is None:
            raise not_found("mentor", mentor_id)
        if mentorships.live_between(person_id, mentor_id):
            raise Refused(Kind.CONFLICT, "MENTORSHIP_EXISTS", "this mentor has been asked already")
        mentor.require_room(mentorships.mentees(mentor_id))
        asked = Mentorship(new_id, person_id, mentor_id, MentorshipState.ASKED, message, now, now)
        mentorships.save(asked)
        person.grant(ConsentKind.MENTOR, mentor_id, now)
        unit.publish(MentorshipChanged(asked))
    return asked


def move_mentorship(deps: Deps, caller: Caller, request: Message, mentorship_id: str, verb: Verb) -> Mentorship:
    """Accept, decline or end it; harmless when that was done before."""
    only(caller, *MAY_MOVE[verb])
    now = deps.units.clock()
    with writing(deps, caller, request) as (unit, people, fresh):
        mentorships = Mentorships(unit.connection, people)
        before = mentorships.one(mentorship_id)
        person = people.one(before.person_id) if before else None
        if before is None or person is None or not _is_side(caller, before, person):
            raise not_found("mentorship", mentorship_id)
        after = verb(before, now) if fresh else before
        if after == before:
            return before
        if after.state is MentorshipState.ACCEPTED:
            mentorships.lock_mentor(after.mentor_id)
            mentor = load_mentors(unit.connection, [after.mentor_id])[after.mentor_id]
            mentor.require_room(mentorships.mentees(after.mentor_id))
            person.add_mentor(after.mentor_id)
        else:
            person.remove_mentor(after.mentor_id, now)
        mentorships.save(after)
        unit.publish(MentorshipChanged(after))
        save_and_publish(deps, unit, people, [person])
    return after


def _is_side(caller: Caller, mentorship: Mentorship, person: Person) -> bool:
    if caller.role is Role.MENTOR:
        return mentorship.mentor_id == caller.subject
    return is_own(caller, person)


def list_mentorships(
    deps: Deps, caller: Caller, states: Sequence[MentorshipState], after: str, limit: int
) -> list[Mentorship]:
    """One's own, as a person or a mentor; those of a partner's people; an operator's all."""
    only(caller, *SIDES)
    with deps.units.reading() as connection:
        mentorships = Mentorships(connection, People(connection, deps.vault))
        return mentorships.page(SIDES[caller.role], caller.subject, states, after, limit)
