"""Consents, given and taken back.

| kind | granted by | withdrawn by |
|---|---|---|
| PARTNER | the person themself, an operator; the maker's comes with the profile | the same, and the partner concerned |
| EMPLOYERS | the person, the maker, an operator | the same |
| PARENT | the maker, an operator: a child does not answer for a parent | the same, and the person |
| MENTOR | asking the mentor grants it | the person, the maker, an operator; it ends the mentorship |

The maker is the partner that made the profile, as long as the person agrees to it. Where it acts in the person's place
it withdraws what the person may, but grants no PARTNER consent: it cannot restore or pass on what was given to it.
"""

from google.protobuf.message import Message

from services.kit.auth import Caller, Role
from services.kit.checks import Checks
from services.kit.errors import Kind, Refused, denied
from services.profile.deps import Deps
from services.profile.domain.limits import subject
from services.profile.domain.mentoring import MentorshipChanged
from services.profile.domain.person import Person
from services.profile.domain.values import ConsentKind
from services.profile.store.mentoring import Mentorships
from services.profile.usecases.access import OWNERS, only, require_own
from services.profile.usecases.transactions import updating

WITH_GRANTEE = (ConsentKind.PARTNER, ConsentKind.MENTOR)


def grant_consent(
    deps: Deps, caller: Caller, request: Message, person_id: str, kind: ConsentKind, grantee_id: str
) -> Person:
    only(caller, *OWNERS)
    _check(kind, grantee_id)

    def may(caller: Caller, person: Person) -> None:
        require_own(caller, person)
        by_partner = caller.role is Role.PARTNER or caller.actor
        if (kind is ConsentKind.PARENT and caller.role is Role.PERSON) or (kind is ConsentKind.PARTNER and by_partner):
            raise denied("CONSENT_NOT_YOURS", "a {role} cannot give this consent", role=caller.role.value)
        if kind is ConsentKind.MENTOR and not person.agrees(kind, grantee_id):
            raise Refused(Kind.CONFLICT, "ASK_THE_MENTOR", "this consent comes with asking the mentor")

    with updating(deps, caller, request, person_id, may) as (_, _, person):
        person.grant(kind, grantee_id, deps.units.clock())
    return person


def withdraw_consent(
    deps: Deps, caller: Caller, request: Message, person_id: str, kind: ConsentKind, grantee_id: str
) -> Person:
    only(caller, *OWNERS)
    _check(kind, grantee_id)

    def may(caller: Caller, person: Person) -> None:
        gives_up = caller.role is Role.PARTNER and kind is ConsentKind.PARTNER
        if gives_up and grantee_id != caller.subject:
            raise denied("CONSENT_NOT_YOURS", "a partner gives up its own sight only")
        if not gives_up:
            require_own(caller, person)

    now = deps.units.clock()
    with updating(deps, caller, request, person_id, may) as (unit, people, person):
        mentorships = Mentorships(unit.connection, people)
        if kind is ConsentKind.MENTOR and (live := mentorships.live_between(person_id, grantee_id)):
            mentorships.save(live.end(now))
            unit.publish(MentorshipChanged(live.end(now)))
            person.remove_mentor(grantee_id, now)
        person.withdraw(kind, grantee_id, now)
    return person


def _check(kind: ConsentKind, grantee_id: str) -> None:
    with Checks() as checks:
        subject(checks, "grantee_id", grantee_id)
        if kind in WITH_GRANTEE:
            checks.require("grantee_id", grantee_id, "REQUIRED", "say to whom")
        else:
            checks.require("grantee_id", not grantee_id, "NOT_ALLOWED", "this consent is for nobody in particular")
