"""Courses go the same way as offers, with sessions."""

import pytest
from harness import OPERATOR
from vivier.common.v1 import common_pb2 as common
from vivier.offers.v1 import offers_pb2 as pb

from services.kit.auth import ANYONE, Role
from services.kit.errors import Kind, Refused


def course(**fields):
    said = {
        "external_id": "1",
        "title": "CAP Couvreur",
        "certification_code": "RNCP38668",
        "occupations": [common.Occupation(code="F1619")],
        "skills": [pb.SkillNeed(code="100015")],
        "sessions": [session()],
        "funding": ["CPF", "REGION"],
        "price": 4200.5,
        "duration_hours": 420,
    }
    return pb.Course(**(said | fields))


def session(**fields):
    said = {"external_id": "s", "place": common.Place(label="Aubenas (07)"), "start_date": "2027-01-10"}
    return pb.CourseSession(**(said | fields))


@pytest.fixture
def trainer(offers):
    return offers.organisation("tb-1", Role.TRAINING_BODY, kind=pb.ORGANISATION_KIND_TRAINING_BODY)


def upsert(offers, caller, *courses, publish=True):
    return offers.ask("UpsertCourses", pb.UpsertCoursesRequest(courses=courses, publish=publish), caller).results


def post(offers, caller, publish=True, **fields):
    (result,) = upsert(offers, caller, course(**fields), publish=publish)
    assert not result.HasField("refusal"), result.refusal
    return result.course


def get(offers, identifier, caller=OPERATOR):
    found = offers.ask("BatchGetCourses", pb.BatchGetCoursesRequest(ids=[identifier]), caller).courses
    return found[0] if found else None


def test_a_course_is_posted_read_and_published(offers, trainer):
    posted = post(offers, trainer)
    assert posted.state == pb.COURSE_STATE_PUBLISHED
    assert get(offers, posted.id, ANYONE) == posted
    assert posted.sessions[0].place.commune_code == "07019"
    assert posted.occupations[0].label == "Couvreur / Couvreuse"
    assert (posted.certification_code, list(posted.funding), posted.price) == ("RNCP38668", ["CPF", "REGION"], 4200.5)
    assert posted.green.grade == pb.GREEN_GRADE_STRATEGIC
    assert posted.status == pb.OfferStatus(searchable=True, matchable=True, sees_people=True)
    (event,) = offers.eventually_events(f"course/{posted.id}", 1)
    assert (event.course, event.organisation_name, event.organisation_verified) == (posted, "Toits tb-1", True)


def test_idempotent_with_broken_rows(offers, trainer):
    first = post(offers, trainer)
    results = upsert(offers, trainer, course(), course(external_id="2", price=-1), course(title="CAP Couvreuse"))
    assert results[0].outcome == common.OUTCOME_UNCHANGED
    assert [v.path for v in results[1].refusal.violations] == ["price"]
    assert (results[2].outcome, results[2].course.id) == (common.OUTCOME_UPDATED, first.id)


WRONG = [
    ({"title": ""}, "title REQUIRED"),
    ({"price": float("nan")}, "price OUT_OF_RANGE"),
    ({"duration_hours": -1}, "duration_hours OUT_OF_RANGE"),
    ({"funding": ["MAGIC"]}, "funding[0] UNKNOWN_VALUE"),
    ({"occupations": [common.Occupation(code="Z9999")]}, "occupations[0].code UNKNOWN_OCCUPATION"),
    ({"sessions": [session(start_date="soon")]}, "sessions[0].start_date NOT_A_DATE"),
    ({"sessions": [session(end_date="2026-01-01")]}, "sessions[0].end_date BEFORE_START"),
    ({"sessions": [session(start_date="9999-12-31")]}, "sessions[0].start_date OUT_OF_RANGE"),
    ({"sessions": [session(), session(seats=-1)]}, "sessions[1].seats OUT_OF_RANGE"),
    ({"sessions": [session()] * 101}, "sessions TOO_MANY"),
    ({"apply_url": "ftp://example.org"}, "apply_url NOT_A_URL"),
]


def test_wrong_fields(offers, trainer):
    for fields, expected in WRONG:
        (result,) = upsert(offers, trainer, course(**fields))
        assert [f"{v.path} {v.reason}" for v in result.refusal.violations] == [expected], fields
    assert offers.ask("ListCourses", pb.ListCoursesRequest(), trainer).courses == []


def test_recruiters_write_no_courses(offers):
    with pytest.raises(Refused) as caught:
        upsert(offers, offers.organisation(), course())
    assert caught.value.kind is Kind.DENIED


def test_verbs(offers, trainer):
    draft = post(offers, trainer, publish=False)
    assert get(offers, draft.id, ANYONE) is None
    published = offers.ask("PublishCourse", pb.PublishCourseRequest(id=draft.id), trainer).course
    assert (published.state, published.version) == (pb.COURSE_STATE_PUBLISHED, 2)
    closed = offers.ask("CloseCourse", pb.CloseCourseRequest(id=draft.id), trainer).course
    assert offers.ask("CloseCourse", pb.CloseCourseRequest(id=draft.id), trainer).course == closed
    with pytest.raises(Refused) as caught:
        offers.ask("PublishCourse", pb.PublishCourseRequest(id=draft.id), trainer)
    assert caught.value.reason == "COURSE_CLOSED"


def test_a_course_ends_when_its_last_session_has_long_started(offers, trainer):
    """The clock stands at 23 November 2026."""
    ends = post(offers, trainer, sessions=[session(start_date="2026-11-01"), session(start_date="2026-12-01")])
    entered_any_time = post(offers, trainer, external_id="2", sessions=[session(), session(start_date="")])
    no_sessions = post(offers, trainer, external_id="3", sessions=[])
    over = post(offers, trainer, external_id="4", sessions=[session(start_date="2026-10-01")])
    assert over.state == pb.COURSE_STATE_EXPIRED
    offers.clock.move(days=37)
    assert get(offers, ends.id).state == pb.COURSE_STATE_PUBLISHED
    offers.clock.move(days=1)
    told = offers.eventually_events(f"course/{ends.id}", 2)
    assert told[-1].course.state == pb.COURSE_STATE_EXPIRED
    witness = post(offers, trainer, external_id="5")
    offers.clock.move(days=4000)
    offers.eventually_events(f"course/{witness.id}", 2)
    assert [get(offers, each.id).state for each in (entered_any_time, no_sessions)] == [pb.COURSE_STATE_PUBLISHED] * 2
    back = post(offers, trainer, external_id="4", sessions=[])
    assert (back.id, back.state) == (over.id, pb.COURSE_STATE_PUBLISHED)


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [
        ({"sessions": [session(place=common.Place(label="quelque part"))]}, ["PLACE_UNRESOLVED"]),
        ({"sessions": [session(place=None, remote=True)]}, []),
        ({"occupations": [], "skills": []}, ["OCCUPATION_UNRESOLVED"]),
        ({"occupations": []}, []),
        ({"skills": []}, []),
        ({"sessions": []}, []),
    ],
)
def test_status(offers, trainer, fields, reasons):
    status = post(offers, trainer, **fields).status
    assert (list(status.reasons), status.matchable) == (reasons, not reasons)


def test_republished_when_the_body_changes_its_name(offers, trainer):
    posted = post(offers, trainer)
    offers.organisation("tb-1", Role.TRAINING_BODY, kind=pb.ORGANISATION_KIND_TRAINING_BODY, name="Greta")
    told = offers.eventually_events(f"course/{posted.id}", 2)[-1]
    assert (told.organisation_name, told.course.version) == ("Greta", 2)


def test_lists_in_pages(offers, trainer):
    posted = []
    for number in range(3):
        posted.append(post(offers, trainer, external_id=str(number)))
        offers.clock.move(seconds=1)
    first = offers.ask("ListCourses", pb.ListCoursesRequest(page_size=2), trainer)
    rest = offers.ask("ListCourses", pb.ListCoursesRequest(page_size=2, page_token=first.next_page_token), trainer)
    assert [*first.courses, *rest.courses] == posted[::-1]
    assert not rest.next_page_token
