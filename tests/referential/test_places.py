import pytest

from services.referential import CONFIDENT, QpvState, Referential, open_snapshot


@pytest.fixture(scope="module")
def sample() -> Referential:
    return open_snapshot()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("07 - AUBENAS", "07019"),
        ("Aubenas (07)", "07019"),
        ("07200 Aubenas", "07019"),
        ("Aubenas 07200", "07019"),
        ("aubenas cedex", "07019"),
        ("07 - Teil", "07319"),
        ("Le Teil", "07319"),
        ("ST ETIENNE", "42218"),
        ("34 - Montpellier", "34172"),
        ("La Réunion", None),
        ("75 - PARIS 02", "75102"),
        ("Paris 12e", "75112"),
        ("Paris XIIe", None),
        ("75116", "75116"),
        ("75", "75056"),
        ("Lyon 3ème", "69383"),
        ("13 - Marseille 16e Arrondissement", "13216"),
        ("Marseille", "13055"),
        ("2A - AJACCIO", "2A004"),
        ("20A - AJACCIO", "2A004"),
        ("2b033", "2B033"),
        ("20200 Bastia", "2B033"),
        ("97400", "97411"),
        ("St-Denis (974)", "97411"),
        ("97490 Sainte-Clotilde", "97411"),
        ("93200 Saint Denis", "93066"),
        ("972 - FORT DE FRANCE", "97209"),
        ("Cayenne", "97302"),
        ("976 - Mamoudzou", "97611"),
        ("Pointe-à-Pitre", "97120"),
        ("Zone industrielle, 07 - ANNONAY", None),
        ("Ardèche", None),
        ("Hauts-de-France", None),
        ("France", None),
        ("", None),
        ("nulle part", None),
    ],
)
def test_places_as_people_write_them(sample, text, code):
    guesses = sample.places_for(text)
    if code is None:
        assert not guesses or guesses[0].confidence < CONFIDENT
    else:
        assert guesses[0].place.code == code
        assert guesses[0].confidence >= CONFIDENT


def test_homonyms_are_all_shown_and_none_is_sure(sample):
    guesses = sample.places_for("Saint-Denis")
    assert {guess.place.code for guess in guesses} == {"97411", "93066", "11339"}
    assert all(guess.confidence < CONFIDENT for guess in guesses)
    populations = [guess.place.population for guess in guesses]
    assert populations == sorted(populations, reverse=True)


def test_a_department_makes_a_homonym_sure(sample):
    (guess,) = sample.places_for("11 - SAINT DENIS")
    assert (guess.place.code, guess.source) == ("11339", "name+department")
    assert guess.confidence >= 0.95


def test_the_beginning_of_a_name_within_its_department(sample):
    (guess,) = sample.places_for("07 - La Voulte")
    assert guess.place.label == "La Voulte-sur-Rhône"
    assert CONFIDENT <= guess.confidence < 0.9


def test_a_district_knows_its_city(sample):
    district = sample.place("75112")
    assert (district.parent, district.department, district.postal_codes) == ("75056", "75", ("75012",))
    assert sample.place("75056").parent is None
    assert sample.qpv_codes("75112") == sample.qpv_codes("75056") != ()


def test_a_place_has_its_facts(sample):
    place = sample.place("2A004")
    assert (place.label, place.department, place.region, place.country) == ("Ajaccio", "2A", "94", "fr")
    assert place.latitude == pytest.approx(41.92, abs=0.1)
    assert place.population > 50_000


@pytest.mark.parametrize(
    ("latitude", "longitude", "code"),
    [
        (44.62, 4.39, "07019"),
        (-20.95, 55.45, "97411"),
        (-12.78, 45.2, "97611"),
        (48.853, 2.349, "75056"),  # a district is nearest, its city is the commune
        (0.0, 0.0, None),
        (90.0, 0.0, None),
    ],
)
def test_nearest_commune(sample, latitude, longitude, code):
    place = sample.place_near(latitude, longitude)
    assert (place and place.code) == code


INSIDE, NEARBY = (44.6186, 4.395), (44.60, 4.35)


def test_inside_an_outline(sample):
    answer = sample.qpv_at(*INSIDE)
    assert (answer.state, answer.code, answer.vintage) == (QpvState.IN, "QN00701I", "2024")


def test_outside_when_every_neighbourhood_of_the_commune_is_drawn(sample):
    answer = sample.qpv_at(*NEARBY)
    assert (answer.state, answer.code) == (QpvState.OUT, None)


def test_outside_when_the_commune_has_none(sample):
    assert sample.qpv_codes("07064") == ()
    assert sample.qpv_at(48.85, 2.35).state is QpvState.UNKNOWN
    assert sample.qpv_at(44.906, 4.424, commune="07064").state is QpvState.OUT


def test_unknown_without_outlines_or_with_a_doubtful_address(sample):
    assert sample.qpv_at(48.8534, 2.3488).state is QpvState.UNKNOWN
    assert sample.qpv_at(*INSIDE, confidence=0.79).state is QpvState.UNKNOWN
    assert sample.qpv_at(*NEARBY, confidence=0.79).state is QpvState.UNKNOWN
    assert sample.qpv_at(0, 0).state is QpvState.UNKNOWN


def test_neighbourhood_codes(sample):
    assert sample.qpv_codes("07019") == ("QN00701I",)
    assert len(sample.qpv_codes("97411")) == 12
    assert sample.qpv_codes("99999") == ()
