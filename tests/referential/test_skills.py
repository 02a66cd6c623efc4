import pytest

from services.referential import CONFIDENT, Referential, SkillKind, open_snapshot


@pytest.fixture(scope="module")
def sample() -> Referential:
    return open_snapshot()


def test_a_sentence_names_skills_with_their_literal_extract(sample):
    words = "L'été dernier j'ai réparé des vélos, trié les déchets et servi les plats à table."
    found = {sample.skill(guess.code).label: words[guess.start : guess.end] for guess in sample.skills_for(words)}
    assert found["Réparer un vélo"] == "réparé des vélos"
    assert found["Trier les déchets"] == "trié les déchets"
    assert found["Servir les plats à table"] == "servi les plats à table"


def test_words_far_apart_decide_less_than_words_together(sample):
    def confidence(words: str) -> float:
        return {guess.code: guess.confidence for guess in sample.skills_for(words)}["103659"]

    together = confidence("installer des panneaux solaires")
    apart = confidence(
        "installer une application sur le téléphone du patron, puis écouter la radio, peindre trois panneaux, "
        "ranger la réserve, téléphoner souvent, écrire, compter, courir, et vendre des crèmes solaires"
    )
    assert together >= 0.9
    assert apart < CONFIDENT


@pytest.mark.parametrize("words", ["", "   ", "et de la", "zzz", "!!!"])
def test_no_skill_is_an_empty_list(sample, words):
    assert sample.skills_for(words) == []


def test_extracts_stay_inside_the_words_even_with_odd_characters(sample):
    words = "🚲 J’ai «réparé» des ve\u0301los\tœuvre"
    for guess in sample.skills_for(words):
        assert 0 <= guess.start < guess.end <= len(words)
    assert any(words[g.start : g.end] == "réparé» des ve\u0301los" for g in sample.skills_for(words))


def test_guesses_are_ranked_and_limited(sample):
    guesses = sample.skills_for(
        "conduire un camion, charger et décharger, nettoyer un local, trier les déchets, encaisser un paiement", limit=3
    )
    assert len(guesses) == 3
    assert [guess.confidence for guess in guesses] == sorted((g.confidence for g in guesses), reverse=True)


def test_every_skill_has_its_facts(sample):
    kinds = set()
    for code in sample.skill_codes():
        skill = sample.skill(code)
        kinds.add(skill.kind)
        assert skill.label
        assert skill.idf > 0
    assert kinds == set(SkillKind)


def test_rare_skills_weigh_more(sample):
    everywhere, rare = sample.skill("300462"), sample.skill("103659")
    assert rare.idf > everywhere.idf


def test_autocompletion(sample):
    assert sample.search_skills("réparer un v", 3)[0].code == "512580"
    assert sample.search_skills("REPARER", 3)[0].code == "512580"
    assert sample.search_skills("xyz", 3) == []
