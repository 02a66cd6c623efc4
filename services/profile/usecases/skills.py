"""Experiences and skills, one at a time."""

from google.protobuf.message import Message

from services.kit import requests
from services.kit.auth import Caller, Role
from services.kit.checks import Checks, is_blank
from services.profile.domain.checking import EVIDENCE_WORDS, checked_experience, checked_skill
from services.profile.domain.person import Person
from services.profile.domain.values import Experience, Skill, skill_key
from services.profile.usecases.access import OWNERS, only, require_own, require_sight
from services.profile.usecases.tools import Tools, changing


def put_experience(tools: Tools, caller: Caller, request: Message, person_id: str, said: Experience) -> Person:
    only(caller, *OWNERS)
    checks = Checks()
    experience = checked_experience(checks, "experience", said)
    checks.done()
    experience = tools.resolver.experience(checks, "experience", experience)
    checks.done()
    new_id = requests.ids_of(caller, request, tools.units.ids)()
    with changing(tools, caller, request, person_id, require_own) as (_, _, person):
        person.put_experience(experience, new_id)
    return person


def remove_experience(tools: Tools, caller: Caller, request: Message, person_id: str, experience_id: str) -> Person:
    only(caller, *OWNERS)
    with changing(tools, caller, request, person_id, require_own) as (_, _, person):
        person.remove_experience(experience_id)
    return person


def put_skill(tools: Tools, caller: Caller, request: Message, person_id: str, said: Skill) -> Person:
    only(caller, *OWNERS)
    checks = Checks()
    skill = checked_skill(checks, "skill", said)
    checks.done()
    skill = tools.resolver.skill(checks, "skill", skill)
    checks.done()
    with changing(tools, caller, request, person_id, require_own) as (_, _, person):
        person.put_skill(skill, tools.stamp())
    return person


def remove_skill(tools: Tools, caller: Caller, request: Message, person_id: str, code: str, label: str) -> Person:
    """By its code; by its words where it has none."""
    only(caller, *OWNERS)
    checks = Checks()
    checks.require("code", code or not is_blank(label), "REQUIRED", "needs a code or a label")
    checks.done()
    with changing(tools, caller, request, person_id, require_own) as (_, _, person):
        person.remove_skill(skill_key(code, label))
    return person


def confirm_skill(tools: Tools, caller: Caller, request: Message, person_id: str, code: str, words: str) -> Person:
    """By somebody else than the person: a mentor or a partner that sees the skills."""
    only(caller, Role.MENTOR, Role.PARTNER)
    checks = Checks()
    words = checks.text("words", words, EVIDENCE_WORDS, lines=True)
    checks.done()
    with changing(tools, caller, request, person_id, require_sight) as (_, _, person):
        person.confirm_skill(code, words, f"{caller.role.value}/{caller.subject}", tools.stamp())
    return person
