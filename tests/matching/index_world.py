"""Random small worlds for the index, and what its port promises, said again in plain Python over every value."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from services.common.values import OfferKind, Point, Remote
from services.matching.domain import Knowledge, distance_km
from services.matching.index import CAP, OCCUPATION_WEIGHT, TIERS_KM, Candidates, CourseQuery, SearchQuery
from services.matching.values import Course, CourseSession, HeldSkill, Offer, Person

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LYON, PARIS, REUNION, SUVA, POLE = (
    Point(45.76, 4.84), Point(48.86, 2.35), Point(-21.11, 55.53), Point(-16.5, 179.98), Point(89.95, 10.0),
)  # fmt: skip
TOWNS = (LYON, LYON, PARIS, REUNION, SUVA, POLE)
SKILLS = [f"s{number}" for number in range(12)]
OCCUPATIONS = {"F1610": "Couvreur zingueur", "A1203": "Aménagement d'espaces verts", "H1208": "Électricité des toits"}
TITLES = (
    "Couvreuse (H/F)",
    "Technicien(ne) d'éolienne",
    "Élagueur paysagiste",
    "Étanchéité des toits",
    "Électricienne",
)
WORDS = ("réparer", "l'éolienne", "poser", "la", "bardage", "jardin", "ETANCHEITE", "équipe", "isolation", "du", "toit")
TEXTS = (
    "",
    "",
    "couvreur",
    "éolienne",
    "etancheites toit",
    "les jardins",
    "Réparer éoliennes",
    "de la",
    "licorne",
    "toits",
)
KNOWLEDGE = Knowledge(closeness=lambda held, asked: float(held == asked), idf=lambda code: 1.0 + SKILLS.index(code) / 8)
V = TypeVar("V", Offer, Person, Course)


def label(code: str) -> str:
    return OCCUPATIONS.get(code, "")


@dataclass
class ValueGenerator:
    """Everything drawn from one seed."""

    seed: int
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    def some(self, values: Iterable[str], most: int) -> frozenset[str]:
        pool = sorted(values)
        return frozenset(self.random.sample(pool, self.random.randint(0, min(most, len(pool)))))

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def place(self) -> Point | None:
        """Around few towns, as far as the longest limit and somewhat beyond; both sides of ±180."""
        if self.chance(0.1):
            return None
        town = self.random.choice(TOWNS)
        spread = self.random.choice((0.0, 0.05, 0.2, 1.0, 2.5))
        latitude = max(-90.0, min(90.0, town.latitude + self.random.uniform(-spread, spread)))
        longitude = (town.longitude + self.random.uniform(-spread, spread) * 1.4 + 180) % 360 - 180
        return Point(latitude, self.random.choice((180.0, -180.0)) if self.chance(0.03) else longitude)

    def offer(self, name: str, version: int = 1) -> Offer:
        return Offer(
            id=name,
            version=version,
            organisation_id=f"org{self.random.randrange(4)}",
            organisation_name=self.random.choice(("Toits du Rhône", "Éoles & Cie")),
            kind=self.random.choice(list(OfferKind)),
            title=self.random.choice(TITLES),
            description=self.text(),
            occupation_code=self.random.choice([None, *OCCUPATIONS]),
            required_skills=self.some(SKILLS, 3),
            wished_skills=self.some(SKILLS, 2),
            place=self.place(),
            remote=Remote.FULL if self.chance(0.15) else Remote.PARTIAL if self.chance(0.1) else Remote.NONE,
            contract=self.random.choice(("permanent", "fixed_term", "")),
            weekly_hours=self.random.choice((0, 35, 24.5)),
            start_date=NOW.date() if self.chance(0.5) else None,
            licences=self.some(("B", "C"), 2),
            minimum_age=0,
            green_grade=self.random.choice(("", "none", "green")),
            published_at=NOW - timedelta(hours=self.random.randrange(2_000)),
            expires_at=NOW + timedelta(hours=self.random.randrange(-50, 300)) if self.chance(0.4) else None,
            searchable=self.chance(0.9),
            matchable=self.chance(0.9),
        )

    def person(self, name: str, version: int = 1) -> Person:
        held = {code: HeldSkill(code, self.chance(0.5), (f"e-{code}",)) for code in sorted(self.some(SKILLS, 5))}
        return Person(
            id=name,
            version=version,
            place=self.place(),
            travel_limit_km=None if self.chance(0.2) else self.random.choice((1, *TIERS_KM, 7, 49, 60, 120, 199)),
            anywhere=self.chance(0.15),
            wished_occupations=None if self.chance(0.3) else self.some(OCCUPATIONS, 2),
            wished_kinds=None if self.chance(0.3) else frozenset({OfferKind.JOB}),
            available_from=NOW.date() if self.chance(0.5) else None,
            skills=None if self.chance(0.2) else held,
            past_occupations=self.some(OCCUPATIONS, 1),
            matchable=self.chance(0.9),
            partner_ids=self.some(("p1", "p2"), 2),
        )

    def course(self, name: str, version: int = 1) -> Course:
        sessions = tuple(
            CourseSession(f"{name}-{number}", self.place(), NOW.date() if self.chance(0.5) else None, self.chance(0.15))
            for number in range(self.random.randrange(4))
        )
        return Course(
            id=name,
            version=version,
            organisation_id="org1",
            organisation_name="École des toits",
            title=self.random.choice(TITLES),
            description=self.text(),
            taught_skills=self.some(SKILLS, 3),
            occupation_codes=self.some(OCCUPATIONS, 2),
            sessions=sessions,
            funding=self.some(("region", "cpf", "opco"), 2),
            green_grade=self.random.choice(("", "green")),
            searchable=self.chance(0.9),
        )

    def text(self) -> str:
        return " ".join(self.random.choices(WORDS, k=self.random.randrange(12)))


# One plain thing


def an_offer(name: str = "o", **changes: Any) -> Offer:
    plain = replace(ValueGenerator(1).offer(name), place=LYON, remote=Remote.NONE, searchable=True, matchable=True)
    return replace(plain, expires_at=None, **changes)


def a_person(name: str = "p", **changes: Any) -> Person:
    return replace(ValueGenerator(1).person(name), **{"place": LYON, "anywhere": False, "matchable": True, **changes})


def a_course(name: str = "c", **changes: Any) -> Course:
    return replace(ValueGenerator(1).course(name), searchable=True, **changes)


def names(found: Candidates[Any]) -> list[str]:
    return [found.name(int(row)) for row in found.rows]


# What the port promises


def reached(people: Iterable[Person], offer: Offer) -> set[str]:
    """Matchable people whose own limit reaches the offer."""
    if offer.remote is Remote.FULL or offer.place is None:
        return set()
    return {
        person.id
        for person in people
        if person.matchable and not person.anywhere and person.place and _within(person, offer.place)
    }


def boundless(people: Iterable[Person], offer: Offer) -> dict[str, float]:
    """People that geography cannot find, with what they share."""
    asked = offer.required_skills | offer.wished_skills
    free = (p for p in people if p.matchable and (p.anywhere or offer.remote is Remote.FULL))
    shared = {person.id: _shared(person, asked, offer.occupation_code) for person in free}
    return {name: worth for name, worth in shared.items() if worth > 0}


def offers_near(offers: Iterable[Offer], person: Person) -> set[str]:
    if person.anywhere or person.place is None:
        return set()
    return {offer.id for offer in offers if _open(offer) and offer.place and _within(person, offer.place)}


def offers_boundless(offers: Iterable[Offer], person: Person) -> dict[str, float]:
    free = (offer for offer in offers if _open(offer) and (person.anywhere or offer.remote is Remote.FULL))
    shared = {o.id: _shared(person, o.required_skills | o.wished_skills, o.occupation_code) for o in free}
    return {name: worth for name, worth in shared.items() if worth > 0}


def best_of(shared: dict[str, float], cap: int = CAP) -> tuple[set[str], set[str]]:
    """Those who are surely among the `cap` best, and those who may be (ties)."""
    ordered = sorted(shared.values(), reverse=True)
    if len(ordered) <= cap:
        return set(shared), set(shared)
    edge = ordered[cap - 1]
    return {n for n, worth in shared.items() if worth > edge + 1e-9}, {n for n, w in shared.items() if w > edge - 1e-9}


def hits(offers: Iterable[Offer], query: SearchQuery) -> list[Offer]:
    return [offer for offer in offers if _is_hit(offer, query)]


def course_hits(courses: Iterable[Course], query: CourseQuery) -> list[Course]:
    return [course for course in courses if _is_course_hit(course, query)]


def facets(found: Sequence[Offer]) -> dict[str, list[tuple[str, int]]]:
    return {
        "kind": most(offer.kind for offer in found),
        "green_grade": most(offer.green_grade for offer in found),
        "contract": most(offer.contract for offer in found),
        "occupation": most(offer.occupation_code or "" for offer in found),
    }


def course_facets(found: Sequence[Course]) -> dict[str, list[tuple[str, int]]]:
    return {
        "green_grade": most(course.green_grade for course in found),
        "funding": most(name for course in found for name in course.funding),
        "occupation": most(code for course in found for code in course.occupation_codes),
    }


def most(values: Iterable[str]) -> list[tuple[str, int]]:
    return sorted(Counter(filter(None, map(str, values))).items(), key=lambda one: (-one[1], one[0]))


def newest(values: Iterable[V]) -> list[V]:
    kept: dict[str, V] = {}
    for value in values:
        if value.id not in kept or kept[value.id].version < value.version:
            kept[value.id] = value
    return list(kept.values())


def _within(person: Person, place: Point) -> bool:
    assert person.place
    return distance_km(person.place, place) <= (20 if person.travel_limit_km is None else person.travel_limit_km)


def _shared(person: Person, asked: frozenset[str], occupation: str | None) -> float:
    known = (person.wished_occupations or frozenset()) | person.past_occupations
    skills = sum(KNOWLEDGE.idf(code) for code in asked if code in (person.skills or {}))
    return skills + (OCCUPATION_WEIGHT if occupation in known else 0.0)


def _open(offer: Offer) -> bool:
    return offer.searchable and offer.matchable


def _is_hit(offer: Offer, query: SearchQuery) -> bool:
    if not offer.searchable or (offer.expires_at is not None and offer.expires_at <= query.as_of):
        return False
    near = query.within and offer.place and distance_km(query.within.center, offer.place) <= query.within.radius_km
    if query.within and not (near or (query.include_remote and offer.remote is Remote.FULL)):
        return False
    text = (offer.title, label(offer.occupation_code or ""), offer.organisation_name, offer.description)
    return (
        (not query.skills or bool(query.skills & (offer.required_skills | offer.wished_skills)))
        and (not query.occupations or offer.occupation_code in query.occupations)
        and (not query.kinds or offer.kind in query.kinds)
        and (not query.green_grades or offer.green_grade in query.green_grades)
        and (not query.contracts or offer.contract in query.contracts)
        and covered(query.text, text)
    )


def _is_course_hit(course: Course, query: CourseQuery) -> bool:
    if not course.searchable:
        return False
    places = [session.place for session in course.sessions if session.place]
    near = query.within and any(distance_km(query.within.center, p) <= query.within.radius_km for p in places)
    remote = query.include_remote and any(session.remote for session in course.sessions)
    if query.within and not (near or remote):
        return False
    labels = " ".join(map(label, course.occupation_codes))
    return (
        (not query.skills or bool(query.skills & course.taught_skills))
        and (not query.occupations or bool(query.occupations & course.occupation_codes))
        and (not query.funding or bool(query.funding & course.funding))
        and covered(query.text, (course.title, labels, course.organisation_name, course.description))
    )


_ROOT = re.compile(
    "couvr|zing|eolien|etanche|toit|jardin|repar|pos|isol|bardag|elag|equip|licorn|plomb|electric|techni|paysag|amenag"
    "|espac|vert|rhon|ecol|eole"
)


def covered(asked: str, texts: Iterable[str]) -> bool:
    """By the roots of the few words of these worlds: no stemmer, so that it cannot err together with the index."""
    held = set().union(*map(_roots, texts))
    return _roots(asked) <= held


def _roots(text: str) -> set[str]:
    plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
    for mark in "'()/":
        plain = plain.replace(mark, " ")
    return {root.group() for word in plain.split() if (root := _ROOT.match(word))}
