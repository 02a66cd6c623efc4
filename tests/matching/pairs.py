"""Made people and offers in a small world, so that they meet often, and a plain pair to vary by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from services.common.values import OfferKind, Point, Remote
from services.matching.domain import Knowledge
from services.matching.values import AgeBand, HeldSkill, Offer, Person

no_deadline = settings(deadline=None, max_examples=60)
"""Machines that run tests may be slow."""

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
NIMES, UZES, SAINT_PIERRE = Point(43.84, 4.36), Point(44.01, 4.42), Point(-21.34, 55.48)
PLACES = (NIMES, Point(43.79, 4.38), UZES, SAINT_PIERRE)
OCCUPATIONS = ("A1203", "A1201", "A1414", "F1610", "F1613", "I1607")
SKILLS = ("tailler", "tondre", "planter", "grimper", "couverture", "travail-equipe", "soudage")
LICENCES = ("B", "C", "CACES-R489-3")


def closeness(held: str, asked: str) -> float:
    """Not symmetric on purpose: which way round it is asked must not get lost."""
    return 1.0 if held == asked else 0.6 if held[:3] == asked[:3] else 0.3 if held[0] < asked[0] else 0.0


KNOWLEDGE = Knowledge(closeness, lambda code: 1.0 + len(code) / 4)


def person(**changes: Any) -> Person:
    """Somebody who answered everything, and well, to `offer()`."""
    answers: dict[str, Any] = {
        "id": "p1",
        "version": 3,
        "age_band": AgeBand.FROM_18,
        "place": NIMES,
        "travel_limit_km": 30,
        "licences": frozenset({"B"}),
        "wished_occupations": frozenset({"A1203"}),
        "wished_kinds": frozenset({OfferKind.JOB}),
        "maximum_hours": 35.0,
        "available_from": date(2026, 6, 1),
        "skills": {code: HeldSkill(code, True, (f"evidence-{code}",)) for code in ("tailler", "tondre")},
    }
    return Person(**answers | changes)


def offer(**changes: Any) -> Offer:
    said: dict[str, Any] = {
        "id": "o1",
        "version": 7,
        "organisation_id": "org1",
        "organisation_name": "Jardins du Gard",
        "kind": OfferKind.JOB,
        "title": "Jardinier",
        "description": "",
        "occupation_code": "A1203",
        "required_skills": frozenset({"tailler", "tondre"}),
        "wished_skills": frozenset({"planter"}),
        "place": NIMES,
        "remote": Remote.NONE,
        "contract": "permanent",
        "weekly_hours": 35.0,
        "start_date": None,
        "licences": frozenset({"B"}),
        "minimum_age": 0,
        "green_grade": "green",
        "published_at": NOW,
        "expires_at": None,
    }
    return Offer(**said | changes)


def empty(place: Point | None) -> Person:
    """Nothing was ever asked, but where."""
    return Person(id="empty", version=1, place=place)


def _sets(codes: tuple[Any, ...], most: int = 4) -> st.SearchStrategy[frozenset[Any]]:
    return st.frozensets(st.sampled_from(codes), max_size=most)


def _skills() -> st.SearchStrategy[dict[str, HeldSkill]]:
    held = st.dictionaries(st.sampled_from(SKILLS), st.booleans(), max_size=len(SKILLS))
    return held.map(lambda found: {code: HeldSkill(code, confirmed) for code, confirmed in found.items()})


_points = st.sampled_from(PLACES) | st.builds(Point, st.floats(43.5, 44.2), st.floats(4.0, 4.8))
_days = st.dates(date(2026, 4, 1), date(2026, 10, 1))
_moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 6, 3), timezones=st.just(UTC))
_hours = st.none() | st.floats(5, 45) | st.sampled_from([24.0, 35.0])

people = st.builds(
    Person,
    id=st.just("p1"),
    version=st.integers(1, 9),
    age_band=st.sampled_from(AgeBand),
    place=st.none() | _points,
    travel_limit_km=st.none() | st.integers(0, 300),
    anywhere=st.booleans(),
    licences=st.none() | _sets(LICENCES),
    wished_occupations=st.none() | _sets(OCCUPATIONS),
    wished_kinds=st.none() | _sets(tuple(OfferKind)),
    minimum_hours=_hours,
    maximum_hours=_hours,
    available_from=st.none() | _days,
    skills=st.none() | _skills(),
    past_occupations=_sets(OCCUPATIONS),
    matchable=st.integers(0, 4).map(bool),
)

offers = st.builds(
    Offer,
    id=st.just("o1"),
    version=st.integers(1, 9),
    organisation_id=st.just("org1"),
    organisation_name=st.just(""),
    kind=st.sampled_from(OfferKind),
    title=st.just(""),
    description=st.just(""),
    occupation_code=st.none() | st.sampled_from(OCCUPATIONS),
    required_skills=_sets(SKILLS),
    wished_skills=_sets(SKILLS),
    place=st.none() | _points,
    remote=st.sampled_from([*Remote, Remote.NONE]),
    contract=st.sampled_from(["permanent", "civic_service", "professionalisation", "apprenticeship"]),
    weekly_hours=st.just(0.0) | st.floats(1, 45) | st.just(35.0),
    start_date=st.none() | _days,
    licences=_sets(LICENCES, 2),
    minimum_age=st.sampled_from([0, 0, 15, 16, 17, 18, 21, 26, 30, 31, 300]),
    green_grade=st.just("green"),
    published_at=_moments,
    expires_at=st.none() | _moments | st.just(NOW) | st.just(NOW + timedelta(days=9)),
    searchable=st.integers(0, 4).map(bool),
    matchable=st.integers(0, 4).map(bool),
)
