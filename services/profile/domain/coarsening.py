"""What may be published of an age and of a place: a band, and a point of a coarse grid.

An age is judged from a month of birth, so a birthday counts only once its whole month is over, in UTC: nobody is put
in an older band too early, and a child is not held for 15 a day before.
"""

import math
from datetime import datetime
from enum import IntEnum

from services.common.values import Point
from services.kit.checks import Checks

GRID_DEGREES = 0.0045
"""Half a kilometre of latitude."""
PARENT_BELOW = 15
OLDEST = 120


class AgeBand(IntEnum):
    """The bands that a rule of law or of an offer can tell apart, named by their first year."""

    UNKNOWN = 0
    UNDER_16 = 1
    FROM_16 = 2
    FROM_18 = 3
    FROM_21 = 4
    FROM_26 = 5
    FROM_30 = 6


_FIRST_YEARS = (16, 18, 21, 26, 30)


def check_birth_month(checks: Checks, month: str, now: datetime) -> None:
    plausible = not month or f"{now.year - OLDEST}-01" <= month <= f"{now:%Y-%m}"
    checks.require("birth_month", plausible, "OUT_OF_RANGE", "must lie in the last {years} years", years=OLDEST)


def age_at(birth_month: str, now: datetime) -> int:
    """Full years that are certain; the month of the birthday does not count yet."""
    year, month = int(birth_month[:4]), int(birth_month[5:7])
    return ((now.year - year) * 12 + now.month - month - 1) // 12


def age_band(birth_month: str, now: datetime) -> AgeBand:
    if not birth_month:
        return AgeBand.UNKNOWN
    age = age_at(birth_month, now)
    return AgeBand(1 + sum(age >= first for first in _FIRST_YEARS))


def needs_parent(birth_month: str, now: datetime) -> bool:
    """Below 15 a parent joins. Who did not say their age is not judged."""
    return bool(birth_month) and age_at(birth_month, now) < PARENT_BELOW


def rounded(point: Point) -> Point:
    """The nearest corner of a grid of about half a kilometre: at most 0.36 km away, the same one each time.

    The step of longitude follows the rounded latitude, so that cells stay about as wide as high.
    """
    latitude = max(-90.0, min(90.0, round(point.latitude / GRID_DEGREES) * GRID_DEGREES))
    step = GRID_DEGREES / max(math.cos(math.radians(latitude)), 0.01)
    longitude = max(-180.0, min(180.0, round(point.longitude / step) * step))
    return Point(round(latitude, 6), round(longitude, 6))
