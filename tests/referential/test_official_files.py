"""The official files, where they are present: `VIVIER_DATA` names their folder."""

import csv
import json
import os
import time
from pathlib import Path

import pytest

from services.referential import CONFIDENT, QpvState, Referential, open_snapshot
from services.referential.build import Report, build

DATA = Path(os.environ.get("VIVIER_DATA", Path(__file__).parents[2] / "../shared/data"))

pytestmark = pytest.mark.skipif(
    not (DATA / "rome" / "version.txt").exists(), reason="no official files: set VIVIER_DATA to their folder"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> tuple[Report, Path, list[tuple[str, int, int]]]:
    target, steps = tmp_path_factory.mktemp("referential") / "fr.snapshot", []
    return build(DATA, target, lambda *step: steps.append(step)), target, steps


@pytest.fixture(scope="module")
def full(built) -> Referential:
    return open_snapshot(built[1])


def test_the_report_counts_rows_and_refusals(built):
    report, _, steps = built
    assert report.counts["occupations"] == 1584
    assert report.counts["titles"] == 11685
    assert report.counts["places"] > 34_900
    assert set(report.refused) <= {"laposte_hexasmal.csv: no coordinates"}
    assert [done for _, done, _ in steps] == [0, 1, 2, 3, 4, 5]
    assert report.version.startswith("fr-2025.09+")


def test_it_is_small_and_opens_at_once(built):
    assert built[1].stat().st_size < 40e6
    started = time.process_time()
    open_snapshot(built[1]).occupation("F1610")
    assert time.process_time() - started < 0.150


def test_every_official_title_finds_its_occupation(full):
    with next((DATA / "rome").glob("unix_referentiel_appellation_v*.csv")).open(encoding="utf-8-sig") as file:
        titles = list(csv.DictReader(file))[::40]
    for line in titles:
        guesses = full.occupations_for(line["libelle_appellation_long"].upper() + " (H/F)", limit=10)
        sure = {guess.code for guess in guesses if guess.confidence >= 0.95}
        assert line["code_rome"] in sure, line


def test_titles_are_answered_fast(full):
    full.occupations_for("chargement des tables")
    started = time.process_time()
    for _ in range(50):
        full.occupations_for("Technicien de maintenance en chauffage et climatisation (H/F)")
    assert (time.process_time() - started) / 50 < 0.010  # 0.7 ms on an idle machine


def test_titles_of_published_offers(full):
    offers = json.loads((DATA / "offers/france_travail_v2_full_120.json").read_bytes())
    right = sure = 0
    for offer in offers:
        guesses = full.occupations_for(offer["intitule"])
        if guesses and guesses[0].confidence >= CONFIDENT:
            sure += 1
            right += offer["romeCode"] in (guesses[0].code, full.occupation(guesses[0].code).parent)
    assert sure >= 80
    assert right / sure >= 0.7


def test_places_of_published_offers(full):
    offers = json.loads((DATA / "offers/france_travail_v2_full_120.json").read_bytes())
    for place in (offer["lieuTravail"] for offer in offers):
        guesses = [guess for guess in full.places_for(place["libelle"]) if guess.confidence >= CONFIDENT]
        assert (guesses[0].place.code if guesses else None) == place.get("commune"), place


def test_messy_places_of_one_department(full):
    with (DATA / "offers/offres_dep07_2025_05.csv").open(encoding="utf-8") as file:
        texts = [line["lieuTravail"] for line in csv.DictReader(file)]
    named = [text for text in texts if text != "07 - Ardèche"]
    found = [full.places_for(text) for text in named]
    sure = [guesses[0] for guesses in found if guesses and guesses[0].confidence >= CONFIDENT]
    assert len(sure) / len(named) > 0.99
    assert {guess.place.department for guess in sure} == {"07"}


def test_former_names_and_codes_give_the_commune_of_today(full):
    assert full.places_for("07 - Antraigues-sur-Volane")[0].place.code == "07011"
    assert full.place("20004").code == "2A004"


def test_overseas_and_districts(full):
    assert full.places_for("97410")[0].place.code == "97416"
    assert full.places_for("97300 CAYENNE")[0].place.code == "97302"
    assert full.place("69383").parent == "69123"
    assert full.place_near(14.6, -61.07).code == "97209"


def test_neighbourhoods_answer_three_ways(full):
    assert full.qpv_at(44.2085, 4.0300).vintage == "2015"  # a modified neighbourhood: only its old outline is known
    unchanged = full.qpv_at(43.2099, 2.3783)
    assert (unchanged.state, unchanged.code, unchanged.vintage) == (QpvState.IN, "QN01102I", "2024")
    assert full.qpv_at(48.8534, 2.3488).state is QpvState.UNKNOWN
    village = full.places_for("48 - Altier")[0].place
    assert full.qpv_at(village.latitude, village.longitude).state is QpvState.OUT
    assert full.qpv_at(43.6767, 4.6278).state is QpvState.UNKNOWN  # Arles: the town is far from its commune's centre


def test_esco_links_say_how_they_were_made(full):
    linked = [skill for skill in map(full.skill, full.skill_codes()) if skill.esco_uri]
    assert len(linked) > 200
    assert {skill.esco_source for skill in linked} == {"label"}
