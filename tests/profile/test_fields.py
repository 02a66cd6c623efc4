"""Every field of the contract that somebody may write is kept, and comes back to whoever may see it."""

from typing import Any

from example_messages import as_sent, filled, output_only
from harness import OPERATOR
from vivier.profile.v1 import profile_pb2 as pb

from services.referential import open_snapshot
from tests.profile.installation import MENTOR, Home

OCCUPATION, SKILL = "A1209", "100015"


def examples() -> dict[str, Any]:
    """Where not every text or number is right."""
    snapshot = open_snapshot()
    occupation, skill = snapshot.occupation(OCCUPATION), snapshot.skill(SKILL)
    assert occupation is not None
    assert skill is not None
    return {
        "vivier.profile.v1.Person.id": None,  # given to who is new
        "vivier.profile.v1.Person.birth_month": "2000-04",
        "vivier.profile.v1.Person.language": "en",
        "vivier.profile.v1.Identity.email": "ines@example.org",
        "vivier.profile.v1.Identity.phone": "+33612345678",
        "vivier.profile.v1.CodeAnswer.codes": OCCUPATION,
        "vivier.profile.v1.Wishes.available_from": "2027-01-04",
        "vivier.profile.v1.Experience.id": None,
        "vivier.profile.v1.Experience.start_month": "2024-01",
        "vivier.profile.v1.Experience.end_month": "2024-02",
        "vivier.profile.v1.Evidence.source": pb.EVIDENCE_SOURCE_EXPERIENCE,  # nobody writes what others confirm
        "vivier.profile.v1.Evidence.experience_id": None,
        "vivier.profile.v1.PersonSkill.code": SKILL,
        "vivier.profile.v1.PersonSkill.label": skill.label,
        "vivier.profile.v1.Mentor.id": MENTOR.subject,
        "vivier.profile.v1.Mentor.association": "article-1",
        "vivier.profile.v1.Mentor.occupation_codes": OCCUPATION,
        "vivier.common.v1.Place.country_code": "FR",
        "vivier.common.v1.Place.commune_code": "07019",
        "vivier.common.v1.Place.postal_code": "07200",
        "vivier.common.v1.Place.label": "Aubenas",
        "vivier.common.v1.Occupation.code": OCCUPATION,
        "vivier.common.v1.Occupation.label": occupation.label,
    }


def test_every_field_of_a_person_comes_back(home: Home) -> None:
    said = filled(pb.Person, examples())
    (result,) = home.upsert(said)
    assert not result.HasField("refusal"), result.refusal
    (stored,) = home.get(result.person.id)
    assert stored == result.person
    written = {name for name in output_only() if name.startswith("vivier.profile.v1.Person.")}
    assert {f"vivier.profile.v1.Person.{known.name}" for known, _ in stored.ListFields()} >= written
    sent = as_sent(stored)
    sent.ClearField("id")
    for experience in sent.experiences.experiences:
        experience.ClearField("id")
    assert sent == said


def test_every_field_of_a_mentor_comes_back(home: Home) -> None:
    said = filled(pb.Mentor, examples())
    shown = home.do("UpsertMentor", OPERATOR, mentor=said).mentor
    (stored,) = home.do("BatchGetMentors", ids=[shown.id]).mentors
    assert stored == shown
    assert (stored.place.point.latitude, stored.place.point.longitude) != (12.5, 12.5), "no more exact than shown"
    for place in (said.place, stored.place):
        place.ClearField("point")
    assert as_sent(stored) == said


def test_an_experience_without_an_occupation_comes_back_without(home: Home) -> None:
    person = home.made(experiences=pb.Experiences(experiences=[pb.Experience(words="xyzzy")]))
    (experience,) = home.get(person.id)[0].experiences.experiences
    assert not experience.HasField("occupation")
