"""Places by code, by what people write, by coordinates; and priority neighbourhoods (QPV)."""

import math
from collections.abc import Collection
from functools import cached_property

import numpy as np

from services.referential.distance import KM_PER_DEGREE, kilometres
from services.referential.inverted_index import equal_range, find, prefix_range
from services.referential.records import Place, PlaceGuess, QpvAnswer, QpvState
from services.referential.resolve.base import Lookup
from services.referential.snapshot import Array
from services.referential.text import WrittenPlace

_FAR_KM = 50.0
LEAST_GEOCODING_CONFIDENCE = 0.8
_LONGEST_NAME = 8
_WITH_CONTEXT = {"name": 0.98, "former_name": 0.93, "part": 0.75}  # a department or postal code agrees
_ALONE = {"name": 0.9, "former_name": 0.7, "part": 0.5}

Named = list[tuple[int, str]]


class Places(Lookup):
    @cached_property
    def _place_codes(self) -> Array:
        return self._snapshot.array("place.code")

    @cached_property
    def _names(self) -> Array:
        return self._snapshot.array("name.key")

    def place(self, code: str) -> Place | None:
        """The commune or municipal district of this code; a code of the past gives the commune of today; else None."""
        row = self._place_row(code)
        return None if row < 0 else self._place(row)

    def _place_row(self, code: str) -> int:
        row = find(self._place_codes, code)
        if row < 0 and (former := find(self._snapshot.array("former.key"), code)) >= 0:
            return int(self._snapshot.array("former.row")[former])
        return row

    def _place(self, row: int) -> Place:
        read, strings = self._snapshot.array, self._snapshot.strings
        latitude, longitude = float(read("place.latitude")[row]), float(read("place.longitude")[row])
        parent = int(read("place.parent")[row])
        return Place(
            code=self._place_codes[row].decode(),
            label=strings("place.label")[row],
            postal_codes=tuple(strings("place.postal")[row].split()),
            department=read("place.department")[row].decode(),
            region=read("place.region")[row].decode(),
            latitude=None if math.isnan(latitude) else latitude,
            longitude=None if math.isnan(longitude) else longitude,
            population=int(read("place.population")[row]),
            country=self._snapshot.country,
            parent=None if parent < 0 else self._place_codes[parent].decode(),
        )

    def places_for(self, text: str, limit: int = 5) -> list[PlaceGuess]:
        """Places that a text may mean, the surest first.

        0.9 and more: a name with its department or postal code, or a name that only one place has. Homonyms share 0.9
        by population. 0.75: part of a name ("La Voulte") within its department. A department or a country is no place.
        """
        asked = self._pack.read_place(text)
        if asked.code:
            row = self._place_row(asked.code)
            return [] if row < 0 else [PlaceGuess(self._place(row), 1.0, "code")]
        if asked.postal_code:
            return self._with_postal_code(asked, asked.postal_code, limit)
        if asked.department:
            return self._in_department(asked, asked.department, limit)
        return self._by_name(asked, limit)

    def _with_postal_code(self, asked: WrittenPlace, postal_code: str, limit: int) -> list[PlaceGuess]:
        rows = set(self._rows("postal", postal_code))
        named = [(row, how) for row, how in self._named(asked.key) if row in rows] if asked.key else []
        if named:
            return self._shared(named, _WITH_CONTEXT, "+postal", limit)
        if rows:
            sure = 0.8 if asked.key else 0.9
            return self._shared([(row, "postal") for row in self._finest(rows)], {"postal": sure}, "", limit)
        code = self._place_row(postal_code)
        if code >= 0 and not asked.key:
            return [PlaceGuess(self._place(code), 0.9, "code")]
        return self._by_name(asked, limit) if asked.key else []

    def _in_department(self, asked: WrittenPlace, department: str, limit: int) -> list[PlaceGuess]:
        departments = self._snapshot.array("place.department")
        wanted = department.encode()
        if asked.key:
            return self._shared(self._named(asked.key, department), _WITH_CONTEXT, "+department", limit)
        parents = self._snapshot.array("place.parent")
        communes = np.flatnonzero((departments == wanted) & (parents < 0))
        return [PlaceGuess(self._place(int(communes[0])), 0.9, "department")] if len(communes) == 1 else []

    def _by_name(self, asked: WrittenPlace, limit: int) -> list[PlaceGuess]:
        named = self._named(asked.key) if asked.key else []
        guesses = self._shared(named, _ALONE, "", limit)
        area = self._area(asked.key)
        if area and not any(area in (guess.place.department, "R" + guess.place.region) for guess in guesses):
            return []
        return guesses

    def _area(self, key: str) -> str | None:
        """The department or region that has this name."""
        row = find(self._snapshot.array("area.key"), key)
        return self._snapshot.array("area.code")[row].decode() if row >= 0 else None

    # -- names

    def _named(self, key: str, department: str | None = None) -> Named:
        """Places of that name; else places whose name begins so; else the longest run of words that is a name."""
        found = self._of_name(key)
        if department is not None:
            found = [pair for pair in found if self._is_in(pair[0], department)]
            found = [pair for pair in found if pair[1] == "name"] or found
        return found or self._beginning(key, department) or self._inside(key, department)

    def _of_name(self, key: str) -> Named:
        first, last = equal_range(self._names, key)
        rows, former = self._snapshot.array("name.row")[first:last], self._snapshot.array("name.former")[first:last]
        return [(int(row), "former_name" if old else "name") for row, old in zip(rows, former, strict=True)]

    def _beginning(self, key: str, department: str | None) -> Named:
        first, last = prefix_range(self._names, key + " ")
        rows = self._snapshot.array("name.row")[first:last]
        former = self._snapshot.array("name.former")[first:last]
        parents = self._snapshot.array("place.parent")
        found = dict.fromkeys(int(row) for row, old in zip(rows, former, strict=True) if not old and parents[row] < 0)
        return [(row, "part") for row in found if department is None or self._is_in(row, department)]

    def _inside(self, key: str, department: str | None) -> Named:
        words = key.split()[: 2 * _LONGEST_NAME]
        for size in range(min(len(words) - 1, _LONGEST_NAME), 0, -1):
            for start in range(len(words) - size + 1):
                run = self._pack.place_key(" ".join(words[start : start + size]))
                found = [(row, "part") for row, _ in self._of_name(run) if len(run) > 2]
                found = [pair for pair in found if department is None or self._is_in(pair[0], department)]
                if found:
                    return found
        return []

    def _is_in(self, row: int, department: str) -> bool:
        return bool(self._snapshot.array("place.department")[row] == department.encode())

    def _rows(self, name: str, key: str) -> list[int]:
        first, last = equal_range(self._snapshot.array(f"{name}.key"), key)
        return [int(row) for row in self._snapshot.array(f"{name}.row")[first:last]]

    def _finest(self, rows: Collection[int]) -> list[int]:
        """A district rather than the city that holds it."""
        parents = self._snapshot.array("place.parent")
        held = {int(parents[row]) for row in rows}
        return [row for row in rows if row not in held]

    def _shared(self, named: Named, sure: dict[str, float], context: str, limit: int) -> list[PlaceGuess]:
        """Several places of one name share the confidence by population."""
        population = self._snapshot.array("place.population")
        people = {row: int(population[row]) + 1 for row, _ in named}
        total = sum(people.values())
        ranked = sorted(named, key=lambda pair: (-sure[pair[1]] * people[pair[0]], pair[0]))[:limit]
        return [
            PlaceGuess(self._place(row), round(sure[how] * people[row] / total, 3), how + context)
            for row, how in ranked
        ]

    # -- coordinates

    def place_near(self, latitude: float, longitude: float) -> Place | None:
        """The commune whose centre is nearest (degrees, WGS 84); None when the nearest is more than 50 km away."""
        rows, distances = self._around(latitude, longitude, _FAR_KM)
        if not len(rows) or distances.min() > _FAR_KM:
            return None
        row = int(rows[np.argmin(distances)])
        parent = int(self._snapshot.array("place.parent")[row])
        return self._place(row if parent < 0 else parent)

    def _around(self, latitude: float, longitude: float, radius: float) -> tuple[Array, Array]:
        """Rows in a band of latitude, and their distances in km."""
        latitudes, band = self._snapshot.array("place.located.latitude"), radius / KM_PER_DEGREE
        first, last = np.searchsorted(latitudes, [latitude - band, latitude + band])
        rows = self._snapshot.array("place.located")[first:last]
        longitudes = self._snapshot.array("place.longitude")[rows]
        return rows, kilometres(latitude, longitude, latitudes[first:last], longitudes)

    # -- priority neighbourhoods: a yes or no only where it is certain

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
