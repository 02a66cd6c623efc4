"""The JSON documents of the store back as domain values.

Fields are only ever added: an older document gets the default given here.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from services.offers.domain.course import CourseContent, Session
from services.offers.domain.offer import ContractType, OfferContent, OfferKind, Remote, Salary, SalaryPeriod
from services.offers.domain.organisation import OrganisationKind, Profile
from services.offers.domain.values import (
    Green,
    GreenEvidence,
    GreenGrade,
    Occupation,
    Place,
    Point,
    Resolution,
    SkillNeed,
)

Document = Mapping[str, Any]


def profile(document: Document) -> Profile:
    return Profile(
        **{
            **document,
            "kind": OrganisationKind(document["kind"]),
            "place": _place(document["place"]),
        }
    )


def offer_content(document: Document) -> OfferContent:
    return OfferContent(
        **{
            **document,
            "kind": OfferKind(document["kind"]),
            "occupation": _occupation(document["occupation"]),
            "skills": tuple(map(_skill, document["skills"])),
            "place": _place(document["place"]),
            "remote": Remote(document["remote"]) if document["remote"] else None,
            "contract": ContractType(document["contract"]) if document["contract"] else None,
            "salary": _salary(document["salary"]),
            "start_date": _day(document["start_date"]),
            "licences": tuple(document["licences"]),
            "end": datetime.fromisoformat(document["end"]) if document["end"] else None,
        }
    )


def course_content(document: Document) -> CourseContent:
    return CourseContent(
        **{
            **document,
            "occupations": tuple(map(_occupation, document["occupations"])),
            "skills": tuple(map(_skill, document["skills"])),
            "sessions": tuple(map(_session, document["sessions"])),
            "funding": tuple(document["funding"]),
        }
    )


def green(document: Document) -> Green:
    grade = document["grade"]
    return Green(GreenGrade(grade) if grade else None, tuple(GreenEvidence(**each) for each in document["evidence"]))


def _resolution(document: Document | None) -> Resolution | None:
    return None if document is None else Resolution(**document)


def _place(document: Document | None) -> Place | None:
    if document is None:
        return None
    point = document["point"]
    resolution = _resolution(document["resolution"])
    return Place(**{**document, "point": Point(**point) if point else None, "resolution": resolution})


def _occupation(document: Document) -> Occupation:
    return Occupation(**{**document, "resolution": _resolution(document["resolution"])})


def _skill(document: Document) -> SkillNeed:
    return SkillNeed(**{**document, "resolution": _resolution(document["resolution"])})


def _salary(document: Document | None) -> Salary | None:
    if document is None:
        return None
    period = document["period"]
    return Salary(**{**document, "period": SalaryPeriod(period) if period else None})


def _session(document: Document) -> Session:
    start, end = _day(document["start_date"]), _day(document["end_date"])
    return Session(**{**document, "place": _place(document["place"]), "start_date": start, "end_date": end})


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
