"""Matching's reasons as sentences, to the person and about them, in both languages."""

import pytest

from services.gateway.labels import Labels
from services.gateway.schema.matching.reason_texts import ReasonTexts
from services.referential import open_snapshot
from services.words.catalogue import Words

BOOK = open_snapshot(None)
LABELS = Labels(BOOK)


def say(code: str, language: str, to_person: bool, **parameters: str) -> str:
    """With plain spaces, so that the sentences here can be typed."""
    text = ReasonTexts(Words(language), "to" if to_person else "about", LABELS).of(code, parameters)
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def test_the_person_is_told_and_others_are_told_about_the_person() -> None:
    assert say("DISTANCE_KM", "fr", True, distance="4.5", limit="20") == "À 4,5 km de chez toi (limite : 20 km)."
    assert say("DISTANCE_KM", "en", False, distance="4.5", limit="20") == "4.5 km away (limit: 20 km)."
    skill = next(iter(BOOK.skill_codes()))
    label = LABELS.skill(skill)
    assert say("SKILL_HELD", "fr", True, skill=skill, asked="required", level="stated") == (
        f"Tu as cette compétence : {label} (demandée, déclarée)."
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


@pytest.mark.parametrize(
    ("days", "french", "english"),
    [
        ("0", "Publiée aujourd'hui.", "Published today."),
        ("1", "Publiée hier.", "Published yesterday."),
        ("2", "Publiée il y a 2 jours.", "Published 2 days ago."),
    ],
)
def test_days_are_counted_as_people_do(days: str, french: str, english: str) -> None:
    for to_person in (True, False):
        assert say("PUBLISHED_DAYS_AGO", "fr", to_person, days=days) == french
        assert say("PUBLISHED_DAYS_AGO", "en", to_person, days=days) == english


def test_one_day_is_no_days() -> None:
    started = say("START_BEFORE_AVAILABLE", "fr", True, start="2027-01-04", days="1")
    assert started == "Début le 04/01/2027, 1 jour avant que tu sois disponible."
    assert "3 days before" in say("START_BEFORE_AVAILABLE", "en", True, start="2027-01-04", days="3")
