"""Experiences and skills, one at a time."""

import pytest
from harness import OPERATOR
from vivier.common.v1 import common_pb2 as common
from vivier.profile.v1 import profile_pb2 as pb

from services.kit.auth import Caller
from services.kit.errors import Kind, Refused
from services.referential import open_snapshot
from tests.profile.installation import MENTOR, OTHER_PARTNER, PARTNER, RECRUITER, SKILLS, Home, self_of

UNNAMED = "Accueillir un client"
STATED, CONFIRMED = pb.EVIDENCE_SOURCE_STATED, pb.EVIDENCE_SOURCE_CONFIRMED


def put_skill(home: Home, person: pb.Person, caller: Caller = PARTNER, **said: object) -> pb.Person:
    return home.do("PutSkill", caller, person_id=person.id, skill=pb.PersonSkill(**said)).person


def test_an_experience_is_put_changed_and_removed(home: Home) -> None:
    person = home.made()
    said = pb.Experience(title="Couvreur", words="J'ai posé des tuiles avec mon oncle", start_month="2024-06")
    put = home.do("PutExperience", person_id=person.id, experience=said, request_id="r1").person
    (first,) = put.experiences.experiences
    assert (first.title, first.words) == (said.title, said.words)
    assert first.occupation.resolution.confidence >= 0.6
    assert list(home.told_of(person.id, 2).past_occupation_codes) == [first.occupation.code]
    assert home.do("PutExperience", person_id=person.id, experience=said, request_id="r1").person == put

    changed = home.do("PutExperience", person_id=person.id, experience=pb.Experience(id=first.id, title="Autre")).person
    assert [each.title for each in changed.experiences.experiences] == ["Autre"]
    gone = home.do("RemoveExperience", person_id=person.id, experience_id=first.id).person
    assert gone.HasField("experiences")
    assert not gone.experiences.experiences
    assert home.do("RemoveExperience", person_id=person.id, experience_id=first.id).person == gone
    with pytest.raises(Refused) as refused:
        home.do("PutExperience", person_id=person.id, experience=pb.Experience(id=first.id, title="x"))
    assert refused.value.reason == "EXPERIENCE_NOT_FOUND"


def test_words_propose_nothing_by_themselves(home: Home) -> None:
    person = home.made()
    said = pb.Experience(words=open_snapshot().skill(SKILLS[0]).label)  # type: ignore[union-attr]
    assert not home.do("PutExperience", person_id=person.id, experience=said).person.HasField("skills")


def test_a_skill_gathers_evidence(home: Home) -> None:
    person = home.made()
    put_skill(home, person, code=SKILLS[0], evidence=[pb.Evidence(words="au jardin")])
    put_skill(home, person, code=SKILLS[0], evidence=[pb.Evidence(words="en stage")])
    again = put_skill(home, person, code=SKILLS[0], evidence=[pb.Evidence(words="en stage")])
    (skill,) = again.skills.skills
    assert [(each.words, each.source) for each in skill.evidence] == [("au jardin", STATED), ("en stage", STATED)]
    assert again.version == 3
    (held,) = home.told_of(person.id, 3).skills.skills
    assert (held.code, held.confirmed, len(held.evidence_ids)) == (SKILLS[0], False, 2)
    removed = home.do("RemoveSkill", person_id=person.id, code=SKILLS[0]).person
    assert removed.HasField("skills")
    assert not removed.skills.skills


def test_a_skill_by_its_label(home: Home) -> None:
    person = home.made()
    known = open_snapshot().skill(SKILLS[1])
    assert known is not None
    (skill,) = put_skill(home, person, label=known.label.upper()).skills.skills
    assert (skill.code, skill.label, skill.resolution.source) == (known.code, known.label, "words")


def words_alone(home: Home, **fields: object) -> pb.Person:
    """Somebody who said one skill in words that name none, and one by its code."""
    said = pb.PersonSkill(label=UNNAMED, evidence=[pb.Evidence(words="à la boulangerie")])
    return home.made(skills=pb.Skills(skills=[said, pb.PersonSkill(code=SKILLS[0])]), **fields)


def test_words_that_name_no_skill_are_kept_without_a_code(home: Home) -> None:
    person = words_alone(home)
    unnamed, named = person.skills.skills
    assert (unnamed.code, unnamed.label, unnamed.evidence[0].words) == ("", UNNAMED, "à la boulangerie")
    assert (unnamed.resolution.source, 0 < unnamed.resolution.confidence < 0.6) == ("words", True)
    assert named.code == SKILLS[0]
    assert (person.status.matchable, list(person.status.reasons)) == (True, ["SKILL_UNRESOLVED"])
    assert [each.code for each in home.told_of(person.id, 1).skills.skills] == [SKILLS[0]]
    nothing_like_it = put_skill(home, person, label="zzz").skills.skills[-1]
    assert (nothing_like_it.code, nothing_like_it.label, nothing_like_it.resolution.confidence) == ("", "zzz", 0)


def test_the_same_words_again_change_nothing(home: Home) -> None:
    person = words_alone(home)
    (written_back,) = home.upsert(person)
    assert written_back.outcome == common.OUTCOME_UNCHANGED
    assert words_alone(home) == person
    for label in (UNNAMED, UNNAMED.upper(), "  accueillir\u00a0 un  client "):
        assert put_skill(home, person, label=label, evidence=[pb.Evidence(words="à la boulangerie")]) == person
    twice = pb.Skills(skills=[pb.PersonSkill(label=UNNAMED), pb.PersonSkill(label=UNNAMED.upper())])
    (one,) = home.made(external_id="2", skills=twice).skills.skills
    assert one.label == UNNAMED


def test_somebody_with_words_alone_is_not_published_as_having_no_skill(home: Home) -> None:
    person = home.made(skills=pb.Skills(skills=[pb.PersonSkill(label=UNNAMED)]))
    assert person.status.matchable
    assert not home.told_of(person.id, 1).HasField("skills")
    assert "skills" not in person.status.unanswered


def test_words_without_a_code_are_not_shown_to_employers(home: Home) -> None:
    person = words_alone(home, consents=(pb.CONSENT_KIND_EMPLOYERS,))
    (shown,) = home.get(person.id, caller=RECRUITER)
    assert [each.code for each in shown.skills.skills] == [SKILLS[0]]


def test_words_without_a_code_are_removed_by_their_label(home: Home) -> None:
    person = words_alone(home)
    kept = home.do("RemoveSkill", person_id=person.id, label="something else").person
    assert kept == person
    coded = home.do("RemoveSkill", person_id=person.id, label=person.skills.skills[1].label).person
    assert coded == person
    left = home.do("RemoveSkill", person_id=person.id, label=UNNAMED.upper()).person
    assert [each.code for each in left.skills.skills] == [SKILLS[0]]
    assert not left.status.reasons
    with pytest.raises(Refused) as refused:
        home.do("RemoveSkill", person_id=person.id)
    assert [(each.path, each.reason) for each in refused.value.violations] == [("code", "REQUIRED")]


def test_words_without_a_code_cannot_be_confirmed(home: Home) -> None:
    person = words_alone(home)
    for code in ("", UNNAMED):
        with pytest.raises(Refused) as refused:
            home.do("ConfirmSkill", person_id=person.id, code=code)
        assert (refused.value.kind, refused.value.reason) == (Kind.CONFLICT, "SKILL_UNRESOLVED")
    assert home.get(person.id) == [person]


def test_evidence_goes_with_its_experience(home: Home) -> None:
    person = home.made()
    said = pb.Experience(words="J'ai posé des tuiles")
    put = home.do("PutExperience", person_id=person.id, experience=said).person
    read = pb.Evidence(source=pb.EVIDENCE_SOURCE_EXPERIENCE, words="posé des tuiles")
    with pytest.raises(Refused, match="no such experience"):
        put_skill(home, person, code=SKILLS[0], evidence=[pb.Evidence(words="x", experience_id="nope")])
    read.experience_id = put.experiences.experiences[0].id
    put_skill(home, person, code=SKILLS[0], evidence=[read])
    put_skill(home, person, code=SKILLS[1], evidence=[read, pb.Evidence(words="aussi")])
    left = home.do("RemoveExperience", person_id=person.id, experience_id=read.experience_id).person
    assert [(each.code, [e.words for e in each.evidence]) for each in left.skills.skills] == [(SKILLS[1], ["aussi"])]


def test_somebody_else_confirms_once(home: Home) -> None:
    home.mentor()
    person = home.made(skills=pb.Skills(skills=[pb.PersonSkill(code=SKILLS[0])]))
    home.mentee(person)
    said = {"person_id": person.id, "code": SKILLS[0]}
    first = home.do("ConfirmSkill", MENTOR, words="vu sur le chantier", **said).person
    assert home.do("ConfirmSkill", MENTOR, words="encore", **said).person == first
    both = home.do("ConfirmSkill", PARTNER, words="oui", **said).person
    evidence = [(each.source, each.confirmed_by, each.words) for each in both.skills.skills[0].evidence]
    assert evidence == [
        (STATED, "", ""),
        (CONFIRMED, "mentor/m1", "vu sur le chantier"),
        (CONFIRMED, "partner/asso-1", "oui"),
    ]
    assert home.told_of(person.id, both.version).skills.skills[0].confirmed
    for caller in (self_of(person.id), OPERATOR):
        with pytest.raises(Refused, match="cannot"):
            home.do("ConfirmSkill", caller, **said)
    with pytest.raises(Refused) as refused:
        home.do("ConfirmSkill", MENTOR, person_id=person.id, code=SKILLS[1])
    assert refused.value.reason == "SKILL_NOT_FOUND"


def test_a_confirmation_can_neither_be_written_nor_lost_by_a_write(home: Home) -> None:
    forged = pb.Evidence(source=CONFIRMED, words="moi", confirmed_by="mentor/m1")
    skills = pb.Skills(skills=[pb.PersonSkill(code=SKILLS[0], evidence=[forged])])
    person = home.made(skills=skills)
    assert [each.source for each in person.skills.skills[0].evidence] == [STATED]
    home.do("ConfirmSkill", PARTNER, person_id=person.id, code=SKILLS[0])
    told_again = pb.Skills(skills=[pb.PersonSkill(code=SKILLS[0], evidence=[pb.Evidence(words="et ici")])])
    after = home.made(skills=told_again)
    assert [each.source for each in after.skills.skills[0].evidence] == [STATED, CONFIRMED]
    assert not home.get(person.id, caller=OTHER_PARTNER)
