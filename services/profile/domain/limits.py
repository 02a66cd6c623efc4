"""Limits of what is said about a person (see `kit.limits`), where they are more than a length or a range."""

import re

from services.common.values import Occupation
from services.kit.checks import Checks
from services.kit.limits import Limit, each, matching

LANGUAGES = ("en", "fr")
NAME, EXTERNAL_ID, LABEL, WORDS, EVIDENCE_WORDS, MESSAGE = 100, 200, 200, 5000, 1000, 2000
MOST_EXPERIENCES, MOST_SKILLS, MOST_EVIDENCE, MOST_CODES = 50, 100, 20, 50
_CODE = "[A-Za-z0-9][A-Za-z0-9_.-]{0,31}"
_COUNTRY = re.compile("[A-Z]{2}")

code = matching(f"({_CODE})?", "NOT_A_CODE", "must be a code")
"""Nothing that could be somebody's words, since codes are published; empty stays empty."""
codes = each(MOST_CODES, matching(_CODE, "NOT_A_CODE", "must be a code"))
subject = matching("([A-Za-z0-9][A-Za-z0-9_.:-]{0,99})?", "NOT_A_CODE", "must be a code")
"""The id of a partner or a mentor."""
phone = matching(r"(\+[1-9]\d{6,14})?", "NOT_A_PHONE", "must be a number like +33612345678")
licences = each(MOST_CODES, matching("[A-Z0-9][A-Z0-9-]{0,19}", "NOT_A_CODE", "must be a code"))
_postal = matching("([A-Za-z0-9][A-Za-z0-9 -]{0,11})?", "NOT_A_CODE", "must be a code")


def answer(limit: Limit) -> Limit:
    """Of a `CodeAnswer`, whose codes are its own field in messages."""
    return lambda checks, path, values: limit(checks, f"{path}.codes", values)


def unique(_checks: Checks, _path: str, values: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Each value once; None stays None."""
    return values and tuple(dict.fromkeys(values))


def language(checks: Checks, path: str, value: str) -> str:
    return value and checks.choice(path, value, LANGUAGES)


def day(checks: Checks, path: str, value: str) -> str:
    """YYYY-MM-DD; empty stays empty."""
    return value and str(checks.day(path, value) or "")


def country(checks: Checks, path: str, value: str) -> str:
    """FR where it is empty."""
    value = value.strip().upper() or "FR"
    checks.require(path, _COUNTRY.fullmatch(value), "NOT_A_COUNTRY", "must be two letters like FR")
    return value


def postal_code(checks: Checks, path: str, value: str) -> str:
    value = value.strip()
    return str(_postal(checks, path, value))


def occupation(checks: Checks, path: str, value: Occupation) -> Occupation:
    label = checks.text(f"{path}.label", value.label, LABEL)
    return Occupation(code(checks, f"{path}.code", value.code), label)
