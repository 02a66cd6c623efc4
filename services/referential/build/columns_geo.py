"""Arrays of places and priority neighbourhoods."""

from collections.abc import Callable, Sequence

import numpy as np

from services.referential.build.columns_work import codes, row_starts
from services.referential.build.rows import PlaceRow, Rows
from services.referential.distance import kilometres
from services.referential.snapshot import Array, pack_strings

_NEIGHBOURS = 6  # a commune has about six; its land hardly reaches past their centres
_LEAST_REACH = 3.0


def place_sections(rows: Rows, place_key: Callable[[str], str]) -> dict[str, Array]:
    found = rows.places
    row_of = {row.code: number for number, row in enumerate(found)}
    located = sorted((row.latitude, number) for number, row in enumerate(found) if row.latitude is not None)
    return {
        "place.code": codes(row.code for row in found),
        "place.department": codes(row.department for row in found),
        "place.region": codes(row.region for row in found),
        "place.population": np.array([row.population for row in found], np.uint32),
        "place.latitude": np.array([np.nan if row.latitude is None else row.latitude for row in found]),
        "place.longitude": np.array([np.nan if row.longitude is None else row.longitude for row in found]),
        "place.parent": np.array([row_of.get(row.parent, -1) for row in found], np.int32),
        "place.located": np.array([number for _, number in located], np.uint32),
        "place.located.latitude": np.array([latitude for latitude, _ in located], np.float64),
        **pack_strings("place.label", [row.label for row in found]),
        **pack_strings("place.postal", [" ".join(row.postal_codes) for row in found]),
        **_postal(found),
        **_names(rows, row_of, place_key),
        **_areas(rows, place_key),
    }


def _postal(found: Sequence[PlaceRow]) -> dict[str, Array]:
    pairs = sorted((code, number) for number, row in enumerate(found) for code in row.postal_codes)
    return _sorted_keys("postal", pairs)


def _names(rows: Rows, row_of: dict[str, int], place_key: Callable[[str], str]) -> dict[str, Array]:
    names = {(place_key(row.label), number): False for number, row in enumerate(rows.places)}
    for former in rows.former_places:
        if former.label and former.place in row_of:
            names.setdefault((place_key(former.label), row_of[former.place]), True)
    pairs = sorted(names)
    old = sorted((row.code, row_of[row.place]) for row in rows.former_places if row.code and row.place in row_of)
    sections = _sorted_keys("name", pairs) | _sorted_keys("former", old)
    return sections | {"name.former": np.array([names[pair] for pair in pairs], np.uint8)}


def _areas(rows: Rows, place_key: Callable[[str], str]) -> dict[str, Array]:
    pairs = sorted((place_key(area.label), area.code) for area in rows.areas)
    return {"area.key": codes(key for key, _ in pairs), "area.code": codes(code for _, code in pairs)}


def _sorted_keys(name: str, pairs: Sequence[tuple[str, int]]) -> dict[str, Array]:
    keys, rows = codes(key for key, _ in pairs), np.array([row for _, row in pairs], np.uint32)
    return {f"{name}.key": keys, f"{name}.row": rows}


def quarter_sections(rows: Rows) -> dict[str, Array]:
    pairs = sorted({(row.commune, row.code) for row in rows.quarters})
    outlines = sorted(rows.outlines, key=lambda row: (row.code, row.points))
    points = np.array([point for row in outlines for point in row.points], np.float64).reshape(-1, 2)
    return {
        "quarter.commune": codes(commune for commune, _ in pairs),
        "quarter.code": codes(code for _, code in pairs),
        "outline.code": codes(row.code for row in outlines),
        "outline.vintage": codes(row.vintage for row in outlines),
        "outline.at": row_starts([row.points for row in outlines]),
        "outline.longitude": points[:, 0].copy(),
        "outline.latitude": points[:, 1].copy(),
        **_reach(rows, {commune for commune, _ in pairs}),
    }


def _reach(rows: Rows, communes: set[str]) -> dict[str, Array]:
    """How far from its centre the land of a commune with priority neighbourhoods may stretch, generously."""
    located = [row for row in rows.places if row.latitude is not None and not row.parent]
    latitudes = np.array([row.latitude for row in located], np.float64)
    longitudes = np.array([row.longitude for row in located], np.float64)
    concerned = [number for number, row in enumerate(located) if row.code in communes]
    reach = [located[number].reach_km or _reach_of(number, latitudes, longitudes) for number in concerned]
    return {
        "reach.commune": codes(located[number].code for number in concerned),
        "reach.latitude": latitudes[concerned],
        "reach.longitude": longitudes[concerned],
        "reach.km": np.array(reach, np.float32),
    }


def _reach_of(number: int, latitudes: Array, longitudes: Array) -> float:
    distances = np.sort(kilometres(latitudes[number], longitudes[number], latitudes, longitudes))
    return round(max(_LEAST_REACH, float(distances[min(_NEIGHBOURS, len(distances) - 1)])), 1)
