"""Consents, and children below 15."""

from dataclasses import replace

import pytest
from harness import OPERATOR
from vivier.profile.v1 import profile_pb2 as pb

from services.kit.auth import Caller
from services.kit.errors import Refused
from tests.profile.installation import OTHER_PARTNER, PARTNER, Home, row, self_of

PARTNER_KIND = pb.CONSENT_KIND_PARTNER
EMPLOYERS, PARENT, MENTOR_KIND = pb.CONSENT_KIND_EMPLOYERS, pb.CONSENT_KIND_PARENT, pb.CONSENT_KIND_MENTOR
CHILD = "2012-03"  # 14 at the fake clock's November 2026


def test_granting_and_withdrawing_twice_is_once(home: Home) -> None:
    person = home.made()
    said = {"person_id": person.id, "kind": EMPLOYERS}
    first = home.do("GrantConsent", **said).person
    home.clock.move(days=1)
    assert home.do("GrantConsent", **said).person == first
    assert first.status.visible_to_employers
    assert home.told_of(person.id, 2).visible_to_employers
    gone = home.do("WithdrawConsent", **said).person
    assert [each.kind for each in gone.consents] == [pb.CONSENT_KIND_PARTNER]
    assert home.do("WithdrawConsent", **said).person == gone
    assert not home.told_of(person.id, 3).visible_to_employers


def test_a_child_needs_a_parent(home: Home) -> None:
    (alone,) = home.upsert(row(birth_month=CHILD))
    assert alone.refusal.reason == "PARENT_CONSENT_REQUIRED"
    assert "parent" in alone.refusal.message
    assert not home.do("ListPeople").people
    (joined,) = home.upsert(row(birth_month=CHILD), consents=[PARENT])
    assert joined.person.status.matchable
    assert home.told_of(joined.person.id, 1).matchable


def test_a_child_does_not_answer_for_a_parent(home: Home) -> None:
    me = self_of("p-1")
    (alone,) = home.upsert(row(external_id="", birth_month=CHILD), caller=me, consents=[PARENT])
    assert alone.refusal.reason == "PARENT_CONSENT_REQUIRED"
    home.upsert(row(external_id=""), caller=me)
    with pytest.raises(Refused) as refused:
        home.do("GrantConsent", me, person_id="p-1", kind=PARENT)
    assert refused.value.reason == "CONSENT_NOT_YOURS"


def test_nobody_becomes_a_child_by_an_update(home: Home) -> None:
    home.made()
    (younger,) = home.upsert(row(birth_month=CHILD))
    assert younger.refusal.reason == "PARENT_CONSENT_REQUIRED"
    assert home.do("ListPeople").people[0].birth_month == "2006-03"


def test_without_the_parent_a_child_is_not_matched(home: Home) -> None:
    (child,) = home.upsert(row(birth_month=CHILD), consents=[PARENT, EMPLOYERS])
    said = {"person_id": child.person.id, "kind": PARENT}
    alone = home.do("WithdrawConsent", **said).person
    assert list(alone.status.reasons) == ["PARENT_CONSENT_MISSING"]
    assert not alone.status.matchable
    assert not alone.status.visible_to_employers
    told = home.told_of(alone.id, 2)
    assert not told.matchable
    assert not told.visible_to_employers
    assert home.do("GrantConsent", **said).person.status.matchable


def test_consents_that_cannot_be_given(home: Home) -> None:
    person = home.made()
    refusals: list[tuple[Caller, dict[str, object], str]] = [
        (PARTNER, {"kind": pb.CONSENT_KIND_PARTNER, "grantee_id": "asso-9"}, "CONSENT_NOT_YOURS"),
        (PARTNER, {"kind": MENTOR_KIND, "grantee_id": "m1"}, "ASK_THE_MENTOR"),
        (OPERATOR, {"kind": EMPLOYERS, "grantee_id": "x"}, "INVALID_FIELDS"),
        (OPERATOR, {"kind": pb.CONSENT_KIND_PARTNER}, "INVALID_FIELDS"),
        (OPERATOR, {"kind": pb.CONSENT_KIND_PARTNER, "grantee_id": "Zoé Petit"}, "INVALID_FIELDS"),
        (OPERATOR, {}, "INVALID_FIELDS"),
    ]
    for caller, said, reason in refusals:
        with pytest.raises(Refused) as refused:
            home.do("GrantConsent", caller, person_id=person.id, **said)
        assert refused.value.reason == reason, said


def acting_for(person_id: str, partner: Caller) -> Caller:
    """The partner in the person's place."""
    return replace(self_of(person_id), actor=f"partner/{partner.subject}")


def test_a_partner_in_the_persons_place_gives_no_partner_or_parent_consent(home: Home) -> None:
    person = home.made()
    acted = acting_for(person.id, PARTNER)
    for said in ({"kind": PARTNER_KIND, "grantee_id": PARTNER.subject}, {"kind": PARENT}):
        with pytest.raises(Refused) as refused:
            home.do("GrantConsent", acted, person_id=person.id, **said)
        assert refused.value.reason == "CONSENT_NOT_YOURS"
    assert home.do("GrantConsent", acted, person_id=person.id, kind=EMPLOYERS).person.status.visible_to_employers
    themself = {"person_id": person.id, "kind": PARTNER_KIND, "grantee_id": OTHER_PARTNER.subject}
    assert home.do("GrantConsent", self_of(person.id), **themself).person.id == person.id


def test_a_partner_is_in_the_persons_place_as_long_as_it_manages_them(home: Home) -> None:
    person = home.made()
    acted, seen_only = acting_for(person.id, PARTNER), acting_for(person.id, OTHER_PARTNER)
    home.do("GrantConsent", OPERATOR, person_id=person.id, kind=PARTNER_KIND, grantee_id=OTHER_PARTNER.subject)
    assert home.get(person.id, caller=acted)[0].identity == person.identity
    assert home.get(person.id, caller=seen_only) == []
    home.do("WithdrawConsent", OPERATOR, person_id=person.id, kind=PARTNER_KIND, grantee_id=PARTNER.subject)
    for caller in (acted, seen_only):
        assert home.get(person.id, caller=caller) == []
        (row_,) = home.upsert(row(external_id="", language="en"), caller=caller)
        assert row_.refusal.reason == "PERSON_NOT_FOUND"
        for method, said in (("GrantConsent", {"kind": EMPLOYERS}), ("ErasePerson", {}), ("ExportPerson", {})):
            whom = {"person_id": person.id} if said else {"id": person.id}
            with pytest.raises(Refused) as refused:
                home.do(method, caller, **whom, **said)
            assert refused.value.reason == "PERSON_NOT_FOUND", method
    assert [each.id for each in home.get(person.id, caller=self_of(person.id))] == [person.id]


def test_only_two_kinds_come_with_a_creation(home: Home) -> None:
    with pytest.raises(Refused) as refused:
        home.upsert(row(), consents=[MENTOR_KIND])
    assert [each.path for each in refused.value.violations] == ["consents"]
