"""Every reason of matching has its words, to the person and about them, in both languages."""

import re

import pytest

from services.gateway.labels import Labels
from services.gateway.reasons import LINES
from services.gateway.voice import Voice
from services.matching.domain.reasons import Code
from services.referential import open_snapshot

BOOK = open_snapshot(None)
LABELS = Labels(BOOK)
JOINED = {"ages", "range", "at_distance"}


def test_every_code_has_its_words() -> None:
    assert set(LINES) >= {str(code) for code in Code}


@pytest.mark.parametrize("code", sorted(LINES))
def test_a_line_says_the_same_four_times(code: str) -> None:
    holes = [set(re.findall(r"{(\w+)}", text)) for text in LINES[code]]
    assert len(LINES[code]) == 4
    assert holes.count(holes[0]) == 4


def say(code: str, language: str, to_person: bool, **parameters: str) -> str:
    return Voice(language, to_person, LABELS).say(code, parameters)


def test_the_person_is_told_and_others_are_told_about_the_person() -> None:
    assert say("DISTANCE_KM", "fr", True, distance="4.5", limit="20") == "À 4,5 km de chez toi (limite : 20 km)."
    assert say("DISTANCE_KM", "en", False, distance="4.5", limit="20") == "4.5 km away (limit: 20 km)."
    skill = next(iter(BOOK.skill_codes()))
    label = LABELS.skill(skill)
    assert say("SKILL_HELD", "fr", True, skill=skill, asked="required", level="stated") == (
        f"Tu sais : {label} (demandée, déclarée)."
    )
    assert say("KIND_NOT_WISHED", "fr", True, kind="job", wished="") == (
        "Tu ne cherches pas ce type d'offre (emploi), mais : rien."
    )
    assert (
        say("AGE_TOO_OLD", "en", True, minimum="16", maximum="25") == "You are above the age of this offer (16 to 25)."
    )
    assert say("START_FITS", "fr", True, start="2027-01-04") == "Début le 04/01/2027 : tu es disponible."


def test_what_is_unknown_stays_readable() -> None:
    assert say("A_CODE_OF_TOMORROW", "fr", True) == "A_CODE_OF_TOMORROW"
    assert say("SKILL_MISSING", "fr", True, skill="no-such-code") == "À acquérir : no-such-code (…)."
