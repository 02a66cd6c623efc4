"""Writing and reading people."""

from typing import Any

import pytest
from harness import OPERATOR
from vivier.common.v1 import common_pb2 as common
from vivier.profile.v1 import profile_pb2 as pb

from services.kit.auth import Caller, Role
from services.kit.errors import Refused
from tests.profile.installation import (
    MENTOR,
    OCCUPATIONS,
    OTHER_PARTNER,
    PARTNER,
    RECRUITER,
    SKILLS,
    Home,
    row,
    self_of,
)

CREATED, UPDATED, UNCHANGED = common.OUTCOME_CREATED, common.OUTCOME_UPDATED, common.OUTCOME_UNCHANGED


def paths(result: pb.PersonResult) -> dict[str, str]:
    return {each.path: each.reason for each in result.refusal.violations}


def test_a_person_is_made_once_then_found_again_by_the_partners_own_id(home: Home) -> None:
    first, second, third = (home.upsert(each)[0] for each in (row(), row(), row(language="fr")))
    assert [each.outcome for each in (first, second, third)] == [CREATED, UNCHANGED, UPDATED]
    assert first.person.id == second.person.id == third.person.id
    assert [each.person.version for each in (first, second, third)] == [1, 1, 2]
    assert third.person.partner_id == PARTNER.subject
    assert home.told_of(first.person.id, 2).version == 2


def test_another_partners_same_id_is_another_person(home: Home) -> None:
    assert home.made().id != home.made(OTHER_PARTNER).id


def test_a_young_person_writes_themselves(home: Home) -> None:
    me = self_of("p-7")
    (made,) = home.upsert(row(external_id=""), caller=me)
    assert (made.person.id, made.person.partner_id, made.outcome) == ("p-7", "", CREATED)
    (refused,) = home.upsert(row(external_id="", id="p-8"), caller=me)
    assert refused.refusal.reason == "PERSON_NOT_FOUND"
    (own_id,) = home.upsert(row(external_id="mine"), caller=self_of("p-9"))
    assert paths(own_id) == {"external_id": "NOT_YOURS"}


def test_what_a_write_leaves_out_stays(home: Home) -> None:
    whole = row(
        identity=pb.Identity(given_name="Zoé", family_name="Petit", email="zoe@example.org", phone="+33612345678"),
        travel=pb.Travel(limit_km=20, modes=[pb.TRAVEL_MODE_BIKE]),
        licences=pb.CodeAnswer(codes=["B"]),
        wishes=pb.Wishes(occupations=pb.CodeAnswer(codes=OCCUPATIONS[:2]), minimum_hours=20, maximum_hours=35),
        experiences=pb.Experiences(experiences=[pb.Experience(title="Bénévole", words="J'ai trié des vélos")]),
        skills=pb.Skills(skills=[pb.PersonSkill(code=SKILLS[0])]),
        language="fr",
    )
    before = home.upsert(whole)[0].person
    after = home.upsert(pb.Person(external_id="zoe"))[0]
    assert (after.outcome, after.person) == (UNCHANGED, before)
    part = pb.Person(
        external_id="zoe", identity=pb.Identity(phone="+33700000000"), wishes=pb.Wishes(kinds=pb.KindAnswer(kinds=[1]))
    )
    after = home.upsert(part)[0]
    assert after.person.identity == pb.Identity(
        given_name="Zoé", family_name="Petit", email="zoe@example.org", phone="+33700000000"
    )
    assert list(after.person.wishes.kinds.kinds) == [common.OFFER_KIND_JOB]
    assert list(after.person.wishes.occupations.codes) == OCCUPATIONS[:2]
    assert after.person.wishes.maximum_hours == 35
    assert after.person.experiences == before.experiences
    assert home.get(before.id) == [after.person]


def test_never_asked_is_not_none(home: Home) -> None:
    silent = home.made()
    assert not any(silent.HasField(each) for each in ("licences", "skills", "wishes", "experiences", "travel"))
    assert {"licences", "skills", "wishes.kinds", "wishes.occupations", "travel"} <= set(silent.status.unanswered)
    told = home.told_of(silent.id, 1)
    assert not any(told.HasField(each) for each in ("licences", "skills", "wishes", "travel"))

    none = home.made(licences=pb.CodeAnswer(), skills=pb.Skills(), wishes=pb.Wishes(occupations=pb.CodeAnswer()))
    assert none.HasField("licences")
    assert none.HasField("skills")
    assert none.wishes.HasField("occupations")
    assert not none.wishes.HasField("kinds")
    assert not {"licences", "skills", "wishes.occupations"} & set(none.status.unanswered)
    told = home.told_of(silent.id, 2)
    assert told.HasField("licences")
    assert told.HasField("skills")
    assert told.wishes.HasField("occupations")
    assert not told.wishes.HasField("kinds")
    assert home.get(silent.id) == [none]


def test_every_empty_answer_is_told_from_none(home: Home) -> None:
    """An answer is a message around one list: without anything in it, it still answers."""

    def answers(message: Any) -> list[str]:
        inner = [(each.name, each.message_type) for each in message.DESCRIPTOR.fields if each.message_type]
        lists = [(name, kind.fields[0]) for name, kind in inner if len(kind.fields) == 1]
        return [name for name, first in lists if first.is_repeated]

    person = pb.Person(external_id="1")
    assert answers(person) == ["licences", "experiences", "skills"]
    assert answers(person.wishes) == ["occupations", "kinds"]
    for said in (person, person.wishes):
        for name in answers(said):
            getattr(said, name).SetInParent()
    made = home.upsert(person)[0].person
    for shown in (made, home.get(made.id)[0]):
        assert all(shown.HasField(name) for name in answers(shown))
        assert all(shown.wishes.HasField(name) for name in answers(shown.wishes))
    assert not {"licences", "experiences", "skills", "wishes.occupations", "wishes.kinds"} & {*made.status.unanswered}
    told = home.told_of(made.id, 1)
    assert told.HasField("licences")
    assert told.HasField("skills")
    assert told.wishes.HasField("occupations")
    assert told.wishes.HasField("kinds")


def test_what_is_unanswered_is_named_as_the_api_names_it(home: Home) -> None:
    silent = home.upsert(pb.Person(external_id="1"))[0].person
    names = list(silent.status.unanswered)
    assert {"birthMonth", "wishes.minimumHours", "wishes.maximumHours", "wishes.availableFrom"} <= set(names)
    for name in names:
        message = pb.Person.DESCRIPTOR
        for part in name.split("."):
            message = message.fields_by_camelcase_name[part].message_type

    said = pb.Wishes(maximum_hours=20, available_from="2026-12-01")
    told = home.upsert(pb.Person(external_id="1", birth_month="2006-03", wishes=said))[0].person
    assert set(names) - set(told.status.unanswered) == {
        "birthMonth",
        "wishes.minimumHours",
        "wishes.maximumHours",
        "wishes.availableFrom",
    }


def test_a_read_profile_written_back_changes_nothing(home: Home) -> None:
    person = home.made(
        experiences=pb.Experiences(experiences=[pb.Experience(title="Couvreur")] * 2),
        skills=pb.Skills(skills=[pb.PersonSkill(code=SKILLS[0], evidence=[pb.Evidence(words="en stage")])]),
        wishes=pb.Wishes(kinds=pb.KindAnswer()),
    )
    assert home.upsert(person)[0].outcome == UNCHANGED


def test_a_place_is_resolved_with_its_source_and_its_confidence(home: Home) -> None:
    named = home.made(place=common.Place(label="Montreuil", postal_code="93100"))
    assert (named.place.commune_code, named.place.resolution.source) == ("93048", "name+postal")
    assert named.place.resolution.confidence > 0.9
    assert named.place.HasField("point")
    assert named.status.matchable

    coded = home.made(external_id="2", place=common.Place(commune_code="93048"))
    assert (coded.place.label, coded.place.resolution.source) == ("Montreuil", "given")

    located = home.made(external_id="3", place=common.Place(point=common.Point(latitude=48.86, longitude=2.44)))
    assert (located.place.commune_code, located.place.resolution.source) == ("93048", "coordinates")

    unknown = home.made(external_id="4", place=common.Place(label="Xyzzy"))
    assert list(unknown.status.reasons) == ["PLACE_UNRESOLVED"]
    assert not home.told_of(unknown.id, 1).HasField("place")
    nowhere = home.upsert(pb.Person(external_id="5"))[0].person
    assert list(nowhere.status.reasons) == ["PLACE_MISSING"]
    anywhere = home.upsert(pb.Person(external_id="5", travel=pb.Travel(anywhere=True)))[0].person
    assert anywhere.status.matchable


def did(*experiences: pb.Experience) -> pb.Experiences:
    return pb.Experiences(experiences=experiences)


BROKEN: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"identity": pb.Identity(given_name="a\0b")}, {"identity.given_name": "HOSTILE_TEXT"}),
    ({"identity": pb.Identity(family_name="\u202egp.exe")}, {"identity.family_name": "HOSTILE_TEXT"}),
    ({"identity": pb.Identity(email="nobody", phone="06")}, dict.fromkeys(["identity.email"], "NOT_AN_EMAIL")),
    ({"identity": pb.Identity(given_name="x" * 1_000_000)}, {"identity.given_name": "TOO_LONG"}),
    ({"identity": pb.Identity(given_name="Zoé\nAdmin")}, {"identity.given_name": "NOT_ONE_LINE"}),
    ({"identity": pb.Identity(email="zoe,eve@example.org")}, {"identity.email": "NOT_AN_EMAIL"}),
    ({"birth_month": "2006-13"}, {"birth_month": "NOT_A_MONTH"}),
    ({"birth_month": "2026-12"}, {"birth_month": "OUT_OF_RANGE"}),
    ({"place": common.Place(point=common.Point(latitude=91))}, {"place.point.latitude": "OUT_OF_RANGE"}),
    ({"place": common.Place(point=common.Point(longitude=float("nan")))}, {"place.point.longitude": "OUT_OF_RANGE"}),
    ({"place": common.Place(commune_code="99999")}, {"place.commune_code": "UNKNOWN_COMMUNE"}),
    ({"place": common.Place(country_code="France")}, {"place.country_code": "NOT_A_COUNTRY"}),
    ({"travel": pb.Travel(limit_km=-1)}, {"travel.limit_km": "OUT_OF_RANGE"}),
    ({"travel": pb.Travel(limit_km=201)}, {"travel.limit_km": "OUT_OF_RANGE"}),
    ({"licences": pb.CodeAnswer(codes=["B", "Zoé Petit"])}, {"licences.codes[1]": "NOT_A_CODE"}),
    (
        {"wishes": pb.Wishes(occupations=pb.CodeAnswer(codes=["Z99"]))},
        {"wishes.occupations.codes[0]": "UNKNOWN_OCCUPATION"},
    ),
    ({"wishes": pb.Wishes(kinds=pb.KindAnswer(kinds=[1, 77]))}, {"wishes.kinds.kinds[1]": "UNKNOWN_VALUE"}),
    ({"wishes": pb.Wishes(minimum_hours=float("inf"))}, {"wishes.minimum_hours": "OUT_OF_RANGE"}),
    ({"wishes": pb.Wishes(minimum_hours=30, maximum_hours=20)}, {"wishes.maximum_hours": "OUT_OF_ORDER"}),
    ({"wishes": pb.Wishes(available_from="31/12/2026")}, {"wishes.available_from": "NOT_A_DATE"}),
    (
        {"experiences": did(pb.Experience(title="a"), pb.Experience(words="\x07"))},
        {"experiences[1].words": "HOSTILE_TEXT"},
    ),
    (
        {
            "experiences": pb.Experiences(
                experiences=[pb.Experience(title="a", start_month="2020-05", end_month="2019-01")]
            )
        },
        {"experiences[0].end_month": "OUT_OF_ORDER"},
    ),
    ({"experiences": did(pb.Experience(title="\u2060", words="\u200d"))}, {"experiences[0]": "REQUIRED"}),
    ({"skills": pb.Skills(skills=[pb.PersonSkill(label="\u200d")])}, {"skills[0]": "REQUIRED"}),
    (
        {"experiences": did(pb.Experience(id="x", title="a"))},
        {"experiences[0].id": "UNKNOWN_ID"},
    ),
    ({"skills": pb.Skills(skills=[pb.PersonSkill(code="nope")])}, {"skills[0].code": "UNKNOWN_SKILL"}),
    ({"language": "xx"}, {"language": "UNKNOWN_VALUE"}),
    ({"external_id": ""}, {"external_id": "REQUIRED"}),
]


def test_a_broken_row_is_refused_with_its_fields_and_the_others_stand(home: Home) -> None:
    rows = [
        row(external_id="first"),
        *(row(**({"external_id": f"bad-{at}"} | said)) for at, (said, _) in enumerate(BROKEN)),
    ]
    results = home.upsert(*rows, row(external_id="last"))
    assert (results[0].outcome, results[-1].outcome) == (CREATED, CREATED)
    for result, (said, wrong) in zip(results[1:-1], BROKEN, strict=True):
        assert result.refusal.reason == "INVALID_FIELDS", said
        assert wrong.items() <= paths(result).items(), said
        assert not result.HasField("person")
    assert len(home.do("ListPeople").people) == 2


def test_rows_about_the_same_person_see_each_other(home: Home) -> None:
    first, second = home.upsert(row(), row(language="en"))
    assert (first.outcome, second.outcome) == (CREATED, UPDATED)
    assert first.person.id == second.person.id
    assert home.get(first.person.id)[0].language == "en"


def test_a_hundred_rows_and_no_more(home: Home) -> None:
    rows = [row(external_id=str(number)) for number in range(101)]
    assert {each.outcome for each in home.upsert(*rows[:100])} == {CREATED}
    with pytest.raises(Refused) as refused:
        home.upsert(*rows)
    assert [each.path for each in refused.value.violations] == ["people"]
    with pytest.raises(Refused):
        home.get(*(str(number) for number in range(101)))


def test_a_repeated_request_makes_nobody_twice_and_its_id_stands_for_nothing_else(home: Home) -> None:
    anonymous = row(external_id="")
    first = home.upsert(anonymous, caller=OPERATOR, request_id="r1")[0]
    again = home.upsert(anonymous, caller=OPERATOR, request_id="r1")[0]
    assert (first.person.id, again.outcome) == (again.person.id, UNCHANGED)
    with pytest.raises(Refused) as refused:
        home.upsert(row(external_id="", language="en"), caller=OPERATOR, request_id="r1")
    assert refused.value.reason == "REQUEST_ID_REUSED"
    assert home.made(request_id="r1").id != first.person.id


def test_lists_are_paged_and_show_a_partner_its_own(home: Home) -> None:
    mine = {each.person.id for each in home.upsert(*(row(external_id=str(number)) for number in range(7)))}
    home.made(OTHER_PARTNER)
    found, token = [], ""
    while not found or token:
        page = home.do("ListPeople", page_size=3, page_token=token)
        assert len(page.people) <= 3
        found += [each.id for each in page.people]
        token = page.next_page_token
    assert found == sorted(mine)
    assert len(home.do("ListPeople", OPERATOR).people) == 8
    assert not home.do("ListPeople", MENTOR).people
    for caller in (RECRUITER, Caller(Role.PERSON, found[0])):
        with pytest.raises(Refused, match="cannot"):
            home.do("ListPeople", caller)
    with pytest.raises(Refused, match="page_token"):
        home.do("ListPeople", page_token="nonsense")


def test_an_external_id_stays_what_it_was(home: Home) -> None:
    person = home.made()
    assert paths(home.upsert(row(id=person.id, external_id="other"))[0]) == {"external_id": "IMMUTABLE"}
    assert home.upsert(pb.Person(id=person.id, language="en"))[0].outcome == UPDATED


def test_a_late_repeat_does_not_undo_what_came_after(home: Home) -> None:
    person = home.made(language="fr", request_id="r1")
    home.upsert(row(language="en"), request_id="r2")
    (repeated,) = home.upsert(row(language="fr"), request_id="r1")
    assert repeated.person.language == "en"
    grant = {"person_id": person.id, "kind": pb.CONSENT_KIND_EMPLOYERS}
    home.do("GrantConsent", **grant, request_id="r3")
    home.do("WithdrawConsent", **grant, request_id="r4")
    assert not home.do("GrantConsent", **grant, request_id="r3").person.status.visible_to_employers
