"""Experiences and skills, one at a time."""

from google.protobuf.message import Message

from services.kit import requests
from services.kit.auth import Caller, Role
from services.kit.checks import Checks, is_blank
from services.kit.limits import within
from services.profile.deps import Deps
from services.profile.domain.limits import EVIDENCE_WORDS
from services.profile.domain.person import Person
from services.profile.domain.values import Experience, Skill, skill_key
from services.profile.usecases.access import OWNERS, only
from services.profile.usecases.resolving import resolve_experience, resolve_skill
from services.profile.usecases.transactions import updating


def put_experience(deps: Deps, caller: Caller, request: Message, person_id: str, said: Experience) -> Person:
    only(caller, *OWNERS)
    with Checks() as checks:
        experience = within(checks, "experience", said)
        checks.done()
        experience = resolve_experience(deps.resolver(checks), "experience", experience)
    new_id = requests.ids_of(caller, request, deps.units.ids)()
    with updating(deps, caller, request, person_id) as (_, _, person):
        person.put_experience(experience, new_id)
    return person


def remove_experience(deps: Deps, caller: Caller, request: Message, person_id: str, experience_id: str) -> Person:
    only(caller, *OWNERS)
    with updating(deps, caller, request, person_id) as (_, _, person):
        person.remove_experience(experience_id)
    return person


def put_skill(deps: Deps, caller: Caller, request: Message, person_id: str, said: Skill) -> Person:
    only(caller, *OWNERS)
    with Checks() as checks:
        skill = within(checks, "skill", said)
        checks.done()
        skill = resolve_skill(deps.resolver(checks), "skill", skill)
    with updating(deps, caller, request, person_id) as (_, _, person):
        person.put_skill(skill, deps.stamp())
    return person


def remove_skill(deps: Deps, caller: Caller, request: Message, person_id: str, code: str, label: str) -> Person:
    """By its code; by its words where it has none."""
    only(caller, *OWNERS)
    with Checks() as checks:
        checks.require("code", code or not is_blank(label), "REQUIRED", "needs a code or a label")
    with updating(deps, caller, request, person_id) as (_, _, person):
        person.remove_skill(skill_key(code, label))
    return person


def confirm_skill(deps: Deps, caller: Caller, request: Message, person_id: str, code: str, words: str) -> Person:
    """By somebody else than the person: a mentor or a partner that sees the skills."""
    only(caller, Role.MENTOR, Role.PARTNER)
    with Checks() as checks:
        words = checks.text("words", words, EVIDENCE_WORDS, lines=True)
    with updating(deps, caller, request, person_id, lambda *_: None) as (_, _, person):
        person.confirm_skill(code, words, f"{caller.role.value}/{caller.subject}", deps.stamp())
    return person
