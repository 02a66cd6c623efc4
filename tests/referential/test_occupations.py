import pytest

from services.referential import CONFIDENT, Green, Referential, open_snapshot


@pytest.fixture(scope="module")
def sample() -> Referential:
    return open_snapshot()


def first(referential: Referential, title: str):
    return referential.occupations_for(title)[0]


@pytest.mark.parametrize(
    "title",
    [
        "Mécanicien / Mécanicienne vélo",
        "Mécanicien vélo",
        "Mécanicienne vélo (H/F)",
        "MECANICIEN VELO F/H",
        "mécanicien(ne) vélo - h/f",
        "Mécanicien·ne vélo",
        "Mécanicien.ne vélo CDI 35h",
        "Vélo : mécanicien, temps partiel (f/h/d)",
        "Me\u0301canicien ve\u0301lo",
    ],
)
def test_gender_case_accents_and_markers_do_not_count(sample, title):
    guess = first(sample, title)
    assert (guess.code, guess.confidence) == ("I1619", 1.0)
    assert guess.matched == "Mécanicien / Mécanicienne vélo"


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("chauffeuse de bus", "N4103"),
        ("Wattwoman", "N4119"),
        ("Aide-ménagère", "K1304"),
        ("Élagueuse grimpeuse", "A1209"),
        ("Installatrice de pompes à chaleur", "I1308"),
        ("Ouvrières paysagistes", "A1208"),
    ],
)
def test_another_official_title_is_nearly_as_sure_as_the_label(sample, title, code):
    guess = first(sample, title)
    assert guess.code == code
    assert 0.95 <= guess.confidence < 1


def test_a_shorter_title_is_sure_but_not_exact(sample):
    guess = first(sample, "Installateur photovoltaïque")
    assert guess.code == "F1610"
    assert 0.7 <= guess.confidence <= 0.9


def test_an_official_title_inside_other_words(sample):
    guess = first(sample, "ACME recrute un couvreur-zingueur pour Aubenas")
    assert guess.code == "F1619"
    assert CONFIDENT <= guess.confidence < 0.9


@pytest.mark.parametrize("title", ["technicien", "Agente (H/F)"])
def test_a_word_that_many_occupations_share_decides_nothing(sample, title):
    guesses = sample.occupations_for(title)
    assert guesses
    assert all(guess.confidence < CONFIDENT for guess in guesses)


def test_a_word_in_common_is_not_enough(sample):
    assert all(guess.confidence < CONFIDENT for guess in sample.occupations_for("Chef de projet logistique"))


@pytest.mark.parametrize("title", ["", "   ", "(H/F)", "CDI 35h", "astronaute", "§§§", "d'un de la"])
def test_nothing_to_say_is_an_empty_list(sample, title):
    assert sample.occupations_for(title) == []


def test_guesses_are_ranked_limited_and_bounded(sample):
    guesses = sample.occupations_for("technicien maintenance", limit=3)
    confidences = [guess.confidence for guess in guesses]
    assert len(guesses) == 3
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 < confidence <= 1 for confidence in confidences)
    assert len({guess.code for guess in guesses}) == 3


def test_green_flags(sample):
    greens = {code: sample.occupation(code).green for code in ("F1610", "F1602", "N4101", "M1203")}
    assert greens == {"F1610": Green.GREEN, "F1602": Green.STRATEGIC, "N4101": Green.BROWN, "M1203": Green.NONE}
    assert first(sample, "pompiste").green is Green.BROWN


def test_an_occupation_has_a_label_a_definition_and_known_skills(sample):
    for code in sample.occupation_codes():
        occupation = sample.occupation(code)
        assert occupation.label
        assert occupation.definition
        assert occupation.skills
        assert not set(occupation.skills) & set(occupation.other_skills)
        assert all(sample.skill(skill) for skill in occupation.skills + occupation.other_skills)


@pytest.mark.parametrize("code", ["", "Z9999", "F161", "F16100", "é", "F1610\0"])
def test_unknown_codes_are_none(sample, code):
    assert sample.occupation(code) is None
    assert sample.skill(code) is None
    assert sample.place(code) is None
    assert sample.closeness("F1610", code) == 0


def test_closeness_is_symmetric_bounded_and_one_for_itself(sample):
    codes = list(sample.occupation_codes())[::4]
    for a in codes:
        for b in codes:
            assert 0 <= sample.closeness(a, b) <= 1
            assert sample.closeness(a, b) == pytest.approx(sample.closeness(b, a), abs=1e-4)
        assert sample.closeness(a, a) == 1


def test_close_occupations_share_skills(sample):
    others = set(sample.occupation_codes()) - {"I1619"}
    assert max(others, key=lambda code: sample.closeness("I1619", code)) == "I1628"
    assert sample.closeness("I1619", "I1628") > sample.closeness("I1619", "M1203")


def test_autocompletion_needs_every_word_as_a_beginning(sample):
    assert sample.search_occupations("inst pann", 5)[0].code == "F1610"
    assert [guess.code for guess in sample.search_occupations("Méca vé", 5)] == ["I1619"]
    assert sample.search_occupations("méca xyz", 5) == []
    assert sample.search_occupations("", 5) == []
    assert len(sample.search_occupations("c", 2)) == 2
