"""ESCO in French. No published file links ROME and ESCO, so labels are compared and the link says so ("label")."""

from collections.abc import Iterator
from pathlib import Path

from services.referential.build.files import source, table
from services.referential.build.rows import OccupationRow, Rows, SkillRow
from services.referential.france import LANGUAGE
from services.referential.text import exact_key, surfaces

BY_LABEL = "label"


def read(folder: Path, rows: Rows) -> list[Path]:
    """Adds ESCO URIs to occupations and skills whose label is the same; returns the files that were read."""
    occupations = source(folder, "esco_v*_fr_official/occupations_fr.csv")
    green = source(folder, "esco_v*_fr_official/greenSkillsCollection_fr.csv")
    skills = source(folder, "esco_fr/skills_fr.csv")
    _link_occupations(occupations, rows.occupations)
    _link_skills(skills, green, rows.skills)
    return [occupations, green, skills]


def _link_occupations(path: Path, occupations: list[OccupationRow]) -> None:
    uris = {exact_key(LANGUAGE.title_words(line["preferredLabel"])): line["conceptUri"] for line in table(path)}
    for row in occupations:
        if uri := uris.get(exact_key(LANGUAGE.title_words(row.label))):
            row.esco_uri, row.esco_source = uri, BY_LABEL


def _link_skills(path: Path, green: Path, skills: list[SkillRow]) -> None:
    """A skill equal to one of ESCO's green collection is green too."""
    uris = {key: line["conceptUri"] for line in table(path) for key in _labels(line, "|")}
    uris |= {_key(line["preferredLabel"]): line["conceptUri"] for line in table(path)}
    green_uris = {line["conceptUri"] for line in table(green)}
    for row in skills:
        if uri := uris.get(_key(row.label)):
            row.esco_uri, row.esco_source = uri, BY_LABEL
            row.green = row.green or uri in green_uris


def _labels(line: dict[str, str], separator: str) -> Iterator[str]:
    return (_key(label) for label in line["altLabels"].split(separator) if label)


def _key(label: str) -> str:
    """Same words in the same order: for skills, order and number carry meaning."""
    return " ".join(surfaces(label))
