"""Distances and travel limits of many rows at once."""

import numpy as np
from numpy.typing import NDArray

from services.common.values import Point
from services.matching.index import DEFAULT_LIMIT_KM
from services.matching.kernel import UNKNOWN, OfferColumns, PeopleColumns, kilometres

ROUNDING_KM = 1e-9
"""Added to a travel limit: the domain judges the very edge."""


def distances_km(
    center: Point | None, columns: PeopleColumns | OfferColumns, rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Of each of these rows; NaN where one of the two has no place."""
    if center is None:
        return np.full(len(rows), np.nan)
    return kilometres(center, columns.latitude[rows], columns.longitude[rows])


def limits_km(travel_limit: NDArray[np.int32]) -> NDArray[np.int32]:
    """A limit never told is the default."""
    return np.where(travel_limit == UNKNOWN, np.int32(DEFAULT_LIMIT_KM), travel_limit)
