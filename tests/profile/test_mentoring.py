"""Mentors, and mentorships from asking to ending."""

import pytest
from harness import OPERATOR
from schemas import rows_of
from vivier.common.v1 import common_pb2 as common
from vivier.profile.v1 import events_pb2
from vivier.profile.v1 import profile_pb2 as pb

from services.kit.errors import Refused
from tests.profile.installation import (
    ANYONE,
    MENTOR,
    OCCUPATIONS,
    OTHER_MENTOR,
    OTHER_PARTNER,
    PARTNER,
    RECRUITER,
    SKILLS,
    Home,
    self_of,
)

ASKED, ACCEPTED = pb.MENTORSHIP_STATE_ASKED, pb.MENTORSHIP_STATE_ACCEPTED
DECLINED, ENDED = pb.MENTORSHIP_STATE_DECLINED, pb.MENTORSHIP_STATE_ENDED


def refusal(home: Home, method: str, *arguments: object, **said: object) -> str:
    with pytest.raises(Refused) as refused:
        home.do(method, *arguments, **said)  # type: ignore[arg-type]
    return refused.value.reason


def test_mentors_are_public_and_written_by_themselves(home: Home) -> None:
    home.mentor(occupation_codes=OCCUPATIONS[:1], about="vingt ans de toits")
    home.mentor(OTHER_MENTOR, occupation_codes=OCCUPATIONS[1:2], display_name="Ali")
    assert [each.id for each in home.do("ListMentors", RECRUITER).mentors] == ["m1", "m2"]
    of_one = home.do("ListMentors", RECRUITER, occupation_code=OCCUPATIONS[1]).mentors
    assert [each.display_name for each in of_one] == ["Ali"]
    first = home.do("ListMentors", page_size=1)
    assert [each.id for each in home.do("ListMentors", page_token=first.next_page_token).mentors] == ["m2"]
    assert [each.id for each in home.do("BatchGetMentors", ids=["m2", "m9", "m1"]).mentors] == ["m2", "m1"]
    assert refusal(home, "ListMentors", ANYONE) == "NOT_FOR_THIS_ROLE"
    assert refusal(home, "UpsertMentor", MENTOR, mentor=pb.Mentor(id="m2", display_name="x")) == "MENTOR_NOT_FOUND"
    assert refusal(home, "UpsertMentor", PARTNER, mentor=pb.Mentor(id="m2", display_name="x")) == "NOT_FOR_THIS_ROLE"
    assert refusal(home, "UpsertMentor", OPERATOR, mentor=pb.Mentor(display_name="x")) == "INVALID_FIELDS"
    assert refusal(home, "UpsertMentor", MENTOR, mentor=pb.Mentor(capacity=-1)) == "INVALID_FIELDS"


def test_a_mentor_is_published_without_name_words_or_home(home: Home) -> None:
    exact = common.Place(point=common.Point(latitude=48.8612345, longitude=2.4412345), label="3 rue des Lilas")
    shown = home.mentor(place=exact, about="secret words")
    assert shown.place.label == "Montreuil"
    assert shown.place.point.latitude == pytest.approx(48.861, abs=0.003)
    assert shown.place.point != exact.point
    told = home.told("mentor/m1", events_pb2.MentorChanged, 1).mentor
    again = home.do("UpsertMentor", MENTOR, mentor=pb.Mentor(**{"about": "x", "display_name": "Nadia"}))
    assert (again.outcome, again.mentor.version) == (common.OUTCOME_UPDATED, 2)
    assert (told.display_name, told.about, told.capacity, told.version) == ("", "", 2, 1)
    assert told.place.label == "Montreuil"


def test_asking_accepting_ending(home: Home) -> None:
    home.mentor()
    person = home.made(identity=pb.Identity(given_name="Zoé", email="zoe@example.org"))
    said = {"person_id": person.id, "mentor_id": "m1", "message": "aidez-moi", "request_id": "r1"}
    asked = home.do("AskMentor", self_of(person.id), **said).mentorship
    assert (asked.state, asked.message, asked.version) == (ASKED, "aidez-moi", 1)
    assert home.do("AskMentor", self_of(person.id), **said).mentorship == asked
    assert refusal(home, "AskMentor", PARTNER, person_id=person.id, mentor_id="m1") == "MENTORSHIP_EXISTS"
    assert home.get(person.id, caller=MENTOR) == [], "not before it is accepted"
    assert [each.message for each in home.do("ListMentorships", MENTOR).mentorships] == ["aidez-moi"]

    accepted = home.do("AcceptMentorship", MENTOR, id=asked.id).mentorship
    assert (accepted.state, accepted.version) == (ACCEPTED, 2)
    assert home.told(f"mentorship/{asked.id}", events_pb2.MentorshipChanged, 2).state == ACCEPTED
    assert home.do("AcceptMentorship", MENTOR, id=asked.id).mentorship == accepted
    assert home.get(person.id, caller=MENTOR)[0].identity == pb.Identity(given_name="Zoé")
    assert [each.id for each in home.do("ListPeople", MENTOR).people] == [person.id]
    assert list(home.told_of(person.id, 3).mentor_ids) == ["m1"]
    assert refusal(home, "DeclineMentorship", MENTOR, id=asked.id) == "MENTORSHIP_ACCEPTED"

    ended = home.do("EndMentorship", PARTNER, id=asked.id).mentorship
    assert ended.state == ENDED
    assert home.do("EndMentorship", MENTOR, id=asked.id).mentorship == ended
    assert home.get(person.id, caller=MENTOR) == []
    assert list(home.told_of(person.id, 4).mentor_ids) == []
    assert home.told(f"mentorship/{asked.id}", events_pb2.MentorshipChanged, 3).state == ENDED
    assert home.do("AskMentor", person_id=person.id, mentor_id="m1").mentorship.state == ASKED


def test_declining_takes_the_consent_back(home: Home) -> None:
    home.mentor()
    person = home.made()
    asked = home.do("AskMentor", person_id=person.id, mentor_id="m1").mentorship
    assert len(home.get(person.id)[0].consents) == 2
    assert home.do("DeclineMentorship", MENTOR, id=asked.id).mentorship.state == DECLINED
    assert len(home.get(person.id)[0].consents) == 1
    assert refusal(home, "AcceptMentorship", MENTOR, id=asked.id) == "MENTORSHIP_DECLINED"


def test_withdrawing_the_consent_ends_the_mentorship(home: Home) -> None:
    home.mentor()
    person = home.made()
    mentorship = home.mentee(person)
    consent = {"person_id": person.id, "kind": pb.CONSENT_KIND_MENTOR, "grantee_id": "m1"}
    home.do("WithdrawConsent", self_of(person.id), **consent)
    assert home.get(person.id, caller=MENTOR) == []
    assert [each.state for each in home.do("ListMentorships", MENTOR).mentorships] == [ENDED]
    assert home.told(f"mentorship/{mentorship.id}", events_pb2.MentorshipChanged, 3).state == ENDED


def test_a_mentor_without_the_consent_sees_nothing_though_the_mentorship_stands(home: Home) -> None:
    """The consent and the mentorship end together, so the consent is taken back in the store alone."""
    home.mentor()
    person = home.made(skills=pb.Skills(skills=[pb.PersonSkill(code=SKILLS[0])]))
    home.mentee(person)
    assert home.get(person.id, caller=MENTOR)
    withdrawn = "UPDATE consents SET withdrawn_at = granted_at WHERE kind = 'mentor' RETURNING person_id"
    assert rows_of(home.folder, "profile", withdrawn) == [(person.id,)]
    assert [each.state for each in home.do("ListMentorships", MENTOR).mentorships] == [ACCEPTED]
    assert home.get(person.id, caller=MENTOR) == []
    assert not any(each.ListFields() for each in home.do("ListPeople", MENTOR).people)
    assert refusal(home, "ConfirmSkill", MENTOR, person_id=person.id, code=SKILLS[0]) == "PERSON_NOT_FOUND"


def test_a_mentor_who_is_closed_or_full_cannot_be_asked(home: Home) -> None:
    one, two, three = (home.made(external_id=name) for name in ("1", "2", "3"))
    assert refusal(home, "AskMentor", PARTNER, person_id=one.id, mentor_id="m1") == "MENTOR_NOT_FOUND"
    home.mentor(open=False)
    assert refusal(home, "AskMentor", PARTNER, person_id=one.id, mentor_id="m1") == "MENTOR_NOT_OPEN"
    home.mentor(capacity=1)
    first, second = (home.do("AskMentor", person_id=each.id, mentor_id="m1").mentorship for each in (one, two))
    home.do("AcceptMentorship", MENTOR, id=first.id)
    assert refusal(home, "AcceptMentorship", MENTOR, id=second.id) == "MENTOR_FULL"
    assert refusal(home, "AskMentor", PARTNER, person_id=three.id, mentor_id="m1") == "MENTOR_FULL"
    home.do("EndMentorship", MENTOR, id=first.id)
    assert home.do("AcceptMentorship", MENTOR, id=second.id).mentorship.state == ACCEPTED


def test_mentorships_are_listed_to_their_sides(home: Home) -> None:
    home.mentor(capacity=9)
    home.mentor(OTHER_MENTOR, capacity=9)
    people = [home.made(external_id=str(number)) for number in range(3)]
    for person in people:
        home.do("AskMentor", person_id=person.id, mentor_id="m1")
    home.mentee(people[0], OTHER_MENTOR)
    sizes = {PARTNER: 4, MENTOR: 3, OTHER_MENTOR: 1, self_of(people[0].id): 2, OPERATOR: 4, OTHER_PARTNER: 0}
    for caller, size in sizes.items():
        assert len(home.do("ListMentorships", caller).mentorships) == size, caller
    assert len(home.do("ListMentorships", PARTNER, states=[ACCEPTED]).mentorships) == 1
    page = home.do("ListMentorships", PARTNER, page_size=3)
    rest = home.do("ListMentorships", PARTNER, page_size=3, page_token=page.next_page_token)
    assert len({each.id for each in (*page.mentorships, *rest.mentorships)}) == 4
    assert not rest.next_page_token
    assert refusal(home, "ListMentorships", RECRUITER) == "NOT_FOR_THIS_ROLE"
