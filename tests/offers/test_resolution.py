"""Words become codes, and what stays unclear is searchable but not matched."""

from harness import OPERATOR
from vivier.common.v1 import common_pb2 as common
from vivier.offers.v1 import offers_pb2 as pb

from services.referential import open_snapshot

VERSION = open_snapshot().version
NOT_A_TITLE = "Personne motivée"


def place(**fields):
    return common.Place(**fields)


def near(point, latitude, longitude):
    return abs(point.latitude - latitude) < 0.05 and abs(point.longitude - longitude) < 0.05


PLACES = [
    (place(label="07 - AUBENAS"), "07019", "name+department"),
    (place(postal_code="07200", label="Aubenas"), "07019", "name+postal"),
    (place(postal_code="07200"), "07019", "postal"),
    (place(label="Aubenas"), "07019", "name"),
    (place(commune_code="07019"), "07019", "given"),
    (place(point=common.Point(latitude=44.62, longitude=4.39)), "07019", "coordinates"),
    (place(postal_code="97400", label="ST DENIS"), "97411", "name+postal"),
]


def test_places(offers):
    recruiter = offers.organisation()
    for asked, code, source in PLACES:
        found = offers.post(recruiter, place=asked)
        assert (found.place.commune_code, found.place.resolution.source) == (code, source)
        assert found.place.resolution.confidence >= 0.6
        assert found.place.resolution.referential_version == VERSION
        assert found.status.matchable
        if code == "07019":
            assert near(found.place.point, 44.61, 4.39)
            assert (found.place.label, found.place.postal_code) == ("Aubenas", "07200")


NO_PLACES = [
    None,
    place(),
    place(label="Ardèche"),
    place(label="Principauté de Monaco"),
    place(label="07 - NULLE PART"),
    place(label="Saint-Denis"),  # two big towns have this name
    place(label="Aubenas", country_code="BE"),
    place(point=common.Point(latitude=0, longitude=0)),
]


def test_no_place_is_searchable_and_not_matchable(offers):
    recruiter = offers.organisation()
    for asked in NO_PLACES:
        found = offers.post(recruiter, place=asked)
        assert (found.status.searchable, found.status.matchable) == (True, False)
        assert list(found.status.reasons) == ["PLACE_UNRESOLVED"]
        assert not found.place.HasField("point")
        assert not found.place.commune_code


def test_a_fully_remote_offer_needs_no_place(offers):
    assert offers.post(offers.organisation(), place=None, remote=pb.REMOTE_FULL).status.matchable


def test_coordinates_are_kept_where_no_commune_is_near(offers):
    asked = place(label="Papeete", point=common.Point(latitude=-17.53, longitude=-149.57))
    found = offers.post(offers.organisation(), place=asked)
    assert (found.place.point, found.place.label) == (asked.point, "Papeete")
    assert found.status.matchable


def test_occupation_from_the_title(offers):
    found = offers.post(offers.organisation(), title="Couvreur-zingueur (H/F)").occupation
    assert (found.code, found.label, found.resolution.source) == ("F1619", "Couvreur / Couvreuse", "title")
    assert 0.6 <= found.resolution.confidence <= 1
    assert found.resolution.referential_version == VERSION


def test_its_own_words_count_before_the_title(offers):
    asked = common.Occupation(label="Élagueur")
    found = offers.post(offers.organisation(), occupation=asked).occupation
    assert (found.code, found.resolution.source) == ("A1209", "label")
    unclear = offers.post(offers.organisation(), occupation=common.Occupation(label=NOT_A_TITLE)).occupation
    assert (unclear.code, unclear.resolution.source) == ("F1619", "title")


def test_a_given_code_is_taken_at_its_word(offers):
    found = offers.post(offers.organisation(), occupation=common.Occupation(code="A1209")).occupation
    assert (found.code, found.resolution.source, found.resolution.confidence) == ("A1209", "given", 1)


def test_no_occupation_is_searchable_and_not_matchable(offers):
    found = offers.post(offers.organisation(), title=NOT_A_TITLE)
    assert not found.occupation.code
    assert (found.status.searchable, found.status.matchable) == (True, False)
    assert list(found.status.reasons) == ["OCCUPATION_UNRESOLVED"]
    assert found.green == pb.Green()


def test_a_guess_below_the_line_is_no_code(offers):
    found = offers.post(offers.organisation(), title="Agent").occupation
    assert (found.code, found.label) == ("", "")
    assert (found.resolution.source, 0 < found.resolution.confidence < 0.6) == ("title", True)


UNKNOWN = {
    "occupation": common.Occupation(code="Z9999"),
    "place": place(commune_code="99999", label="07 - AUBENAS"),
    "skills": [pb.SkillNeed(code="no-such", label="xyz")],
}


def test_unknown_codes_that_somebody_typed_are_wrong_fields(offers):
    refusal = offers.refusal(offers.organisation(), **UNKNOWN)
    assert {(v.path, v.reason) for v in refusal.violations} == {
        ("occupation.code", "UNKNOWN_OCCUPATION"),
        ("place.commune_code", "UNKNOWN_COMMUNE"),
        ("skills[0].code", "UNKNOWN_SKILL"),
    }


def test_unknown_codes_of_a_feed_fall_back_to_words(offers):
    found = offers.post(OPERATOR, organisation_id=offers.from_feed().id, **UNKNOWN)
    assert (found.occupation.code, found.occupation.resolution.source) == ("F1619", "title, code unknown")
    assert (found.place.commune_code, found.place.resolution.source) == ("07019", "name+department, code unknown")
    (skill,) = found.skills
    assert (skill.code, skill.label) == ("", "xyz")
    assert (skill.resolution.source, skill.resolution.confidence) == ("label, code unknown", 0)


def test_skills(offers):
    known = open_snapshot().skill("100015")
    asked = [
        pb.SkillNeed(code=known.code, required=True),
        pb.SkillNeed(label=known.label),
        pb.SkillNeed(label="Accueillir un client", required=True),
    ]
    given, named, words = offers.post(offers.organisation(), skills=asked).skills
    assert (given.code, given.label, given.required, given.resolution.source) == (
        known.code,
        known.label,
        True,
        "given",
    )
    assert (named.code, named.label, named.resolution.source) == (known.code, known.label, "label")
    assert (words.code, words.label, words.required) == ("", asked[2].label, True)
    assert (words.resolution.source, 0 < words.resolution.confidence < 0.6) == ("label", True)


def test_a_skill_without_a_code_is_a_reason_and_no_obstacle(offers):
    recruiter = offers.organisation()
    named, words = pb.SkillNeed(code="100015", required=True), pb.SkillNeed(label="Accueillir un client")
    required = pb.SkillNeed(label="Accueillir un client", required=True)
    for skills, reasons in (
        ([named], []),
        ([named, words], ["SKILL_UNRESOLVED"]),
        ([named, required], ["SKILL_UNRESOLVED"]),
        ([required], ["SKILL_UNRESOLVED"]),
    ):
        status = offers.post(recruiter, skills=skills).status
        assert (status.matchable, list(status.reasons)) == (True, reasons)
    (same,) = offers.upsert(recruiter, offers.row(skills=[required]))
    assert same.outcome == common.OUTCOME_UNCHANGED


def test_green_says_why(offers):
    recruiter = offers.organisation()
    green_skill = pb.SkillNeed(code="100015")
    typed = pb.Green(grade=pb.GREEN_GRADE_GREEN)  # nobody types it

    def green(title, *skills):
        return offers.post(recruiter, title=title, skills=skills, green=typed).green

    found = green("Installateur de panneaux solaires photovoltaïques", green_skill)
    assert found.grade == pb.GREEN_GRADE_GREEN
    assert [(e.source, e.code) for e in found.evidence] == [("occupation", "F1610"), ("skill", "100015")]
    assert green("Couvreur").grade == pb.GREEN_GRADE_STRATEGIC
    assert green("Chauffeur poids lourd").grade == pb.GREEN_GRADE_BROWN
    plain = green("Comptable", green_skill)  # a skill never raises the grade
    assert (plain.grade, [e.source for e in plain.evidence]) == (pb.GREEN_GRADE_NONE, ["skill"])
    assert green("Comptable") == pb.Green(grade=pb.GREEN_GRADE_NONE)
