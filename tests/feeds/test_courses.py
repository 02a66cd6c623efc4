"""Courses in LHEO 2.3, and the API's own inputs as JSON."""

import json

import pytest
from feed_samples import SESSIONS, course, document

from services.feeds import Options, Row, Unreadable, api_json, lheo

OPTIONS = Options("essai")


def read(*courses: str) -> list[Row]:
    return list(lheo.read(document(*courses), OPTIONS))


def test_a_course_with_its_sessions_and_its_body() -> None:
    (row,) = read(course())
    place = {
        "communeCode": "13201",
        "postalCode": "13001",
        "label": "Marseille",
        "point": {"latitude": 43.3, "longitude": 5.38},
    }
    assert row.error == ""
    assert row.content == {
        "externalId": "F-1",
        "source": "essai",
        "title": "Poser des panneaux solaires",
        "description": "Savoir poser.\n\nToiture\nSécurité",
        "certificationCode": "RNCP36789",
        "occupations": [{"code": "F1602"}],
        "sessions": [
            {
                "externalId": "S-1",
                "startDate": "2027-11-01",
                "endDate": "2028-02-15",
                "remote": False,
                "place": place,
            },
            {"externalId": "S-2", "seats": 12, "remote": False, "place": place},
        ],
        "funding": ["CPF", "REGION"],
        "price": 1250.5,
        "durationHours": 399,
        "applyUrl": "https://example.org/f1",
    }
    assert row.organisation == {
        "source": "essai",
        "externalId": "73282932000074",
        "kind": "TRAINING_BODY",
        "name": "Campus d'essai",
        "siret": "73282932000074",
        "website": "https://campus.example.org",
        "place": {"postalCode": "13002", "label": "Marseille"},
    }


def test_one_may_enter_at_any_time_and_from_anywhere() -> None:
    (row,) = read(course(entry="1", teaching="2"))
    first = row.content["sessions"][0]
    assert "startDate" not in first
    assert first["remote"] is True


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (course(number=""), "has no `numero`"),
        (course(title=""), "intitule-formation is missing"),
        (course(body=""), "organisme-formation-responsable is missing"),
        (course(price="gratuit"), "could not convert"),
        (course(sessions=SESSIONS.replace("20271101", "demain")), "periode/debut is no date"),
        (course(sessions=SESSIONS.replace("20271101", "20271399")), "periode/debut is no date"),
    ],
)
def test_a_broken_course_is_named_and_its_neighbours_stand(broken: str, why: str) -> None:
    before, bad, after = read(course(), broken, course(number=' numero="F-3"'))
    assert why in bad.error
    assert (before.error, after.error, bad.number, after.id) == ("", "", 2, "F-3")


def test_the_encoding_is_the_one_that_the_document_names() -> None:
    (row,) = lheo.read(document(course(title="Métier d'été"), encoding="ISO-8859-1"), OPTIONS)
    assert row.content["title"] == "Métier d'été"


def test_other_versions_have_other_namespaces() -> None:
    assert len(list(lheo.read(document(course(), namespace=""), OPTIONS))) == 1


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lheo [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<lheo><offres><formation numero="1"><intitule-formation>&b;</intitule-formation></formation></offres></lheo>"""
THIEF = b"""<?xml version="1.0"?><!DOCTYPE lheo [<!ENTITY a SYSTEM "file:///etc/passwd">]><lheo><offres/></lheo>"""


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (BOMB, "DOCTYPE"),
        (THIEF, "DOCTYPE"),
        (b"", "not XML"),
        (b"{}", "not XML"),
        (b"<lheo><offres>", "not XML"),
        (b"<html/>", "not LHEO"),
        (b'<?xml version="1.0" encoding="nonsense"?><lheo/>', "not XML"),
    ],
)
def test_what_is_no_lheo_is_refused_as_a_whole(source: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        list(lheo.read(source, OPTIONS))


def natively(*documents: object) -> list[Row]:
    return list(api_json.read(json.dumps(list(documents)).encode(), OPTIONS))


def test_an_own_input_names_its_organisation_or_says_the_whole_of_it() -> None:
    named, whole, neither = natively(
        {"externalId": "1", "title": "Couvreur", "organisationId": "o1"},
        {"externalId": "2", "title": "Couvreur", "organisation": {"name": "Toits", "siret": "73282932000074"}},
        {"externalId": "3", "title": "Couvreur"},
    )
    assert (named.content["organisationId"], named.organisation) == ("o1", {})
    assert whole.organisation == {
        "source": "essai",
        "externalId": "73282932000074",
        "name": "Toits",
        "siret": "73282932000074",
    }
    assert "organisation is missing" in neither.error


def test_an_export_comes_in_again_without_what_only_the_api_tells() -> None:
    told = {
        "id": "there",
        "organisationId": "there",
        "externalId": "1",
        "title": "Couvreur",
        "state": "PUBLISHED",
        "version": 7,
        "green": {"grade": "GREEN"},
        "remote": None,
        "skills": [{"code": "1", "label": None, "required": True}],
        "organisation": {"id": "there", "source": "feed", "externalId": "x", "name": "Toits", "verified": False},
    }
    (row,) = natively(told)
    assert row.content == {"externalId": "1", "title": "Couvreur", "skills": [{"code": "1", "required": True}]}
    assert row.organisation == {"id": "there", "source": "feed", "externalId": "x", "name": "Toits"}


def test_people_keep_the_difference_between_none_and_never_asked() -> None:
    said = {"externalId": "p", "licences": [], "skills": None, "wishes": {"kinds": []}}
    (row,) = api_json.read_people(json.dumps(said).encode(), OPTIONS)
    assert row.content == {"externalId": "p", "licences": [], "wishes": {"kinds": []}}
