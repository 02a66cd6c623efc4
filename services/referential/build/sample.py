"""The sample's readable sources: tables written by hand for this project, with official codes."""

from pathlib import Path

import orjson

from services.referential.build.files import read_files, table
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
        "areas.csv": lambda path, rows: rows.areas.extend(AreaRow(**line) for line in table(path)),
        "quarters.csv": lambda path, rows: rows.quarters.extend(QuarterRow(**line) for line in table(path)),
        "outlines.json": lambda path, rows: rows.outlines.extend(
            OutlineRow(each["code"], each["vintage"], each["points"]) for each in orjson.loads(path.read_bytes())
        ),
    }
    return read_files(folder, readers, rows)


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
