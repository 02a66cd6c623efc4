"""Distance on the sphere."""

import numpy as np

from services.referential.snapshot import Array

RADIUS_KM = 6371.0
KM_PER_DEGREE = 111.2


def kilometres(latitude: float, longitude: float, latitudes: Array, longitudes: Array) -> Array:
    """Great-circle distance from one point to many, degrees in."""
    phi, others = np.radians(latitude), np.radians(latitudes)
    chord = np.sin((others - phi) / 2) ** 2
    chord += np.cos(phi) * np.cos(others) * np.sin(np.radians(longitudes - longitude) / 2) ** 2
    return np.asarray(2 * RADIUS_KM * np.arcsin(np.sqrt(np.minimum(chord, 1))))
