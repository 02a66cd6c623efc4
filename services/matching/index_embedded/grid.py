"""Places as sorted keys: group, then band of latitude, then longitude; a circle is one or two key ranges a band."""

import numpy as np
from numpy.typing import NDArray

from services.common.values import Point
from services.matching.domain.gates import EARTH_RADIUS_KM

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Runs = tuple[Ints, Ints]

KM_PER_DEGREE = 111.0  # of latitude, and rather too few
_LONGITUDE_BITS = 24
_BAND_BITS = 16
_LONGITUDES = 1 << _LONGITUDE_BITS
_MARGIN = 1e-7  # radians, about half a metre: never lose a row to rounding


def place_keys(groups: Ints, band_degrees: Floats | float, latitude: Floats, longitude: Floats) -> Ints:
    """Keys of rows; `band_degrees` is the height of the bands of each row's group. A missing place counts as 0, 0."""
    bands = _band(np.nan_to_num(latitude), band_degrees)
    return (groups << (_LONGITUDE_BITS + _BAND_BITS)) + (bands << _LONGITUDE_BITS) + _column(np.nan_to_num(longitude))


def ranges_near(sorted_keys: Ints, group: int, band_degrees: float, center: Point, radius_km: float) -> Runs:
    """Where every row of the group within the circle lies, with some around it: first rows and lengths."""
    angle = min(radius_km / EARTH_RADIUS_KM, np.pi) + _MARGIN
    bands, half_widths = _widths(band_degrees, float(np.radians(center.latitude)), angle)
    base = (group << (_LONGITUDE_BITS + _BAND_BITS)) + (bands << _LONGITUDE_BITS)
    half = np.degrees(half_widths)
    lows, highs = _wrapped(center.longitude - half, center.longitude + half)
    first = np.searchsorted(sorted_keys, (base + lows).ravel())
    last = np.searchsorted(sorted_keys, (base + highs).ravel(), side="right")
    return first, np.maximum(last - first, 0)


def _widths(band_degrees: float, latitude: float, angle: float) -> tuple[Ints, Floats]:
    """The bands that a circle touches, and the largest half width in longitude (radians) that it has in each."""
    south, north = max(latitude - angle, -np.pi / 2), min(latitude + angle, np.pi / 2)
    first, last = _band(np.degrees(np.array([south, north])), band_degrees)
    bands = np.arange(first, last + 1)
    lower = np.maximum(np.radians(bands * band_degrees - 90.0), south)
    upper = np.minimum(np.radians((bands + 1) * band_degrees - 90.0), north)
    if angle >= np.pi / 4:
        return bands, np.full(len(bands), np.pi)
    widest = np.arcsin(np.clip(np.sin(latitude) / np.cos(angle), -1.0, 1.0))
    return bands, _half_width(latitude, np.minimum(np.maximum(widest, lower), upper), angle)


def _half_width(latitude: float, at: Floats, angle: float) -> Floats:
    scale = np.cos(latitude) * np.cos(at)
    cosine = (np.cos(angle) - np.sin(latitude) * np.sin(at)) / np.maximum(scale, 1e-12)
    width = np.arccos(np.clip(cosine, -1.0, 1.0)) + _MARGIN / np.maximum(np.cos(at), 1e-12)
    return np.where(scale < 1e-9, np.pi, np.minimum(width, np.pi))


def _wrapped(west: Floats, east: Floats) -> tuple[Ints, Ints]:
    """Two column ranges for each pair of longitudes: the second holds what lies beyond the antimeridian."""
    over = (west < -180.0) | (east >= 180.0)
    around = east - west >= 359.999
    low = np.where(around, 0, _column(west))
    high = np.where(around, _LONGITUDES - 1, np.where(over, _LONGITUDES - 1, _column(east)))
    second = np.where(over & ~around, _column(east), -1)
    return np.stack([low, np.zeros_like(low)]), np.stack([high, second])


def _band(latitude: Floats, band_degrees: Floats | float) -> Ints:
    return np.floor((latitude + 90.0) / band_degrees).astype(np.int64)


def _column(longitude: Floats) -> Ints:
    """180 and -180 are the same column."""
    return (np.floor((longitude + 180.0) * (_LONGITUDES / 360.0))).astype(np.int64) % _LONGITUDES
