"""How exactly a home is told: to half a kilometre, in every event, however many homes somebody compares."""

import math
import random
from collections.abc import Callable
from typing import Any

import pytest
from harness import OPERATOR, eventually
from vivier.common.v1 import common_pb2 as common
from vivier.profile.v1 import events_pb2
from vivier.profile.v1 import profile_pb2 as pb

from tests.profile.installation import Home

TOWN = (48.8600, 2.4400)
METRES = 111_200
"""In one degree of latitude."""
Told = dict[str, common.Point]
Writer = Callable[[Home, list[common.Point]], Told]


def moved(point: common.Point, metres: float, angle: float) -> common.Point:
    north, east = metres * math.cos(angle), metres * math.sin(angle)
    wide = METRES * math.cos(math.radians(point.latitude))
    return common.Point(latitude=point.latitude + north / METRES, longitude=point.longitude + east / wide)


def metres(one: common.Point, other: common.Point) -> float:
    wide = math.cos(math.radians(one.latitude))
    return METRES * math.hypot(one.latitude - other.latitude, (one.longitude - other.longitude) * wide)


def homes(chance: random.Random, count: int) -> list[common.Point]:
    """Anywhere in a square of two kilometres."""
    latitude, longitude = TOWN
    wide = math.cos(math.radians(latitude))
    side = 2000 / METRES
    return [
        common.Point(latitude=latitude + side * chance.random(), longitude=longitude + side / wide * chance.random())
        for _ in range(count)
    ]


def people_told(home: Home, points: list[common.Point]) -> Told:
    """Each point as the log tells it, by the name of who lives there."""
    ids: dict[str, str] = {}
    for start in range(0, len(points), 100):
        part = points[start : start + 100]
        rows = [pb.Person(external_id=str(start + at), place=common.Place(point=each)) for at, each in enumerate(part)]
        ids |= {result.person.id: result.person.external_id for result in home.upsert(*rows)}

    def told() -> Told:
        messages = [events_pb2.PersonChanged.FromString(each.payload) for each in home.events() if each.payload]
        found = {ids[each.person_id]: each.place for each in messages}
        assert len(found) == len(points)
        return found

    return eventually(told)  # type: ignore[no-any-return]


def mentors_told(home: Home, points: list[common.Point]) -> Told:
    for at, each in enumerate(points):
        said: dict[str, Any] = {"id": str(at), "display_name": "Nadia", "place": common.Place(point=each)}
        home.do("UpsertMentor", OPERATOR, mentor=pb.Mentor(**said))

    def told() -> Told:
        messages = [events_pb2.MentorChanged.FromString(each.payload) for each in home.events() if each.payload]
        found = {each.mentor.id: each.mentor.place.point for each in messages}
        assert len(found) == len(points)
        return found

    return eventually(told)  # type: ignore[no-any-return]


@pytest.mark.parametrize(("writer", "count"), [(people_told, 200), (mentors_told, 60)], ids=["people", "mentors"])
def test_the_homes_of_a_town_fall_on_few_points(home: Home, writer: Writer, count: int) -> None:
    """Four cells by four and their edges; no two points are closer than a cell is wide."""
    points = homes(random.Random(1), count)
    told = writer(home, points)
    assert max(metres(points[int(at)], point) for at, point in told.items()) < 400
    corners = {point.SerializeToString(): point for point in told.values()}
    assert len(corners) <= 36
    apart = [metres(one, other) for one in corners.values() for other in corners.values() if one is not other]
    assert min(apart) > 450


@pytest.mark.parametrize(("writer", "count"), [(people_told, 100), (mentors_told, 30)], ids=["people", "mentors"])
def test_two_homes_fifty_metres_apart_mostly_share_a_point(home: Home, writer: Writer, count: int) -> None:
    chance = random.Random(2)
    points = homes(chance, count)
    neighbours = [moved(each, 50, chance.uniform(0, 2 * math.pi)) for each in points]
    told = writer(home, points + neighbours)
    shared = [told[str(at)] == told[str(count + at)] for at in range(count)]
    assert sum(shared) > 0.75 * count
