"""The judged cases, read from the TOML files beside."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.common.values import OfferKind, Point, Remote
from services.matching.domain import Knowledge
from services.matching.values import AgeBand, HeldSkill, Offer, Person


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8"))


WORLD = _read("world")
BANDS = {16: AgeBand.FROM_16, 18: AgeBand.FROM_18, 21: AgeBand.FROM_21, 26: AgeBand.FROM_26, 30: AgeBand.FROM_30}


@pytest.fixture(scope="session")
def now() -> datetime:
    return WORLD["now"]


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    close = WORLD["closeness"]

    def closeness(one: str, other: str) -> float:
        return 1.0 if one == other else max(close.get(f"{one}-{other}", 0.0), close.get(f"{other}-{one}", 0.0))

    return Knowledge(closeness, lambda code: WORLD["idf"].get(code, 4.0))


@pytest.fixture(scope="session")
def offers(now: datetime) -> list[Offer]:
    return [_offer(name, said, now) for name, said in _read("offers").items()]


@pytest.fixture(scope="session")
def people() -> list[Person]:
    return [_person(name, said) for name, said in _read("people").items()]


@pytest.fixture(scope="session")
def grades() -> dict[str, dict[str, int]]:
    return _read("judgements")


@pytest.fixture(scope="session")
def cases() -> dict[str, str]:
    return {name: said["case"] for name, said in _read("people").items()}


def _place(said: dict[str, Any]) -> Point | None:
    return Point(*WORLD["places"][said["at"]]) if "at" in said else None


def _set(said: dict[str, Any], key: str) -> frozenset[str] | None:
    return frozenset(said[key]) if key in said else None


def _offer(name: str, said: dict[str, Any], now: datetime) -> Offer:
    return Offer(
        id=name,
        version=1,
        organisation_id=f"organisation-{name}",
        organisation_name=f"Employeur {name}",
        kind=OfferKind(said.get("kind", "job")),
        title=said["title"],
        description="",
        occupation_code=said["rome"],
        required_skills=frozenset(said.get("required", ())),
        wished_skills=frozenset(said.get("wished", ())),
        place=_place(said),
        remote=Remote(said.get("remote", "none")),
        contract=said.get("contract", "permanent"),
        weekly_hours=said.get("hours", 35),
        start_date=said.get("start"),
        licences=frozenset(said.get("licences", ())),
        minimum_age=said.get("minimum_age", 0),
        green_grade="green",
        published_at=now - timedelta(days=5),
        expires_at=None,
    )


def _person(name: str, said: dict[str, Any]) -> Person:
    kinds = _set(said, "kinds")
    return Person(
        id=name,
        version=1,
        age_band=BANDS.get(said.get("age", 0), AgeBand.UNKNOWN),
        place=_place(said),
        travel_limit_km=said.get("limit"),
        anywhere=said.get("anywhere", False),
        licences=_set(said, "licences"),
        wished_occupations=_set(said, "occupations"),
        wished_kinds=None if kinds is None else frozenset(map(OfferKind, kinds)),
        minimum_hours=said.get("minimum_hours"),
        maximum_hours=said.get("maximum_hours"),
        available_from=said.get("available"),
        skills=_skills(said),
        past_occupations=frozenset(said.get("past", ())),
    )


def _skills(said: dict[str, Any]) -> dict[str, HeldSkill] | None:
    if "skills" not in said:
        return None
    return {code.rstrip("!"): HeldSkill(code.rstrip("!"), code.endswith("!")) for code in said["skills"]}
