"""The sample's readable sources: tables written by hand for this project, with official codes."""

from pathlib import Path

import orjson

from services.referential.build.files import source, table
from services.referential.build.rows import (
    AreaRow,
    LinkRow,
    OccupationRow,
    OutlineRow,
    PlaceRow,
    QuarterRow,
    Rows,
    SkillRow,
    TitleRow,
)
from services.referential.records import Green, SkillKind


def read_sample(folder: Path, rows: Rows) -> list[Path]:
    readers = {
        "occupations.csv": _occupations,
        "skills.csv": _skills,
        "places.csv": _places,
        "areas.csv": _areas,
        "quarters.csv": _quarters,
        "outlines.json": _outlines,
    }
    paths = [source(folder, name) for name in readers]
    for path, reader in zip(paths, readers.values(), strict=True):
        reader(path, rows)
    return paths


def _occupations(path: Path, rows: Rows) -> None:
    """Other titles and skill codes stand in one cell, separated by "|"; core skills come before "||"."""
    for line in table(path):
        code, green = line["code"], Green(line["green"])
        rows.occupations.append(OccupationRow(code, line["label"], green, line["parent"], line["definition"]))
        rows.titles += [TitleRow(code, title, green) for title in line["titles"].split("|") if title]
        core, _, others = line["skills"].partition("||")
        for group, is_core in ((core, True), (others, False)):
            rows.links += [LinkRow(code, skill, is_core) for skill in group.split("|") if skill]


def _skills(path: Path, rows: Rows) -> None:
    for line in table(path):
        rows.skills.append(SkillRow(line["code"], line["label"], SkillKind(line["kind"]), line["green"] == "1"))


def _places(path: Path, rows: Rows) -> None:
    for line in table(path):
        rows.places.append(
            PlaceRow(
                code=line["code"],
                label=line["label"],
                postal_codes=tuple(line["postal_codes"].split("|")),
                department=line["department"],
                region=line["region"],
                population=int(line["population"]),
                latitude=float(line["latitude"]),
                longitude=float(line["longitude"]),
                parent=line["parent"],
                reach_km=float(line["reach_km"]) if line["reach_km"] else None,
            )
        )


def _areas(path: Path, rows: Rows) -> None:
    rows.areas += [AreaRow(line["code"], line["label"]) for line in table(path)]


def _quarters(path: Path, rows: Rows) -> None:
    rows.quarters += [QuarterRow(line["code"], line["label"], line["commune"]) for line in table(path)]


def _outlines(path: Path, rows: Rows) -> None:
    for outline in orjson.loads(path.read_bytes()):
        rows.outlines.append(OutlineRow(outline["code"], outline["vintage"], outline["points"]))
