"""Priority neighbourhoods: a yes or no only where it is certain."""

from functools import cached_property

import numpy as np

from services.referential.distance import kilometres
from services.referential.inverted_index import equal_range
from services.referential.records import QpvAnswer, QpvState
from services.referential.resolve.places import Places
from services.referential.snapshot import Array

LEAST_GEOCODING_CONFIDENCE = 0.8


class Quarters(Places):
    def qpv_codes(self, commune_code: str) -> tuple[str, ...]:
        """Codes of the neighbourhoods in the commune (or in the city of a municipal district), sorted."""
        place = self.place(commune_code)
        code = (place.parent or place.code) if place else commune_code
        first, last = equal_range(self._snapshot.array("quarter.commune"), code)
        return tuple(found.decode() for found in self._snapshot.array("quarter.code")[first:last].tolist())

    def qpv_at(
        self, latitude: float, longitude: float, confidence: float = 1.0, commune: str | None = None
    ) -> QpvAnswer:
        """Whether the point lies in a priority neighbourhood; `confidence` is the geocoder's, `commune` its INSEE code.

        IN: inside a known outline; the vintage is the outline's, so who needs today's list accepts only the current
        year. OUT: the commune has no such neighbourhood, or outlines of the current year are known for all of them.
        UNKNOWN: everything else, and any geocoding below 0.8. Without `commune`, every commune whose land may reach
        the point counts.
        """
        current = self._pack.current_qpv_vintage
        if confidence < LEAST_GEOCODING_CONFIDENCE:
            return QpvAnswer(QpvState.UNKNOWN, None, current)
        if found := self._outline_at(latitude, longitude):
            return QpvAnswer(QpvState.IN, *found)
        concerned = self._communes_reaching(latitude, longitude) if commune is None else [commune]
        drawn = self._drawn(current)
        certain = all(code in drawn for place in concerned for code in self.qpv_codes(place))
        known = commune is not None or self.place_near(latitude, longitude) is not None
        return QpvAnswer(QpvState.OUT if certain and known else QpvState.UNKNOWN, None, current)

    def _communes_reaching(self, latitude: float, longitude: float) -> list[str]:
        read = self._snapshot.array
        distances = kilometres(latitude, longitude, read("reach.latitude"), read("reach.longitude"))
        return [code.decode() for code in read("reach.commune")[distances <= read("reach.km")].tolist()]

    def _drawn(self, vintage: str) -> set[str]:
        """Codes whose outline of that year is known."""
        codes, vintages = self._snapshot.array("outline.code"), self._snapshot.array("outline.vintage")
        return {code.decode() for code in codes[vintages == vintage.encode()].tolist()}

    def _outline_at(self, latitude: float, longitude: float) -> tuple[str, str] | None:
        """Code and vintage; the newest where outlines overlap."""
        codes, vintages = self._snapshot.array("outline.code"), self._snapshot.array("outline.vintage")
        crossings: dict[tuple[str, str], int] = {}
        for ring in self._rings_around(latitude, longitude):
            key = (vintages[ring].decode(), codes[ring].decode())
            crossings[key] = crossings.get(key, 0) + self._crossings(ring, latitude, longitude)
        inside = [key for key, count in crossings.items() if count % 2]
        return (max(inside)[1], max(inside)[0]) if inside else None

    def _rings_around(self, latitude: float, longitude: float) -> list[int]:
        west, east, south, north = self._boxes
        held = (west <= longitude) & (longitude <= east) & (south <= latitude) & (latitude <= north)
        return [int(ring) for ring in np.flatnonzero(held)]

    @cached_property
    def _boxes(self) -> tuple[Array, Array, Array, Array]:
        starts = self._snapshot.array("outline.at")[:-1]
        x, y = self._snapshot.array("outline.longitude"), self._snapshot.array("outline.latitude")
        if not len(starts):
            return x, x, y, y
        lowest, highest = np.minimum.reduceat, np.maximum.reduceat
        return lowest(x, starts), highest(x, starts), lowest(y, starts), highest(y, starts)

    def _crossings(self, ring: int, latitude: float, longitude: float) -> int:
        """Edges of the ring that a ray to the east crosses: an odd number means inside."""
        starts = self._snapshot.array("outline.at")
        part = slice(starts[ring], starts[ring + 1])
        x, y = self._snapshot.array("outline.longitude")[part], self._snapshot.array("outline.latitude")[part]
        next_x, next_y = np.roll(x, -1), np.roll(y, -1)
        straddling = (y > latitude) != (next_y > latitude)
        x, y, next_x, next_y = x[straddling], y[straddling], next_x[straddling], next_y[straddling]
        return int((longitude < x + (latitude - y) / (next_y - y) * (next_x - x)).sum())
