"""Wrong fields are all named, by their path, and nothing of the row is kept."""

import math

from google.protobuf.timestamp_pb2 import Timestamp
from vivier.common.v1 import common_pb2 as common
from vivier.offers.v1 import offers_pb2 as pb


def point(latitude, longitude):
    return common.Place(label="x", point=common.Point(latitude=latitude, longitude=longitude))


def skills(number):
    return [pb.SkillNeed(label=f"Souder {n}") for n in range(number)]


WRONG = [
    ({"title": ""}, "title REQUIRED"),
    ({"title": "ab"}, "title TOO_SHORT"),
    ({"title": "x" * 201}, "title TOO_LONG"),
    ({"title": "x" * (1 << 20)}, "title TOO_LONG"),
    ({"title": "Couvreur\0"}, "title HOSTILE_TEXT"),
    ({"title": "Couvreur \u202egpj"}, "title HOSTILE_TEXT"),
    ({"title": "Couvreur \x1b[31m"}, "title HOSTILE_TEXT"),
    ({"title": "Couvreur\nAdmin"}, "title NOT_ONE_LINE"),
    ({"title": "\u200d" * 3}, "title REQUIRED"),
    ({"description": "x" * 20_001}, "description TOO_LONG"),
    ({"description": "a\0b"}, "description HOSTILE_TEXT"),
    ({"external_id": "a\0"}, "external_id HOSTILE_TEXT"),
    ({"id": "a\0"}, "id HOSTILE_TEXT"),
    ({"organisation_id": "a\0"}, "organisation_id HOSTILE_TEXT"),
    ({"source": "a\u2066"}, "source HOSTILE_TEXT"),
    ({"kind": 0}, "kind REQUIRED"),
    ({"kind": 99}, "kind UNKNOWN_VALUE"),
    ({"remote": 99}, "remote UNKNOWN_VALUE"),
    ({"contract": -1}, "contract UNKNOWN_VALUE"),
    ({"salary": pb.Salary(period=99)}, "salary.period UNKNOWN_VALUE"),
    ({"salary": pb.Salary(minimum=-1)}, "salary.minimum OUT_OF_RANGE"),
    ({"salary": pb.Salary(minimum=math.inf)}, "salary.minimum OUT_OF_RANGE"),
    ({"salary": pb.Salary(minimum=2000, maximum=1000)}, "salary.maximum BELOW_MINIMUM"),
    ({"salary": pb.Salary(currency="euro")}, "salary.currency NOT_A_CURRENCY"),
    ({"weekly_hours": 61}, "weekly_hours OUT_OF_RANGE"),
    ({"weekly_hours": math.nan}, "weekly_hours OUT_OF_RANGE"),
    ({"openings": 1001}, "openings OUT_OF_RANGE"),
    ({"openings": -1}, "openings OUT_OF_RANGE"),
    ({"duration_months": -1}, "duration_months OUT_OF_RANGE"),
    ({"minimum_age": 31}, "minimum_age OUT_OF_RANGE"),
    ({"answer_days": 91}, "answer_days OUT_OF_RANGE"),
    ({"start_date": "2026-02-30"}, "start_date NOT_A_DATE"),
    ({"start_date": "9999-12-31"}, "start_date OUT_OF_RANGE"),
    ({"expires_at": Timestamp(seconds=1 << 40)}, "expires_at NOT_A_DATE"),
    ({"expires_at": Timestamp(seconds=8_000_000_000)}, "expires_at OUT_OF_RANGE"),
    ({"licences": ["B"] * 11}, "licences TOO_MANY"),
    ({"licences": ["B", "permis de conduire de la catégorie B"]}, "licences[1] NOT_A_CODE"),
    ({"skills": skills(61)}, "skills TOO_MANY"),
    ({"skills": [pb.SkillNeed()]}, "skills[0].label REQUIRED"),
    ({"skills": [pb.SkillNeed(label="a\tb")]}, "skills[0].label NOT_ONE_LINE"),
    ({"skills": [pb.SkillNeed(label="a\0")]}, "skills[0].label HOSTILE_TEXT"),
    ({"apply_url": "javascript:alert(1)"}, "apply_url NOT_A_URL"),
    ({"apply_url": "http://example.org"}, "apply_url NOT_A_URL"),
    ({"apply_url": "https://example.org:99999/"}, "apply_url NOT_A_URL"),
    ({"language": "français"}, "language NOT_A_LANGUAGE"),
    ({"place": point(91, 0)}, "place.point.latitude OUT_OF_RANGE"),
    ({"place": point(math.nan, 0)}, "place.point.latitude OUT_OF_RANGE"),
    ({"place": point(0, 180.1)}, "place.point.longitude OUT_OF_RANGE"),
    ({"place": common.Place(label="a\0")}, "place.label HOSTILE_TEXT"),
    ({"place": common.Place(country_code="fr")}, "place.country_code NOT_A_COUNTRY"),
    ({"occupation": common.Occupation(label="x" * 301)}, "occupation.label TOO_LONG"),
]


def test_wrong_fields(offers):
    recruiter = offers.organisation()
    for fields, expected in WRONG:
        refusal = offers.refusal(recruiter, **fields)
        assert [f"{v.path} {v.reason}" for v in refusal.violations] == [expected], fields
    assert offers.ask("ListOffers", pb.ListOffersRequest(), recruiter).offers == []


def test_all_at_once(offers):
    refusal = offers.refusal(offers.organisation(), title="", openings=-1, place=point(91, 181))
    paths = {"title", "openings", "place.point.latitude", "place.point.longitude"}
    assert {v.path for v in refusal.violations} == paths


RIGHT = [
    {"title": "<script>alert(1)</script>"},  # kept as it is: who shows it escapes it
    {"description": "Première ligne\nDeuxième ligne\t: 18 000 €"},
    {"description": "x" * 20_000},
    {"place": point(-20.88, 55.45)},  # La Réunion
    {"place": point(-17.53, -149.57)},  # Tahiti
    {"place": point(0, 180)},
    {"place": common.Place(postal_code="97400", label="SAINT DENIS")},
    {"salary": pb.Salary(minimum=1801.8)},
    {"salary": pb.Salary(minimum=12, maximum=12, period=pb.SALARY_PERIOD_HOUR)},
    {"weekly_hours": 60, "openings": 1000, "answer_days": 90, "minimum_age": 30},
    {"skills": skills(60), "licences": ["B"] * 10},
    {"apply_url": "https://example.org/a?b=c", "language": "fr-FR"},
]


def test_right_fields(offers):
    recruiter = offers.organisation()
    for number, fields in enumerate(RIGHT):
        posted = offers.post(recruiter, external_id=str(number), **fields)
        assert offers.get(posted.id) == posted
        for name, value in fields.items():
            if name not in ("place", "skills", "salary"):
                assert getattr(posted, name) == value


def test_what_is_not_said_gets_its_default(offers):
    posted = offers.post(offers.organisation(), openings=0, salary=pb.Salary(minimum=1))
    assert (posted.openings, posted.language, posted.salary.currency) == (1, "fr", "EUR")
    assert (posted.place.country_code, posted.remote) == ("FR", pb.REMOTE_UNSPECIFIED)


def test_every_field_comes_back(offers):
    said = offers.row(
        source="ats",
        description="Pose de tuiles",
        remote=pb.REMOTE_PARTIAL,
        contract=pb.CONTRACT_TYPE_FIXED_TERM,
        duration_months=6,
        weekly_hours=35,
        salary=pb.Salary(minimum=1800, maximum=2100, currency="EUR", period=pb.SALARY_PERIOD_MONTH),
        start_date="2027-01-04",
        openings=2,
        licences=["B", "CACES-R489-3"],
        minimum_age=18,
        disability_friendly=True,
        answer_days=7,
        apply_url="https://example.org/",
        expires_at=Timestamp(seconds=1_800_000_000),
        language="fr",
    )
    (result,) = offers.upsert(offers.organisation(), said)
    stored = offers.get(result.offer.id)
    for field, value in said.ListFields():
        if field.name != "place":
            assert getattr(stored, field.name) == value, field.name
