"""What an import comes to, beside its counts: what can be matched, what cannot and why, and what to do about it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from services.cli.importing.importer import EXPIRED, NOTES, OFFERS, ImportKind, Report
from services.cli.snapshot import snapshot_for

UNRESOLVED = "OCCUPATION_UNRESOLVED"
SAMPLE = (
    "most occupations are not in the small sample that is in use: bring in the official files with `vivier import "
    "referential`, start Vivier again, and the same import will look all of them up anew"
)


def summary_lines(report: Report, kind: ImportKind, home: Path) -> Iterator[str]:
    """Nothing when nothing was written."""
    if not report.written:
        return
    yield f"of {report.written} {kind.rows}, {report.matchable} can be matched"
    if report.gaps:
        yield f"what keeps the others from it: {_counts(report.gaps)}"
    if report.gaps[EXPIRED] and kind is OFFERS:
        yield "expired: see --as-of, which takes an old file as it was on its day"
    for reason, count in sorted(report.notes.items()):
        yield f"only a note: {reason} {count} ({NOTES[reason]})"
    if 2 * report.gaps[UNRESOLVED] > report.written and snapshot_for(home) is None:
        yield SAMPLE


def _counts(reasons: Counter[str]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
