"""What an import comes to: what blocks, what is only a note, and what to do."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from services.cli.importing.importer import COURSES, OFFERS, ImportKind, Report
from services.cli.importing.summary import summary_lines


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIVIER_REFERENTIAL", raising=False)


def report(*rows: tuple[Sequence[str], bool], matchable: int = 0) -> Report:
    made = Report(matchable=matchable)
    for reasons, expired in rows:
        made.outcomes["created"] += 1
        made.count_reasons(reasons, expired)
    return made


def said(made: Report, home: Path, kind: ImportKind = OFFERS) -> list[str]:
    return list(summary_lines(made, kind, home))


def test_what_blocks_and_what_is_only_a_note_are_told_apart(tmp_path: Path) -> None:
    made = report((["PLACE_UNRESOLVED", "ORGANISATION_UNVERIFIED"], False), (["ORGANISATION_UNVERIFIED"], False))
    made.matchable = 1
    assert said(made, tmp_path) == [
        "of 2 offers, 1 can be matched",
        "what keeps the others from it: PLACE_UNRESOLVED 1",
        "only a note: ORGANISATION_UNVERIFIED 2 (matched all the same, but its employer is not shown people)",
    ]


def test_an_old_file_is_pointed_to_as_of(tmp_path: Path) -> None:
    made = report((["NOT_PUBLISHED"], True), (["NOT_PUBLISHED"], False))
    assert said(made, tmp_path)[1:] == [
        "what keeps the others from it: expired 1, NOT_PUBLISHED 1",
        "expired: see --as-of, which takes an old file as it was on its day",
    ]
    assert not any("--as-of" in line for line in said(made, tmp_path, COURSES)), "which they do not have"


def test_with_the_sample_the_official_files_are_pointed_to(tmp_path: Path) -> None:
    unresolved = (["OCCUPATION_UNRESOLVED"], False)
    most, few = report(unresolved, unresolved, ([], False)), report(unresolved, ([], False), ([], False))
    assert "vivier import referential" in said(most, tmp_path)[-1]
    assert "vivier import referential" not in said(few, tmp_path)[-1]
    (tmp_path / "referential.snapshot").touch()
    assert "vivier import referential" not in said(most, tmp_path)[-1]


def test_nothing_is_said_of_nothing(tmp_path: Path) -> None:
    assert said(Report(), tmp_path) == []
