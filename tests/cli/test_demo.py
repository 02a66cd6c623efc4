"""`vivier demo --once`: its sample data are valid, and the story is told to its end."""

import subprocess
import sys
from collections import Counter

import pytest

from services.cli.demo import sample_data
from services.cli.demo.texts import OCCUPATIONS
from services.offers.domain.siret import is_siret
from services.referential import open_snapshot


def test_the_world_has_what_it_promises() -> None:
    organisations = sample_data.organisations()
    ids = [one["externalId"] for one in organisations]
    kinds = Counter(one["kind"] for one in organisations)
    assert kinds["EMPLOYER"] == 40
    assert len(sample_data.offers(ids)) == 300
    assert len(sample_data.courses(ids)) == 100
    assert len(sample_data.people()) == 500
    assert len(sample_data.mentors()) == 20
    assert all(is_siret(one["siret"]) for one in organisations)


def test_the_world_is_the_same_at_every_call() -> None:
    assert sample_data.people() == sample_data.people()


def test_every_code_of_the_world_is_known() -> None:
    book = open_snapshot()
    codes = {code for t in OCCUPATIONS for code in (*t.required, *t.wished, *(code for code, _ in t.told))}
    assert all(book.skill(code) for code in codes)
    assert all(book.occupation(kind.code) for kind in OCCUPATIONS)
    assert all(book.place(one["place"]["communeCode"]) for one in [*sample_data.people(), *sample_data.organisations()])


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_story_is_told_to_its_end(language: str) -> None:
    command = [sys.executable, "-m", "services", "demo", "--once", "--language", language]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    words = {
        "fr": (
            "Inès l'a lue",
            "Il lui manque",
            "offres près de lui demandent 5 compétences qu'il n'a pas",
            "lui en apporte 2.",
            "compétences 35",
            "fraîcheur 5",
            "Publiée aujourd'hui.",
            "refusée par une condition",
            "✗ trajet",
        ),
        "en": (
            "Inès could read it",
            "Missing",
            "offers near him ask for 5 skills that he lacks",
            "teaches 2 of them.",
            "skills 35",
            "freshness 5",
            "Published today.",
            "refused by a gate",
            "✗ reach",
        ),
    }
    told = " ".join(done.stdout.split())
    assert [word for word in words[language] if word not in told] == [], done.stdout
