"""Official files become a snapshot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.referential.build import esco, geo, qpv, rome
from services.referential.build.arrays import sections
from services.referential.build.files import MissingSource, digest
from services.referential.build.rows import Rows
from services.referential.build.sample import read_sample
from services.referential.countries import COUNTRIES
from services.referential.snapshot import write_snapshot

__all__ = ["MissingSource", "Report", "build", "build_sample"]

COUNTRY = "fr"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """`counts` per kind of row, `refused` rows per file and reason."""

    version: str
    counts: Mapping[str, int]
    refused: Mapping[str, int]


def build(source_folder: Path, target: Path, progress: Progress) -> Report:
    """Read `rome`, `esco`, `geo` and `qpv` under the folder and write the snapshot file `target` in one step.

    `progress(step, done, steps)` is called before each step and once at the end. Malformed rows are left out and
    counted; a missing file raises `MissingSource` and leaves any older snapshot as it was.
    """
    rows, files = Rows(), list[Path]()
    readers = {"rome": rome.read, "esco": esco.read, "geo": geo.read, "qpv": qpv.read}
    for done, (name, read) in enumerate(readers.items()):
        progress(name, done, len(readers) + 1)
        files += read(source_folder / name, rows)
    progress("snapshot", len(readers), len(readers) + 1)
    sources = {path.relative_to(source_folder).as_posix(): digest(path) for path in files}
    report = _write(rows, target, rome.edition(source_folder / "rome"), sources)
    progress("done", len(readers) + 1, len(readers) + 1)
    return report


def build_sample(source_folder: Path, target: Path) -> Report:
    """The same for the small sample that the package ships."""
    rows = Rows()
    files = read_sample(source_folder, rows)
    return _write(rows, target, "2025.09.sample", {path.name: digest(path) for path in files})


def _write(rows: Rows, target: Path, edition: str, sources: Mapping[str, str]) -> Report:
    arrays = sections(rows, COUNTRIES[COUNTRY])
    version = write_snapshot(target, COUNTRY, edition, sources, arrays)
    counts = {name: len(found) for name, found in vars(rows).items() if name != "refused"}
    return Report(version, counts, dict(rows.refused))
