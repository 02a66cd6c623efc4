"""Rows become the arrays of the snapshot. Every order is fixed by codes, so that equal rows give equal bytes."""

from typing import TypeVar

from services.referential.build.columns_geo import place_sections, quarter_sections
from services.referential.build.columns_work import occupation_sections, skill_sections, title_sections
from services.referential.build.rows import OccupationRow, PlaceRow, Rows, SkillRow
from services.referential.countries import CountryPack
from services.referential.snapshot import Array

Coded = TypeVar("Coded", OccupationRow, SkillRow, PlaceRow)


def sections(rows: Rows, pack: CountryPack) -> dict[str, Array]:
    _settle(rows)
    return (
        occupation_sections(rows)
        | title_sections(rows, pack.language)
        | skill_sections(rows, pack.language)
        | place_sections(rows, pack.place_key)
        | quarter_sections(rows)
    )


def _settle(rows: Rows) -> None:
    rows.occupations = _ordered(rows.occupations, rows)
    rows.skills = _ordered(rows.skills, rows)
    rows.places = _ordered(rows.places, rows)


def _ordered(found: list[Coded], rows: Rows) -> list[Coded]:
    """Sorted by code; of rows with the same code the first stays."""
    kept: dict[str, Coded] = {}
    for row in found:
        if kept.setdefault(row.code, row) is not row:
            rows.refuse(type(row).__name__, "code given twice")
    return [kept[code] for code in sorted(kept, key=str.encode)]
