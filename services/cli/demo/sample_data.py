"""Forty employers, 300 offers, 100 courses, 500 people and 20 mentors all over France: the same at every call.

Each function returns inputs of the GraphQL mutation of the same name. Company numbers are well formed and belong to
nobody; e-mail addresses end in example.org.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

from services.cli.demo.texts import (
    EMPLOYERS,
    FAMILY_NAMES,
    GIVEN_NAMES,
    MENTORS,
    OCCUPATIONS,
    SCHOOLS,
    TOWNS,
    WELCOME,
    OccupationTexts,
)

Input = dict[str, Any]
OFFERS, COURSES, PEOPLE = 300, 100, 500
FUNDING = ("CPF", "REGION", "FRANCE_TRAVAIL", "FREE")
_BY_CODE = {occupation.code: occupation for occupation in OCCUPATIONS}


def organisations() -> list[Input]:
    """Employers, then training bodies."""
    employers = [_organisation(n, "EMPLOYER", name, town) for n, (name, town, _) in enumerate(EMPLOYERS)]
    first = len(employers)
    return employers + [_organisation(first + n, "TRAINING_BODY", name, town) for n, (name, town) in enumerate(SCHOOLS)]


def offers(organisation_ids: Sequence[str]) -> list[Input]:
    """300 offers of the forty employers; `organisation_ids` in the order of `organisations`."""
    dice = Random("offers")  # noqa: S311 — sample data, not a secret
    return [_offer(dice, n, organisation_ids) for n in range(OFFERS)]


def courses(organisation_ids: Sequence[str]) -> list[Input]:
    """100 courses of the training bodies, each closing one or two gaps of an occupation."""
    dice = Random("courses")  # noqa: S311
    return [_course(dice, n, organisation_ids) for n in range(COURSES)]


def people() -> list[Input]:
    """500 people, some with a full profile, some with almost none."""
    dice = Random("people")  # noqa: S311
    return [_person(dice, n) for n in range(PEOPLE)]


def mentors() -> list[Input]:
    return [
        {
            "id": f"demo-mentor-{number}",
            "association": "article-1",
            "displayName": name,
            "about": about,
            "occupationCodes": list(codes),
            "place": {"communeCode": town},
            "capacity": 4,
            "open": True,
        }
        for number, (name, about, codes, town) in enumerate(MENTORS)
    ]


def siret(number: int) -> str:
    """A well-formed company number (Luhn holds for its first nine digits and for all fourteen) that is nobody's."""
    company = _with_check_digit(f"9990{number:04d}")
    return _with_check_digit(f"{company}0001")


def _with_check_digit(digits: str) -> str:
    total = sum(sum(divmod(int(d) * 2, 10)) if place % 2 == 0 else int(d) for place, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def _organisation(number: int, kind: str, name: str, town: str) -> Input:
    return {
        "source": "demo",
        "externalId": f"organisation-{number}",
        "kind": kind,
        "name": name,
        "siret": siret(number),
        "place": {"communeCode": town},
    }


def _offer(dice: Random, number: int, organisation_ids: Sequence[str]) -> Input:
    which = number % len(EMPLOYERS)
    _, town, codes = EMPLOYERS[which]
    occupation = _BY_CODE[codes[(number // len(EMPLOYERS)) % len(codes)]]
    kind = dice.choices(("JOB", "APPRENTICESHIP", "INTERNSHIP", "VOLUNTEERING"), (60, 25, 7, 8))[0]
    low = dice.randrange(1850, 2250, 10)
    return {
        "organisationId": organisation_ids[which],
        "externalId": f"offer-{number}",
        "kind": kind,
        "title": occupation.title,
        "description": f"{occupation.mission} {' '.join(dice.sample(WELCOME, 2))}",
        "occupation": {"code": occupation.code},
        "skills": [{"code": c, "required": True} for c in occupation.required]
        + [{"code": c, "required": False} for c in dice.sample(occupation.wished, 2)],
        "place": {"communeCode": town},
        "contract": _contract(dice, kind),
        "weeklyHours": 35.0 if kind != "VOLUNTEERING" else 24.0,
        "salary": {"minimum": float(low), "maximum": float(low + 250), "period": "MONTH"} if kind == "JOB" else None,
        "openings": dice.choice((1, 1, 1, 2, 3)),
        "licences": list(occupation.licences) if kind == "JOB" else [],
        "answerDays": dice.choice((3, 7, 14)),
        "disabilityFriendly": dice.random() < 0.4,
    }


def _contract(dice: Random, kind: str) -> str:
    fixed = {"APPRENTICESHIP": "APPRENTICESHIP", "INTERNSHIP": "INTERNSHIP", "VOLUNTEERING": "CIVIC_SERVICE"}
    return fixed.get(kind) or dice.choice(("PERMANENT", "PERMANENT", "FIXED_TERM", "INTEGRATION"))


def _course(dice: Random, number: int, organisation_ids: Sequence[str]) -> Input:
    which = number % len(SCHOOLS)
    occupation = OCCUPATIONS[number % len(OCCUPATIONS)]
    taught = dice.sample(occupation.required + occupation.wished, dice.choice((1, 2, 2, 3)))
    towns = [SCHOOLS[which][1], dice.choice(TOWNS)]
    return {
        "organisationId": organisation_ids[len(EMPLOYERS) + which],
        "externalId": f"course-{number}",
        "title": f"Se former : {occupation.title.removesuffix(' (H/F)')}",
        "description": "Des gestes appris en atelier, puis en entreprise. Groupe de douze au plus, matériel prêté.",
        "occupations": [{"code": occupation.code}],
        "skills": [{"code": code, "required": True} for code in taught],
        "sessions": [_session(dice, number, at, town) for at, town in enumerate(towns)],
        "funding": dice.sample(FUNDING, 2),
        "durationHours": dice.choice((14, 35, 70, 210)),
    }


def _session(dice: Random, number: int, at: int, town: str) -> Input:
    month = dice.randrange(1, 10)
    return {
        "externalId": f"session-{number}-{at}",
        "place": {"communeCode": town},
        "startDate": f"2027-{month:02d}-05",
        "endDate": f"2027-{month + 2:02d}-20",
        "seats": 12,
        "remote": dice.random() < 0.15,
    }


def _person(dice: Random, number: int) -> Input:
    occupation = dice.choice(OCCUPATIONS)
    given, family = dice.choice(GIVEN_NAMES), dice.choice(FAMILY_NAMES)
    person: Input = {
        "externalId": f"person-{number}",
        "identity": {"givenName": given, "familyName": family, "email": f"personne{number}@example.org"},
        "birthMonth": f"{dice.randrange(1997, 2010)}-{dice.randrange(1, 13):02d}",
        "place": {"communeCode": dice.choice(TOWNS)},
        "language": "fr",
    }
    if dice.random() < 0.9:  # the others have only just begun
        person |= _answers(dice, occupation)
    return person


def _answers(dice: Random, occupation: OccupationTexts) -> Input:
    told = dice.sample(occupation.told, dice.randint(1, len(occupation.told)))
    wished = [occupation.code] if dice.random() < 0.8 else [dice.choice(OCCUPATIONS).code]
    return {
        "travel": {"limitKm": dice.choice((5, 10, 15, 20, 30, 50)), "anywhere": dice.random() < 0.05},
        "licences": dice.choice(([], ["B"], ["B"], ["B", "D"])),
        "wishes": {
            "occupations": wished,
            "kinds": dice.choice(
                (["JOB"], ["JOB", "APPRENTICESHIP"], ["APPRENTICESHIP", "INTERNSHIP", "VOLUNTEERING"])
            ),
            "maximumHours": 35.0,
        },
        "skills": [{"code": code, "evidence": [{"words": words}]} for code, words in told],
        "experiences": [
            {"kind": dice.choice(("PAID", "PERSONAL", "VOLUNTARY")), "title": "Ce que j'ai fait", "words": words}
            for _, words in told[:1]
        ],
    }
