"""Sentences with their facts as a language writes them."""

import subprocess
import sys
from datetime import date

import pytest

from services.kit.errors import Kind, Refused, Violation, invalid
from services.kit.rpc.status import refusal_message, refused
from services.words.catalogue import Days, Fact, Km, Term, Words

NARROW = "\u202f"


@pytest.mark.parametrize(
    ("fact", "french", "english"),
    [
        (Km(4.5), f"4,5{NARROW}km", "4.5 km"),
        (Days(1), "1\u00a0jour", "1 day"),
        (Days(3), "3\u00a0jours", "3 days"),
        (1234.5, f"1{NARROW}234,5", "1,234.5"),
        (date(2027, 1, 4), "04/01/2027", "2027-01-04"),
        (Term("matching.kind.job"), "emploi", "job"),
        ("Vents d'Ouest : {name}", "Vents d'Ouest : {name}", "Vents d'Ouest : {name}"),
    ],
)
def test_facts_are_written_as_the_language_writes_them(fact: Fact, french: str, english: str) -> None:
    assert Words("fr").say("mail.hello", name=fact) == f"Bonjour {french},"
    assert Words("en").say("mail.hello", name=fact) == f"Hello {english},"


@pytest.mark.parametrize("value", [1, 2])
def test_a_fact_of_one_type_is_not_taken_for_another(value: int) -> None:
    told = {Words("en").say("mail.hello", name=kind(value)) for kind in (Km, Days, float)}
    assert len(told) == 3


def test_one_is_not_several() -> None:
    assert [Words("fr").say("mail.more", count=count) for count in (0, 1, 2)] == [
        "et 0 autre",
        "et 1 autre",
        "et 2 autres",
    ]
    assert [Words("en").say("mail.several.person", count=count) for count in (1, 2)] == [
        "1 new item for you on Vivier",
        "2 new items for you on Vivier",
    ]


def test_the_person_is_told_and_others_are_told_about_them() -> None:
    told = [Words("fr").say("matching.PLACE_MISSING", audience) for audience in ("to", "about")]
    assert told == ["Tu n'as pas encore dit où tu habites.", "La personne n'a pas dit où elle habite."]
    assert Words("fr").say("matching.REMOTE", "about") == Words("fr").say("matching.REMOTE", "to")


def test_french_spaces_are_set_in_sentences_and_not_in_facts() -> None:
    assert Words("fr").say("mail.OFFER_GONE", what="a : b") == f"Cette offre n'est plus disponible{NARROW}: a : b"


def test_another_language_reads_french_and_an_unknown_code_shows_itself() -> None:
    assert Words("de").say("mail.hello.nobody") == "Bonjour,"
    assert Words("en").say("matching.A_CODE_OF_TOMORROW", "to", distance=Km(1)) == "A_CODE_OF_TOMORROW"
    assert Words("en").say("mail.hello") == "Hello …,"
    assert Words("fr").translated("as new as {day}", {"day": "tomorrow"}) == "as new as tomorrow"


def test_a_refusal_keeps_its_facts_on_the_way() -> None:
    wrong = Violation("title", "TOO_LONG", "at most {most} characters", {"most": "200"})
    for sent in (invalid([wrong]), Refused(Kind.INVALID, "WHY", "a {role} cannot do this", [wrong], role="mentor")):
        came = refused(Kind.INVALID, refusal_message(sent))
        assert (came.reason, came.message, came.violations) == (sent.reason, sent.message, sent.violations)
        assert (came.facts, str(came)) == (sent.facts, str(sent))
    assert str(invalid([wrong])) == "title: at most 200 characters"


def test_facts_from_outside_are_only_text() -> None:
    sentence = "nothing handles {what}"
    told = Words("en").translated(sentence, {"what": "{what.__class__} {0} %s"})
    assert told == "nothing handles {what.__class__} {0} %s"


def test_the_command_reads_its_languages_without_babel() -> None:
    code = "import sys, services.cli.main; sys.exit('babel' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
