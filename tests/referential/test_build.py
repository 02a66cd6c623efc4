"""A folder in the shape of the official files, with a few rows and some bad ones."""

import gzip
import io
import json
import struct
import tarfile
from pathlib import Path

import pytest

from services.referential import Green, QpvState, SkillKind, open_snapshot
from services.referential.build import build

ROME = {
    "version.txt": "Numero de version : 60\n\nDate de publication : 18/09/2025\n",
    "unix_referentiel_code_rome_v460_utf8.csv": """\
code_rome,code_fiche_metier,code_ogr,libelle_rome,transition_eco,code_rome_parent
A1101,1,6,Gardien / Gardienne de phare,Emploi Vert,A1101
A1102,2,7,Barman / Barmaid,Emploi Blanc,A1101
A11,3,8,Code trop court,Emploi Blanc,A1101
A1103,4,9,Couleur inconnue,Emploi Violet,A1101
A1101,5,6,Deuxième fois,Emploi Brun,A1101
""",
    "unix_texte_v460_utf8.csv": """\
code_rome,code_compo_bloc,libelle_type_texte,position_phrase,libelle_texte
A1101,3,definition,1,Veille sur l''eau.
A1101,3,definition,2,Allume la lampe.
A1101,4,acces_metier,1,Sans diplôme.
Z9999,3,definition,1,Perdu.
""",
    "unix_referentiel_appellation_v460_utf8.csv": """\
code_ogr,libelle_appellation_long,code_rome,transition_eco
1,Veilleur / Veilleuse de phare,A1101,Emploi Brun
2,Perdu,Z9999,Emploi Vert
3,Couleur,A1101,Emploi Violet
""",
    "unix_referentiel_competence_v460_utf8.csv": """\
code_ogr,libelle_competence,cat_comp,transition_eco
100,Allumer une lampe,Savoir-faire,O
101,Être patient,Savoir-être professionnel,
abc,Sans numéro,Savoir-faire,N
102,,Savoir-faire,N
""",
    "unix_referentiel_savoir_v460_utf8.csv": "code_ogr_savoir,libelle_savoir,transition_eco\n200,Optique marine,N\n",
    "unix_coherence_item_v460_utf8.csv": """\
code_rome,code_ogr,coeur_metier
A1101,100,Principale
A1101,101,
A1101,101,Émergente
A1102,101,
A1101,200,
A1101,999999,
Z9999,100,
""",
}
ESCO = {
    "esco_v1.2_fr_official/occupations_fr.csv": (
        "conceptUri,preferredLabel\nhttp://esco/o1,gardien de phare/gardienne de phare\n"
    ),
    "esco_v1.2_fr_official/greenSkillsCollection_fr.csv": "conceptUri\nhttp://esco/s1\n",
    "esco_fr/skills_fr.csv": "conceptUri,preferredLabel,altLabels\nhttp://esco/s1,optique marine,\n",
}
COMMUNES = [
    {"code": "29155", "nom": "Ouessant", "type": "commune-actuelle", "codesPostaux": ["29242"], "population": 830},
    {"code": "29083", "nom": "Île-de-Sein", "type": "commune-actuelle", "anciensCodes": ["29999"], "population": 260},
    {"code": "29998", "nom": "Lampaul", "type": "commune-deleguee", "chefLieu": "29155"},
    {"code": "bad", "nom": "Sans code", "type": "commune-actuelle"},
]
POSTAL = """\
Code_commune_INSEE;Nom_commune;Code_postal;Libelle_acheminement;Ligne_5;coordonnees_gps
29155;OUESSANT;29242;OUESSANT;;1.0, 1.0
29083;ILE DE SEIN;29990;ILE DE SEIN;;48.037, -4.85
29155;OUESSANT;29242;OUESSANT;;
"""


def archive(members: dict[str, object]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as file:
        for name, content in members.items():
            data = json.dumps(content).encode()
            entry = tarfile.TarInfo(f"package/data/{name}")
            entry.size = len(data)
            file.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def features(*pairs: tuple[dict[str, str], object]) -> str:
    return json.dumps({"features": [{"properties": properties, "geometry": shape} for properties, shape in pairs]})


@pytest.fixture
def folder(tmp_path) -> Path:
    point = struct.pack("<BII2d", 1, 0x20000001, 4326, -5.095, 48.458).hex().upper()
    square = {"type": "Polygon", "coordinates": [[[-5.1, 48.45], [-5.09, 48.45], [-5.09, 48.46], [-5.1, 48.46]]]}
    hole = {
        "type": "Polygon",
        "coordinates": [*square["coordinates"], [[-5.096, 48.454], [-5.094, 48.458], [-5.092, 48.454]]],
    }
    files = {f"rome/{name}": text for name, text in ROME.items()} | {
        f"esco/{name}": text for name, text in ESCO.items()
    }
    files |= {
        "geo/communes/laposte_hexasmal.csv": POSTAL,
        "qpv/qp2024_by_commune_centroids.geojson": features(
            ({"insee_com": "29155", "code_qp": "QN02901I, QP29", "lib_qp": "Le Phare, Autre"}, None)
        ),
        "qpv/bretagne_qp.geojson": features(
            ({"code_qp": "QP029001", "nom_qp": "Le phare", "code_commune": "29155"}, hole),
            (
                {"code_qp": "QP029002", "nom_qp": "Le phare", "code_commune": "29155"},
                {"type": "Point", "coordinates": []},
            ),
        ),
    }
    places = [{"departement": "29", "region": "53"} | commune for commune in COMMUNES]
    areas = {
        "departements.json": [{"code": "29", "nom": "Finistère"}],
        "regions.json": [{"code": "53", "nom": "Bretagne"}],
    }
    binaries = {
        "geo/communes/etalab-decoupage-administratif-6.tgz": archive({"communes.json": places} | areas),
        "geo/communes/perimeters_2022.sql.gz": gzip.compress(f"VALUES (1, 'CITY', '29155', '{point}')\n".encode()),
    }
    for name, content in (files | binaries).items():
        path = tmp_path / "official" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path / "official"


@pytest.fixture
def built(folder, tmp_path):
    report = build(folder, tmp_path / "fr.snapshot", lambda *_: None)
    return report, open_snapshot(tmp_path / "fr.snapshot")


def test_bad_rows_are_counted_and_the_rest_is_read(built):
    report, _ = built
    assert report.refused == {
        "unix_referentiel_code_rome_v460_utf8.csv: code is not a letter and four digits": 1,
        "unix_referentiel_code_rome_v460_utf8.csv: unknown transition_eco 'Emploi Violet'": 1,
        "unix_texte_v460_utf8.csv: text of an unknown occupation": 1,
        "unix_referentiel_appellation_v460_utf8.csv: appellation of an unknown occupation": 1,
        "unix_referentiel_appellation_v460_utf8.csv: unknown transition_eco 'Emploi Violet'": 1,
        "unix_referentiel_competence_v460_utf8.csv: skill without a numeric code or without a label": 2,
        "unix_coherence_item_v460_utf8.csv: link from an unknown occupation": 1,
        "etalab-decoupage-administratif-6.tgz: code is not an INSEE commune code": 1,
        "laposte_hexasmal.csv: no coordinates": 1,
        "qp2024_by_commune_centroids.geojson: not a 2024 code: 'QP29'": 1,
        "bretagne_qp.geojson: not an outline: Point": 1,
        "OccupationRow: code given twice": 1,
    }
    assert report.counts["occupations"] == 2


def test_the_same_files_give_the_same_bytes(built, folder, tmp_path):
    build(folder, tmp_path / "again.snapshot", lambda *_: None)
    assert (tmp_path / "again.snapshot").read_bytes() == (tmp_path / "fr.snapshot").read_bytes()


def test_occupations_and_skills_are_joined(built):
    _, referential = built
    keeper = referential.occupation("A1101")
    assert (keeper.label, keeper.green) == ("Gardien / Gardienne de phare", Green.GREEN)
    assert keeper.definition == "Veille sur l'eau. Allume la lampe."
    assert (keeper.skills, keeper.other_skills) == (("100", "101"), ("200",))
    assert (keeper.esco_uri, keeper.esco_source) == ("http://esco/o1", "label")
    optics = referential.skill("200")
    assert (optics.kind, optics.green, optics.esco_source) == (SkillKind.KNOWLEDGE, True, "label")
    assert referential.skill("101").kind is SkillKind.SOFT
    assert referential.skill("100").esco_uri is None


def test_each_title_keeps_its_own_flag(built):
    guess = built[1].occupations_for("Veilleuse de phare")[0]
    assert (guess.code, guess.green) == ("A1101", Green.BROWN)


@pytest.mark.parametrize("title", ["Barman", "barmaid (H/F)", "Barman / Barmaid"])
def test_genders_that_are_different_words_are_both_exact(built, title):
    guess = built[1].occupations_for(title)[0]
    assert (guess.code, guess.confidence) == ("A1102", 1.0)


def test_places_have_the_better_coordinates_and_their_past(built):
    _, referential = built
    assert (referential.place("29155").latitude, referential.place("29155").longitude) == (48.458, -5.095)
    assert referential.place("29083").latitude == 48.037
    assert referential.place("29999").code == "29083"
    assert referential.places_for("Lampaul")[0].source == "former_name"
    assert referential.place("29998").code == "29155"


def test_an_old_outline_counts_for_today_where_nothing_changed(built):
    _, referential = built
    inside = referential.qpv_at(48.4515, -5.095)
    assert (inside.state, inside.code, inside.vintage) == (QpvState.IN, "QN02901I", "2024")
    assert referential.qpv_at(48.455, -5.094).state is QpvState.OUT  # the hole
    assert referential.qpv_at(48.47, -5.095).state is QpvState.OUT
