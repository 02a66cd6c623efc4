"""Every wrong field of what is said about a person is named at once; the rest comes back as it will be kept."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.common.values import Occupation
from services.kit.checks import Checks, is_blank
from services.profile.domain.values import (
    Evidence,
    Experience,
    Identity,
    Place,
    Profile,
    Skill,
    Travel,
    Wishes,
)

LANGUAGES = ("en", "fr")
NAME, EXTERNAL_ID, LABEL, WORDS, EVIDENCE_WORDS, MESSAGE = 100, 200, 200, 5000, 1000, 2000
MOST_EXPERIENCES, MOST_SKILLS, MOST_EVIDENCE, MOST_CODES = 50, 100, 20, 50
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_LICENCE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}")
_SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")
_POSTAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]{0,11}")
_OLDEST = 120


def checked_profile(checks: Checks, said: Profile, now: datetime) -> Profile:
    return Profile(
        external_id=checks.text("external_id", said.external_id, EXTERNAL_ID),
        identity=said.identity and _identity(checks, said.identity),
        birth_month=_birth_month(checks, said.birth_month, now),
        place=said.place and checked_place(checks, "place", said.place),
        travel=said.travel and _travel(checks, said.travel),
        licences=codes(checks, "licences.codes", said.licences, _LICENCE),
        wishes=said.wishes and _wishes(checks, said.wishes),
        experiences=_experiences(checks, said.experiences),
        skills=_skills(checks, said.skills),
        language=said.language and checks.choice("language", said.language, LANGUAGES),
    )


def _identity(checks: Checks, said: Identity) -> Identity:
    good = not said.phone or _PHONE.fullmatch(said.phone)
    checks.require("identity.phone", good, "NOT_A_PHONE", "must be a number like +33612345678")
    return Identity(
        checks.text("identity.given_name", said.given_name, NAME),
        checks.text("identity.family_name", said.family_name, NAME),
        checks.email("identity.email", said.email),
        said.phone,
    )


def _birth_month(checks: Checks, said: str, now: datetime) -> str:
    month = checks.month("birth_month", said)
    plausible = not month or f"{now.year - _OLDEST}-01" <= month <= f"{now:%Y-%m}"
    checks.require("birth_month", plausible, "OUT_OF_RANGE", "must lie in the last {years} years", years=_OLDEST)
    return month


def checked_place(checks: Checks, path: str, said: Place) -> Place:
    if said.point:
        checks.point(f"{path}.point", said.point.latitude, said.point.longitude)
    country = said.country_code.strip().upper()
    good = not country or (len(country) == 2 and country.isascii() and country.isalpha())
    checks.require(f"{path}.country_code", good, "NOT_A_COUNTRY", "must be two letters like FR")
    return replace(
        said,
        country_code=country or "FR",
        commune_code=code(checks, f"{path}.commune_code", said.commune_code),
        postal_code=code(checks, f"{path}.postal_code", said.postal_code.strip(), _POSTAL),
        label=checks.text(f"{path}.label", said.label, LABEL),
        resolution=None,
    )


def _travel(checks: Checks, said: Travel) -> Travel:
    checks.number("travel.limit_km", said.limit_km, 0, 200)
    return replace(said, modes=tuple(dict.fromkeys(said.modes)))


def _wishes(checks: Checks, said: Wishes) -> Wishes:
    low = checks.number("wishes.minimum_hours", said.minimum_hours, 0, 60)
    high = checks.number("wishes.maximum_hours", said.maximum_hours, 0, 60)
    checks.require(
        "wishes.maximum_hours",
        not high or low <= high,
        "OUT_OF_ORDER",
        "must not be below {field}",
        field="minimum_hours",
    )
    day = checks.day("wishes.available_from", said.available_from)
    return replace(
        said,
        occupations=codes(checks, "wishes.occupations.codes", said.occupations),
        kinds=None if said.kinds is None else tuple(dict.fromkeys(said.kinds)),
        available_from=day.isoformat() if day else "",
    )


def _experiences(checks: Checks, said: Sequence[Experience] | None) -> tuple[Experience, ...] | None:
    if said is None:
        return None
    checks.at_most("experiences", said, MOST_EXPERIENCES)
    return tuple(checked_experience(checks, f"experiences[{at}]", each) for at, each in enumerate(said))


def checked_experience(checks: Checks, path: str, said: Experience) -> Experience:
    start = checks.month(f"{path}.start_month", said.start_month)
    end = checks.month(f"{path}.end_month", said.end_month)
    checks.require(
        f"{path}.end_month", not end or start <= end, "OUT_OF_ORDER", "must not be before {field}", field="start_month"
    )
    checks.require(path, not (is_blank(said.title) and is_blank(said.words)), "REQUIRED", "needs a title or words")
    occupation = said.occupation
    return replace(
        said,
        id=code(checks, f"{path}.id", said.id),
        title=checks.text(f"{path}.title", said.title, LABEL),
        words=checks.text(f"{path}.words", said.words, WORDS, lines=True),
        occupation=Occupation(
            code(checks, f"{path}.occupation.code", occupation.code),
            checks.text(f"{path}.occupation.label", occupation.label, LABEL),
        ),
    )


def _skills(checks: Checks, said: Sequence[Skill] | None) -> tuple[Skill, ...] | None:
    if said is None:
        return None
    checks.at_most("skills", said, MOST_SKILLS)
    return tuple(checked_skill(checks, f"skills[{at}]", each) for at, each in enumerate(said))


def checked_skill(checks: Checks, path: str, said: Skill) -> Skill:
    checks.require(path, not (is_blank(said.code) and is_blank(said.label)), "REQUIRED", "needs a code or a label")
    checks.at_most(f"{path}.evidence", said.evidence, MOST_EVIDENCE)
    return replace(
        said,
        code=code(checks, f"{path}.code", said.code),
        label=checks.text(f"{path}.label", said.label, LABEL),
        evidence=tuple(_evidence(checks, f"{path}.evidence[{at}]", each) for at, each in enumerate(said.evidence)),
        resolution=None,
    )


def _evidence(checks: Checks, path: str, said: Evidence) -> Evidence:
    words = checks.text(f"{path}.words", said.words, EVIDENCE_WORDS, lines=True)
    return replace(said, words=words, experience_id=code(checks, f"{path}.experience_id", said.experience_id))


def codes(
    checks: Checks, path: str, said: Sequence[str] | None, form: re.Pattern[str] = _CODE
) -> tuple[str, ...] | None:
    """Each once; None stays None."""
    if said is None:
        return None
    checks.at_most(path, said, MOST_CODES)
    for at, each in enumerate(said):
        checks.require(f"{path}[{at}]", form.fullmatch(each), "NOT_A_CODE", "must be a code")
    return tuple(dict.fromkeys(said))


def code(checks: Checks, path: str, said: str, form: re.Pattern[str] = _CODE) -> str:
    """Nothing that could be somebody's words, since codes are published; empty stays empty."""
    checks.require(path, not said or form.fullmatch(said), "NOT_A_CODE", "must be a code")
    return said


def subject(checks: Checks, path: str, said: str) -> str:
    """The id of a partner or a mentor."""
    return code(checks, path, said, _SUBJECT)
