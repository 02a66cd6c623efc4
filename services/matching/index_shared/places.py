"""Distances of many places, as the domain computes one."""

import numpy as np
from numpy.typing import NDArray

from services.common.values import Point
from services.matching.domain.gates import EARTH_RADIUS_KM
from services.matching.index import DEFAULT_LIMIT_KM
from services.matching.kernel import UNKNOWN

Floats = NDArray[np.float64]

ROUNDING_KM = 1e-9
"""Added to a travel limit: the domain judges the very edge."""


def kilometres(center: Point, latitude: Floats, longitude: Floats) -> Floats:
    """Great-circle distances, as `domain.distance_km`; NaN stays NaN."""
    south, north = np.radians(center.latitude), np.radians(latitude)
    chord = np.sin((north - south) / 2) ** 2
    chord += np.cos(south) * np.cos(north) * np.sin(np.radians(longitude - center.longitude) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(chord, 1.0))))


def limits_km(travel_limit: NDArray[np.int32]) -> NDArray[np.int32]:
    """A limit never told is the default."""
    return np.where(travel_limit == UNKNOWN, np.int32(DEFAULT_LIMIT_KM), travel_limit)
