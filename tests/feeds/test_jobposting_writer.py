"""Offers out as schema.org JobPosting, and in again."""

import json

from services.feeds import Options, jobposting_reader
from services.feeds.jobposting_writer import job_posting

OFFER = {
    "id": "1",
    "externalId": "x-1",
    "title": "Installateur solaire",
    "description": "Poser.",
    "publishedAt": "2026-11-01T08:00:00+00:00",
    "expiresAt": "2026-12-31T08:00:00+00:00",
    "contract": "SELF_EMPLOYED",
    "weeklyHours": 35.0,
    "organisation": {"name": "Soleil d'essai", "siret": "73282932000074", "website": None},
    "place": {
        "label": "Marseille",
        "postalCode": "13001",
        "countryCode": "FR",
        "point": {"latitude": 43.3, "longitude": 5.38},
    },
    "remote": "FULL",
    "salary": {"minimum": 2000.0, "maximum": None, "currency": "EUR", "period": "MONTH"},
    "occupation": {"code": "F1602", "label": "Électricien"},
    "skills": [{"code": "1", "label": "Câbler"}],
    "openings": 2,
    "startDate": None,
    "applyUrl": None,
    "language": "fr",
}
UNKNOWN = {
    "publishedAt",
    "expiresAt",
    "weeklyHours",
    "place",
    "remote",
    "salary",
    "occupation",
    "organisation",
    "contract",
}


def test_what_goes_out_comes_in_again() -> None:
    (row,) = jobposting_reader.read(json.dumps(job_posting(OFFER)).encode(), Options("again"))
    content = row.content
    assert row.error == ""
    assert {
        name: content[name] for name in ("externalId", "title", "description", "openings", "remote", "contract")
    } == {
        "externalId": "x-1",
        "title": "Installateur solaire",
        "description": "Poser.",
        "openings": 2,
        "remote": "FULL",
        "contract": "SELF_EMPLOYED",
    }
    assert content["occupation"] == {"code": "F1602", "label": "Électricien"}
    assert content["salary"] == {"minimum": 2000.0, "currency": "EUR", "period": "MONTH"}
    assert content["place"]["point"] == {"latitude": 43.3, "longitude": 5.38}
    assert content["weeklyHours"] == 35
    assert row.organisation["siret"] == "73282932000074"


def test_what_is_not_known_is_left_out() -> None:
    said = job_posting(OFFER | dict.fromkeys(UNKNOWN) | {"skills": []})
    assert set(said) == {
        "@context",
        "@type",
        "title",
        "description",
        "identifier",
        "totalJobOpenings",
        "directApply",
        "inLanguage",
        "hiringOrganization",
    }


def test_part_time() -> None:
    offer = OFFER | {"contract": "PERMANENT"}
    assert job_posting(offer | {"weeklyHours": 20.0})["employmentType"] == "PART_TIME"
    assert job_posting(offer | {"weeklyHours": None})["employmentType"] == "FULL_TIME"
