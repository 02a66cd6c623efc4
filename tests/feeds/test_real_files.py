"""Real feeds, where they lie beside the project: every row is read, none is lost on the way."""

from datetime import UTC, datetime
from pathlib import Path

from services.feeds import Options, csv_table, france_travail, jobposting_reader

YEAR_2024 = Options("real", datetime(2024, 11, 28, tzinfo=UTC))


def test_france_travail(data: Path) -> None:
    rows = list(france_travail.read((data / "offers/france_travail_v2_full_120.json").read_bytes(), YEAR_2024))
    assert (len(rows), [row.error for row in rows if row.error]) == (120, [])
    assert len({row.id for row in rows}) == 120
    assert sum("occupation" in row.content for row in rows) == 120
    assert sum("salary" in row.content for row in rows) > 20


def test_offers_of_a_department_as_a_table(data: Path) -> None:
    rows = list(csv_table.read((data / "offers/offres_dep07_2025_05.csv").read_bytes(), YEAR_2024))
    assert (len(rows), [row.error for row in rows if row.error]) == (1286, [])
    assert sum("contract" in row.content for row in rows) > 1200
    assert sum("salary" in row.content for row in rows) > 500


def test_a_table_with_every_field_needs_no_column_to_be_named(data: Path) -> None:
    rows = list(csv_table.read((data / "offers/offres_dep07_full_fields_2025_05a.csv").read_bytes(), YEAR_2024))
    assert (len(rows), [row.error for row in rows if row.error]) == (150, [])
    assert all("occupation" in row.content and "place" in row.content for row in rows)


def test_job_postings_of_partners_never_break_the_reader(data: Path) -> None:
    for path in sorted((data / "offers/lba_alternance/partner_feed_fixtures").rglob("*.json")):
        for row in jobposting_reader.read(path.read_bytes(), YEAR_2024):
            assert row.error or row.content["title"], path
