"""Reasons: codes with parameters and evidence, rendered in the reader's language at the edge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Code(StrEnum):
    """Every reason, with its parameters in brackets; all parameters are strings.

    `question` names the field of the person that would make the answer known. Lists are codes joined by a space.
    Distances and limits are kilometres, dates are ISO 8601, values and closenesses lie in 0…1.
    """

    # Gate open
    OFFER_OPEN = "OFFER_OPEN"  # []
    OFFER_CLOSED = "OFFER_CLOSED"  # [] withdrawn, filled, or not published yet
    OFFER_NOT_MATCHABLE = "OFFER_NOT_MATCHABLE"  # [] described too thinly to be matched
    OFFER_EXPIRED = "OFFER_EXPIRED"  # [expired]
    # Gate consent
    CONSENT_GIVEN = "CONSENT_GIVEN"  # []
    CONSENT_MISSING = "CONSENT_MISSING"  # []
    # Gate kind, and part wishes (there with value)
    KIND_WISHED = "KIND_WISHED"  # [kind]
    KIND_NOT_WISHED = "KIND_NOT_WISHED"  # [kind, wished]; `wished` is empty when the answer was "none"
    KIND_UNKNOWN = "KIND_UNKNOWN"  # [kind, question]
    # Gate age; maximum is empty when there is none
    AGE_FITS = "AGE_FITS"  # [minimum, maximum]
    AGE_UNKNOWN = "AGE_UNKNOWN"  # [minimum, maximum, question]
    AGE_TOO_YOUNG = "AGE_TOO_YOUNG"  # [minimum, maximum]
    AGE_TOO_OLD = "AGE_TOO_OLD"  # [minimum, maximum]
    AGE_UNCERTAIN = "AGE_UNCERTAIN"  # [minimum, maximum] only some ages of the person's band would do
    # Gate licence
    LICENCE_NOT_ASKED = "LICENCE_NOT_ASKED"  # []
    LICENCE_HELD = "LICENCE_HELD"  # [licences]
    LICENCE_MISSING = "LICENCE_MISSING"  # [licences] those that are asked and not held
    LICENCE_UNKNOWN = "LICENCE_UNKNOWN"  # [licences, question]
    # Gate reach, and part place
    REMOTE = "REMOTE"  # []
    ANYWHERE = "ANYWHERE"  # [distance, limit]; both only in the part; the limit is the published scale
    DISTANCE_KM = "DISTANCE_KM"  # [distance, limit, limit_known: true or false]
    WITHIN_KM = "WITHIN_KM"  # [distance] what an employer sees of DISTANCE_KM, in steps
    PLACE_MISSING = "PLACE_MISSING"  # [question]
    OFFER_PLACE_MISSING = "OFFER_PLACE_MISSING"  # []
    # Part skills; asked: required or wished; level: confirmed or stated
    SKILL_HELD = "SKILL_HELD"  # [skill, asked, level] with evidence
    SKILL_MISSING = "SKILL_MISSING"  # [skill, asked]
    SKILLS_UNKNOWN = "SKILLS_UNKNOWN"  # [question]
    SKILLS_NOT_ASKED = "SKILLS_NOT_ASKED"  # []
    # Part occupation; source: wished or past
    OCCUPATION_SAME = "OCCUPATION_SAME"  # [occupation, source]
    OCCUPATION_CLOSE = "OCCUPATION_CLOSE"  # [occupation, held, source, closeness]
    OCCUPATION_FAR = "OCCUPATION_FAR"  # [occupation]
    OCCUPATION_UNKNOWN = "OCCUPATION_UNKNOWN"  # [question]
    OCCUPATION_NOT_RESOLVED = "OCCUPATION_NOT_RESOLVED"  # []
    # Part wishes, besides KIND_*; each with value
    OCCUPATION_WISHED = "OCCUPATION_WISHED"  # [occupation, value]
    OCCUPATION_NEAR_WISH = "OCCUPATION_NEAR_WISH"  # [occupation, wished, value]
    OCCUPATION_NOT_WISHED = "OCCUPATION_NOT_WISHED"  # [occupation, value]
    OCCUPATION_WISH_UNKNOWN = "OCCUPATION_WISH_UNKNOWN"  # [question, value]
    HOURS_FIT = "HOURS_FIT"  # [hours, minimum, maximum, value]; a side that was not said is empty
    HOURS_OUTSIDE = "HOURS_OUTSIDE"  # [hours, minimum, maximum, value]
    HOURS_UNKNOWN = "HOURS_UNKNOWN"  # [hours, question, value]
    HOURS_NOT_SAID = "HOURS_NOT_SAID"  # [value]
    START_FITS = "START_FITS"  # [start, available, value]
    START_BEFORE_AVAILABLE = "START_BEFORE_AVAILABLE"  # [start, available, days, value]
    START_UNKNOWN = "START_UNKNOWN"  # [start, question, value]
    # Part freshness
    PUBLISHED_DAYS_AGO = "PUBLISHED_DAYS_AGO"  # [days]


@dataclass(frozen=True, slots=True)
class Reason:
    code: Code
    parameters: Mapping[str, str] = field(default_factory=dict)
    evidence_ids: tuple[str, ...] = ()


def reason(code: Code, **parameters: str) -> Reason:
    """A reason without evidence."""
    return Reason(code, parameters)


def number(value: float) -> str:
    """A quantity as a parameter: at most two decimals, no trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
