"""Priority neighbourhoods: the codes of 2024 with their communes, and the outlines of 2015 that were published.

A 2024 code says how it came about: QN + department + number + a letter, I for the same outline
as in 2015, M for a modified one, N for a new one.
An outline of 2015 is therefore valid for 2024 exactly where an "I" code of the same commune has the same name.
"""

import re
from pathlib import Path

import orjson

from services.referential.build.files import source
from services.referential.build.rows import OutlineRow, QuarterRow, Rows
from services.referential.text import surfaces

_CODE = re.compile(r"QN\w{3}\d\d[A-Z]")
_UNCHANGED = "I"


def read(folder: Path, rows: Rows) -> list[Path]:
    """Fills quarters and outlines; returns the files that were read."""
    codes = source(folder, "qp2024_by_commune_*.geojson")
    outlines = sorted(folder.glob("*_qp.geojson"))
    _quarters(codes, rows)
    for path in outlines:
        _outlines(path, rows)
    return [codes, *outlines]


def _quarters(path: Path, rows: Rows) -> None:
    """One line per commune, with codes and names in two parallel lists; a name may itself hold a comma."""
    for feature in orjson.loads(path.read_bytes())["features"]:
        line = feature["properties"]
        codes, labels = line["code_qp"].split(", "), line["lib_qp"].split(", ")
        if len(labels) != len(codes):
            labels = [""] * len(codes)
        for code, label in zip(codes, labels, strict=True):
            if _CODE.fullmatch(code):
                rows.quarters.append(QuarterRow(code, label, line["insee_com"]))
            else:
                rows.refuse(path.name, f"not a 2024 code: {code!r}")


def _outlines(path: Path, rows: Rows) -> None:
    unchanged = {_identity(q.commune, q.label): q.code for q in rows.quarters if q.code.endswith(_UNCHANGED)}
    for feature in orjson.loads(path.read_bytes())["features"]:
        line, shape = feature["properties"], feature["geometry"]
        code, vintage = line["code_qp"], "2015"
        if current := unchanged.get(_identity(line["code_commune"], line["nom_qp"])):
            code, vintage = current, "2024"
        polygons = {"Polygon": [shape["coordinates"]], "MultiPolygon": shape["coordinates"]}.get(shape["type"])
        if polygons is None:
            rows.refuse(path.name, f"not an outline: {shape['type']}")
            continue
        rows.outlines += [OutlineRow(code, vintage, ring) for polygon in polygons for ring in polygon]


def _identity(commune: str, label: str) -> tuple[str, str]:
    return commune, " ".join(surfaces(label))
