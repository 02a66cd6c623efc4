"""Who sees what. Somebody unseen and somebody missing are answered alike."""

from typing import Any

import pytest
from harness import OPERATOR
from vivier.common.v1 import common_pb2 as common
from vivier.profile.v1 import profile_pb2 as pb

from services.kit.auth import Caller
from services.kit.errors import Refused
from tests.profile.installation import (
    ANYONE,
    MENTOR,
    OTHER_MENTOR,
    OTHER_PARTNER,
    PARTNER,
    RECRUITER,
    SERVICE,
    SKILLS,
    TRAINING_BODY,
    Home,
    self_of,
)

MISSING = "0" * 32


def told_all(home: Home) -> pb.Person:
    """Somebody with something in every field, with a mentor, shown to employers and to a second partner."""
    home.mentor()
    person = home.made(
        consents=(pb.CONSENT_KIND_EMPLOYERS,),
        identity=pb.Identity(given_name="Zoé", family_name="Petit", email="zoe@example.org", phone="+33612345678"),
        place=common.Place(label="3 rue des Lilas, Montreuil", postal_code="93100"),
        travel=pb.Travel(limit_km=20),
        licences=pb.CodeAnswer(codes=["B"]),
        wishes=pb.Wishes(kinds=pb.KindAnswer(kinds=[1])),
        experiences=pb.Experiences(experiences=[pb.Experience(title="Chantier", words="murs")]),
        skills=pb.Skills(skills=[pb.PersonSkill(code=SKILLS[0], evidence=[pb.Evidence(words="j'ai vu")])]),
        language="fr",
    )
    home.mentee(person)
    grant = {"person_id": person.id, "kind": pb.CONSENT_KIND_PARTNER, "grantee_id": OTHER_PARTNER.subject}
    home.do("GrantConsent", OPERATOR, **grant)
    return person


def fields(message: Any) -> set[str]:
    return {descriptor.name for descriptor, _ in message.ListFields()}


PLAN = {"id", "language", "travel", "licences", "wishes", "experiences", "skills", "place", "status", "version"}
PARTNERS = PLAN | {"partner_id", "birth_month", "consents", "created_at"}
WHOLE = PARTNERS | {"external_id", "identity"}
NAME, CONTACT = {"given_name"}, {"given_name", "email"}
EVERY_NAME = CONTACT | {"family_name", "phone"}


def test_each_role_sees_what_it_needs(home: Home) -> None:
    person = told_all(home)
    table: list[tuple[Caller, set[str], set[str]]] = [
        (self_of(person.id), WHOLE, EVERY_NAME),
        (PARTNER, WHOLE, EVERY_NAME),
        (OTHER_PARTNER, PARTNERS, set()),
        (OPERATOR, PARTNERS | {"external_id"}, set()),
        (MENTOR, PLAN | {"identity"}, NAME),
        (RECRUITER, {"id", "skills", "place"}, set()),
        (SERVICE, {"id", "identity", "language"}, CONTACT),
    ]
    for caller, seen, names in table:
        (shown,) = home.get(person.id, caller=caller)
        assert (fields(shown), fields(shown.identity)) == (seen, names), caller
    for caller in (TRAINING_BODY, ANYONE, OTHER_MENTOR, self_of("p-9"), Caller(PARTNER.role, "asso-3")):
        assert home.get(person.id, caller=caller) == [], caller


def test_a_mentor_and_an_employer_see_the_commune_and_no_address(home: Home) -> None:
    person = told_all(home)
    for caller in (MENTOR, RECRUITER):
        (shown,) = home.get(person.id, caller=caller)
        assert fields(shown.place) == {"country_code", "commune_code", "label"}
        assert shown.place.label == "Montreuil"


def test_an_employer_sees_that_a_skill_is_confirmed_but_neither_words_nor_by_whom(home: Home) -> None:
    person = told_all(home)
    home.do("ConfirmSkill", MENTOR, person_id=person.id, code=SKILLS[0], words="je confirme")
    (shown,) = home.get(person.id, caller=RECRUITER)
    (skill,) = shown.skills.skills
    assert skill.code == SKILLS[0]
    assert skill.label
    assert [fields(each) for each in skill.evidence] == [{"source"}, {"source"}]
    assert skill.evidence[1].source == pb.EVIDENCE_SOURCE_CONFIRMED


def test_only_people_who_agreed_are_shown_to_employers(home: Home) -> None:
    person = home.made()
    assert home.get(person.id, caller=RECRUITER) == []
    consent = {"person_id": person.id, "kind": pb.CONSENT_KIND_EMPLOYERS}
    home.do("GrantConsent", self_of(person.id), **consent)
    assert [each.id for each in home.get(person.id, caller=RECRUITER)] == [person.id]
    home.do("WithdrawConsent", self_of(person.id), **consent)
    assert home.get(person.id, caller=RECRUITER) == []


def calls(person_id: str, mentorship_id: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("ExportPerson", {"id": person_id}),
        ("ErasePerson", {"id": person_id}),
        ("PutExperience", {"person_id": person_id, "experience": pb.Experience(title="a")}),
        ("RemoveExperience", {"person_id": person_id, "experience_id": "x"}),
        ("PutSkill", {"person_id": person_id, "skill": pb.PersonSkill(code=SKILLS[0])}),
        ("RemoveSkill", {"person_id": person_id, "code": SKILLS[0]}),
        ("ConfirmSkill", {"person_id": person_id, "code": SKILLS[0]}),
        ("GrantConsent", {"person_id": person_id, "kind": pb.CONSENT_KIND_EMPLOYERS}),
        ("WithdrawConsent", {"person_id": person_id, "kind": pb.CONSENT_KIND_EMPLOYERS}),
        ("AskMentor", {"person_id": person_id, "mentor_id": "m1"}),
        ("AcceptMentorship", {"id": mentorship_id}),
        ("DeclineMentorship", {"id": mentorship_id}),
        ("EndMentorship", {"id": mentorship_id}),
    ]


STRANGERS = (self_of("p-9"), OTHER_PARTNER, OTHER_MENTOR, RECRUITER, TRAINING_BODY, SERVICE, ANYONE)


def answer(home: Home, method: str, caller: Caller, said: dict[str, Any], own_id: str) -> tuple[Any, ...]:
    """What came back, with the id that was asked for taken out."""
    try:
        return ("answered", home.do(method, caller, **said).SerializeToString())
    except Refused as refused:
        facts = {name: value.replace(own_id, "ID") for name, value in refused.facts.items()}
        return refused.kind, refused.reason, refused.message, facts


def test_anothers_person_is_answered_like_a_missing_one(home: Home) -> None:
    home.mentor()
    person = home.made(skills=pb.Skills(skills=[pb.PersonSkill(code=SKILLS[0])]))
    asked = home.do("AskMentor", person_id=person.id, mentor_id="m1").mentorship
    for caller in STRANGERS:
        for (method, theirs), (_, missing) in zip(calls(person.id, asked.id), calls(MISSING, MISSING), strict=True):
            own_id = asked.id if method.endswith("Mentorship") else person.id
            real = answer(home, method, caller, theirs, own_id)
            assert real == answer(home, method, caller, missing, MISSING), (caller, method)
            assert real[0] != "answered", (caller, method)
    (untouched,) = home.get(person.id)
    assert untouched.version == 2, "nothing but the question to the mentor happened to this person"


def test_upserting_by_anothers_id_is_answered_like_a_missing_one(home: Home) -> None:
    person = home.made()
    for caller in (OTHER_PARTNER, self_of("p-9")):
        real, missing = home.upsert(pb.Person(id=person.id), pb.Person(id=MISSING), caller=caller)
        assert real.refusal.facts["id"] == person.id, "what was asked for, and nothing else"
        real.refusal.facts["id"] = MISSING
        assert real.refusal == missing.refusal
        assert real.refusal.reason == "PERSON_NOT_FOUND"


def test_a_partner_that_only_sees_cannot_change(home: Home) -> None:
    person = told_all(home)
    for method, said in calls(person.id, "")[:6]:
        with pytest.raises(Refused) as refused:
            home.do(method, OTHER_PARTNER, **said)
        assert refused.value.reason == "NOT_YOURS_TO_CHANGE", method
    assert home.do("ConfirmSkill", OTHER_PARTNER, person_id=person.id, code=SKILLS[0]).person.id == person.id


def test_a_partner_whose_consent_is_withdrawn_sees_nothing_at_once(home: Home) -> None:
    person = home.made()
    consent = {"person_id": person.id, "kind": pb.CONSENT_KIND_PARTNER, "grantee_id": PARTNER.subject}
    home.do("WithdrawConsent", self_of(person.id), **consent)
    assert home.get(person.id) == []
    assert not home.do("ListPeople").people
    assert list(home.told_of(person.id, 2).partner_ids) == []
    for method, said in calls(person.id, "")[:10]:
        with pytest.raises(Refused) as refused:
            home.do(method, PARTNER, **said)
        assert refused.value.reason == "PERSON_NOT_FOUND", method
    (again,) = home.upsert(pb.Person(external_id="zoe"))
    assert again.refusal.reason == "CONSENT_WITHDRAWN"
    home.do("GrantConsent", self_of(person.id), **consent)
    assert [each.id for each in home.get(person.id)] == [person.id]
