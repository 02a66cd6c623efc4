"""Rows become the arrays of the snapshot. Every order is fixed by codes, so that equal rows give equal bytes."""

from services.referential.build.columns_geo import place_sections, quarter_sections
from services.referential.build.columns_work import occupation_sections, skill_sections, title_sections
from services.referential.build.rows import Rows
from services.referential.packs import Pack
from services.referential.snapshot import Array


def sections(rows: Rows, pack: Pack) -> dict[str, Array]:
    _settle(rows)
    return (
        occupation_sections(rows)
        | title_sections(rows, pack.language)
        | skill_sections(rows, pack.language)
        | place_sections(rows, pack.place_key)
        | quarter_sections(rows)
    )


def _settle(rows: Rows) -> None:
    """Sort by code; of rows with the same code the first stays."""
    for name, items in (("occupation", rows.occupations), ("skill", rows.skills), ("place", rows.places)):
        items.sort(key=lambda row: row.code.encode())
        kept = list({row.code: row for row in reversed(items)}.values())[::-1]
        rows.refused.update({f"{name}: code given twice": len(items) - len(kept)} if len(kept) < len(items) else {})
        items[:] = kept
