"""Wrong fields are all named, by their path, and nothing of the row is kept."""

import math

from example_messages import as_sent, filled, output_only
from google.protobuf.timestamp_pb2 import Timestamp
from vivier.common.v1 import common_pb2 as common
from vivier.offers.v1 import offers_pb2 as pb

from services.kit.auth import Role
from services.referential import open_snapshot


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
    ({"remote_days": 8}, "remote_days OUT_OF_RANGE"),
    ({"remote_days": -1}, "remote_days OUT_OF_RANGE"),
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


def test_all_wrong_fields_are_named_at_once(offers):
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


def example(name):
    """Where not every text or number is right."""
    snapshot = open_snapshot()
    return {
        f"vivier.offers.v1.{name}.id": None,  # says which one is meant
        f"vivier.offers.v1.{name}.organisation_id": "org-1",
        f"vivier.offers.v1.{name}.apply_url": "https://example.org/",
        "vivier.offers.v1.Offer.start_date": "2027-01-04",
        "vivier.offers.v1.Offer.licences": "CACES-R489-3",
        "vivier.offers.v1.Offer.language": "de",
        "vivier.offers.v1.Course.certification_code": "RNCP12345",
        "vivier.offers.v1.Course.funding": "CPF",
        "vivier.offers.v1.CourseSession.start_date": "2027-01-04",
        "vivier.offers.v1.CourseSession.end_date": "2027-02-04",
        "vivier.offers.v1.Salary.currency": "CHF",
        "vivier.offers.v1.SkillNeed.code": "100015",
        "vivier.common.v1.Place.country_code": "FR",
        "vivier.common.v1.Place.commune_code": "07019",
        "vivier.common.v1.Place.postal_code": "07200",
        "vivier.common.v1.Place.label": "Aubenas",
        "vivier.common.v1.Occupation.code": "A1209",
        "vivier.common.v1.Occupation.label": snapshot.occupation("A1209").label,
    }


def test_what_is_output_only_is_read_from_the_contracts():
    known = {name.removeprefix("vivier.offers.v1.") for name in output_only() if name.startswith("vivier.offers.v1.")}
    assert {"Offer.state", "Offer.green", "Offer.status", "Offer.published_at", "SkillNeed.resolution"} <= known
    assert not {"Offer.title", "Offer.expires_at", "Course.apply_url"} & known


def test_every_field_comes_back(offers):
    said = filled(pb.Offer, example("Offer"))
    (result,) = offers.upsert(offers.organisation(), said)
    assert not result.HasField("refusal"), result.refusal
    same(said, offers.get(result.offer.id))
    same(said, offers.eventually_events(f"offer/{result.offer.id}", 1)[0].offer)


def test_every_field_of_a_course_comes_back(offers):
    said, trainer = filled(pb.Course, example("Course")), offers.organisation(role=Role.TRAINING_BODY)
    (result,) = offers.ask("UpsertCourses", pb.UpsertCoursesRequest(courses=[said], publish=True), trainer).results
    assert not result.HasField("refusal"), result.refusal
    (stored,) = offers.ask("BatchGetCourses", pb.BatchGetCoursesRequest(ids=[result.course.id]), trainer).courses
    same(said, stored)


def same(said, stored):
    back = as_sent(stored)
    for field in said.DESCRIPTOR.fields:
        if field.name != "id":
            assert getattr(back, field.name) == getattr(said, field.name), field.name


def test_what_is_output_only_is_not_taken(offers):
    found = common.Resolution(source="mine", confidence=1, referential_version="x")
    said = offers.row(
        id="",
        state=pb.OFFER_STATE_CLOSED,
        version=9,
        occupation=common.Occupation(label="Personne motivée", resolution=found),
        skills=[pb.SkillNeed(label="xyz", resolution=found)],
    )
    (result,) = offers.upsert(offers.organisation(), said)
    assert (result.offer.state, result.offer.version) == (pb.OFFER_STATE_PUBLISHED, 1)
    assert "mine" not in (result.offer.occupation.resolution.source, result.offer.skills[0].resolution.source)
