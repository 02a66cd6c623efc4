"""Ages and places, as far as they are told."""

import math
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from vivier.common.v1 import common_pb2 as common
from vivier.profile.v1 import events_pb2
from vivier.profile.v1 import profile_pb2 as pb

from services.common.values import Point
from services.profile.domain.coarsening import AgeBand, age_at, age_band, needs_parent, rounded
from tests.profile.installation import Home

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BIRTHDAYS = st.dates(date(1930, 1, 1), date(2026, 11, 1))
MOMENTS = st.integers(0, 24 * 365 * 20).map(lambda hours: NOW + timedelta(hours=hours))


def years_of(birthday: date, now: datetime) -> int:
    """The age in the zone where the day comes last."""
    today = (now - timedelta(hours=12)).date()
    return today.year - birthday.year - ((today.month, today.day) < (birthday.month, birthday.day))


@given(BIRTHDAYS, MOMENTS)
def test_nobody_is_taken_for_older_than_they_are_anywhere_on_earth(birthday: date, now: datetime) -> None:
    judged = age_at(f"{birthday:%Y-%m}", now)
    assert judged <= years_of(birthday, now)
    assert judged >= years_of(birthday, now) - 1


@given(BIRTHDAYS, MOMENTS)
def test_bands_follow_their_boundaries_and_only_grow(birthday: date, now: datetime) -> None:
    month = f"{birthday:%Y-%m}"
    age, band = age_at(month, now), age_band(month, now)
    firsts = {AgeBand.UNDER_16: -9, AgeBand.FROM_16: 16, AgeBand.FROM_18: 18, AgeBand.FROM_21: 21}
    firsts |= {AgeBand.FROM_26: 26, AgeBand.FROM_30: 30}
    assert band == max(each for each, first in firsts.items() if age >= first)
    assert age_band(month, now + timedelta(days=40)) >= band


def test_the_month_of_the_birthday_does_not_count_yet() -> None:
    at = [datetime(2026, month, day, tzinfo=UTC) for month, day in ((10, 31), (11, 1), (11, 30), (12, 1))]
    assert [age_at("2011-11", now) for now in at] == [14, 14, 14, 15]
    assert [needs_parent("2011-11", now) for now in at] == [True, True, True, False]
    assert [age_band("2010-11", now) for now in at] == [AgeBand.UNDER_16] * 3 + [AgeBand.FROM_16]
    assert age_band("", NOW) == AgeBand.UNKNOWN


POINTS = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


def kilometres(one: Point, other: Point) -> float:
    middle = math.cos(math.radians((one.latitude + other.latitude) / 2))
    apart = abs(one.longitude - other.longitude)
    east = min(apart, 360 - apart) * middle
    return math.hypot(one.latitude - other.latitude, east) * 111.2


@given(POINTS)
def test_a_rounded_point_is_near_and_stays_where_it_is(point: Point) -> None:
    near = rounded(point)
    assert -90 <= near.latitude <= 90
    assert -180 <= near.longitude <= 180
    assert kilometres(point, near) < 0.37
    again = rounded(near)
    assert kilometres(near, again) < 0.001


@given(st.floats(-60, 60), st.floats(-179, 179), st.floats(-0.0005, 0.0005), st.floats(-0.0005, 0.0005))
def test_a_neighbourhood_shares_few_points(latitude: float, longitude: float, north: float, east: float) -> None:
    """Homes within a hundred metres or so fall on one corner or on one beside it: a corner names nobody."""
    one, other = rounded(Point(latitude, longitude)), rounded(Point(latitude + north, longitude + east))
    assert kilometres(one, other) < 0.8


def test_events_carry_the_rounded_point_and_the_band(home: Home) -> None:
    exact = common.Point(latitude=48.8612345, longitude=2.4412345)
    person = home.made(place=common.Place(point=exact))
    assert person.place.point == exact, "the partner that made it sees its own answer"
    told = home.told_of(person.id, 1)
    near = Point(told.place.latitude, told.place.longitude)
    assert 0.01 < kilometres(Point(exact.latitude, exact.longitude), near) < 0.37
    assert told.age_band == events_pb2.AGE_BAND_18_20


def test_who_enters_another_age_band_is_republished(stopped: Home) -> None:
    with stopped.serve():
        grows = stopped.made(external_id="1", birth_month="2010-12")
        stays = stopped.made(external_id="2", birth_month="2006-03")
        child = stopped.made(external_id="3", birth_month="2011-12", consents=(pb.CONSENT_KIND_PARENT,))
        parent = {"person_id": child.id, "kind": pb.CONSENT_KIND_PARENT}
        assert not stopped.do("WithdrawConsent", **parent).person.status.matchable
        assert stopped.told_of(grows.id, 1).age_band == events_pb2.AGE_BAND_UNDER_16
    stopped.clock.move(days=45)
    for _ in range(2):
        with stopped.serve():
            assert stopped.told_of(grows.id, 2).age_band == events_pb2.AGE_BAND_16_17
            assert stopped.told_of(child.id, 3).matchable, "fifteen now: no parent is needed any more"
            versions = [each.version for each in stopped.get(grows.id, stays.id, child.id)]
            assert versions == [2, 1, 3]
