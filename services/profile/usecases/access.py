"""Who sees what of a person, and who may change it. Somebody unseen and somebody missing are answered alike.

| caller | sees | changes |
|---|---|---|
| person | everything of their own | everything of their own, but not a parent's consent |
| partner that made the profile | everything | everything but other partners' consents |
| other partner with the person's consent | everything but identity and external id | confirms skills |
| mentor with an accepted mentorship | given name, commune, words, plan; no contact, age or point | confirms skills |
| recruiter | of people visible to employers: codes and labels of skills, commune | nothing |
| operator | everything but identity | everything |
| neighbour service | given name, e-mail, language | nothing |
| training body, anyone | nothing | nothing |

A partner's sight ends with the person's consent, a mentor's with the mentorship. A partner that acts in the person's
place is the person as long as it manages them, and cannot give itself or others a partner's or a parent's consent.
"""

from datetime import datetime
from enum import Enum

from services.kit.auth import Caller, Role
from services.kit.errors import denied
from services.profile.domain.person import Person
from services.profile.domain.values import ConsentKind

OWNERS = (Role.PERSON, Role.PARTNER, Role.OPERATOR)
"""Roles that can have a person of their own to change."""


class View(Enum):
    """How much of a person is shown."""

    NOTHING = "nothing"
    WHOLE = "whole"
    NO_IDENTITY = "no identity"  # an operator: the external id stays, a partner is asked by it
    PARTNER = "partner"  # neither identity nor another's external id
    MENTOR = "mentor"
    EMPLOYER = "employer"
    CONTACT = "contact"


def view_of(caller: Caller, person: Person, now: datetime) -> View:  # noqa: PLR0911 — one return a line of the table
    subject = caller.subject
    match caller.role:
        case Role.PERSON if _is_self(caller, person):
            return View.WHOLE
        case Role.PARTNER if person.is_managed_by(subject):
            return View.WHOLE
        case Role.PARTNER if person.agrees(ConsentKind.PARTNER, subject):
            return View.PARTNER
        case Role.MENTOR if subject in person.mentor_ids and person.agrees(ConsentKind.MENTOR, subject):
            return View.MENTOR
        case Role.RECRUITER if person.status(now).visible_to_employers:
            return View.EMPLOYER
        case Role.OPERATOR:
            return View.NO_IDENTITY
        case Role.SERVICE:
            return View.CONTACT
    return View.NOTHING


def only(caller: Caller, *roles: Role) -> None:
    """Refused before anything is looked up, so that nothing is told of what exists."""
    if caller.role not in roles:
        raise denied("NOT_FOR_THIS_ROLE", "a {role} cannot do this", role=caller.role.value)


def is_own(caller: Caller, person: Person) -> bool:
    """The person themself, the partner that made the profile, an operator: those who may change and export it."""
    managed = caller.role is Role.PARTNER and person.is_managed_by(caller.subject)
    return caller.role is Role.OPERATOR or managed or _is_self(caller, person)


def _is_self(caller: Caller, person: Person) -> bool:
    """Nobody in their place, or the partner that still manages them."""
    if caller.role is not Role.PERSON or caller.subject != person.id:
        return False
    return not caller.actor or person.is_managed_by(caller.actor.removeprefix(f"{Role.PARTNER}/"))


def require_own(caller: Caller, person: Person) -> None:
    """For somebody whom the caller sees."""
    if not is_own(caller, person):
        raise denied("NOT_YOURS_TO_CHANGE", "you see this profile, but it is not yours to change")
