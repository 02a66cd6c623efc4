"""Communes and municipal districts: codes, postal codes, population, coordinates, former names."""

import math
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.referential.build.files import json_in_archive, lines_of_gzip, source, table
from services.referential.build.rows import AreaRow, FormerPlaceRow, PlaceRow, Rows

_CURRENT = ("commune-actuelle", "arrondissement-municipal")
_CODE = re.compile(r"(?:\d\d|2[AB])\d{3}")
_PERIMETER = re.compile(r"'CITY', '(\w{5})', '([0-9A-F]{50})'")
_POINT = struct.Struct("<BII2d")  # byte order, type with SRID flag, SRID, longitude, latitude


def read(folder: Path, rows: Rows) -> list[Path]:
    """Fills places, former places and areas; returns the files that were read."""
    communes = source(folder, "communes/etalab-decoupage-administratif-*.tgz")
    postal = source(folder, "communes/laposte_hexasmal.csv")
    perimeters = source(folder, "communes/perimeters_*.sql.gz")
    records = json_in_archive(communes, "package/data/communes.json")
    points = dict(_postal_points(postal, rows)) | dict(_perimeter_points(perimeters))
    for record in records:
        _place(communes.name, record, points, rows)
    _former(records, rows)
    for member in ("departements", "regions"):
        areas = json_in_archive(communes, f"package/data/{member}.json")
        prefix = "R" if member == "regions" else ""
        rows.areas += [AreaRow(prefix + area["code"], area["nom"]) for area in areas]
    return [communes, postal, perimeters]


def _place(file: str, record: dict[str, Any], points: dict[str, tuple[float, float]], rows: Rows) -> None:
    if record["type"] not in _CURRENT:
        return
    code = record["code"]
    if not _CODE.fullmatch(code):
        rows.refuse(file, "code is not an INSEE commune code")
        return
    latitude, longitude = points.get(code, (None, None))
    rows.places.append(
        PlaceRow(
            code=code,
            label=record["nom"],
            postal_codes=tuple(sorted(record.get("codesPostaux", ()))),
            department=record["departement"],
            region=record["region"],
            population=record.get("population", 0),
            latitude=latitude,
            longitude=longitude,
            parent=record.get("commune", ""),
        )
    )


def _former(records: list[dict[str, Any]], rows: Rows) -> None:
    current = {row.code for row in rows.places}
    for record in records:
        if record["type"] in _CURRENT:
            codes = [code for code in record.get("anciensCodes", ()) if code not in current]
            rows.former_places += [FormerPlaceRow(record["code"], "", code) for code in codes]
        elif record.get("chefLieu") in current:
            code = "" if record["code"] in current else record["code"]
            rows.former_places.append(FormerPlaceRow(record["chefLieu"], record["nom"], code))


def _perimeter_points(path: Path) -> Iterator[tuple[str, tuple[float, float]]]:
    for line in lines_of_gzip(path):
        if match := _PERIMETER.search(line):
            *_, longitude, latitude = _POINT.unpack(bytes.fromhex(match.group(2)))
            yield match.group(1), (latitude, longitude)


def _postal_points(path: Path, rows: Rows) -> Iterator[tuple[str, tuple[float, float]]]:
    """Needed for the municipal districts, which the other file lacks."""
    for line in table(path, ";"):
        try:
            latitude, longitude = map(float, line["coordonnees_gps"].split(","))
        except ValueError:
            rows.refuse(path.name, "no coordinates")
            continue
        if math.isfinite(latitude) and math.isfinite(longitude):
            yield line["Code_commune_INSEE"], (latitude, longitude)
