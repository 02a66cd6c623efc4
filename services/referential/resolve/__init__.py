"""Lookup over one open snapshot."""

from pathlib import Path

from services.referential.countries import COUNTRIES
from services.referential.resolve.occupations import Occupations
from services.referential.resolve.places import Places
from services.referential.resolve.skills import Skills
from services.referential.snapshot import Snapshot, SnapshotRefused

SAMPLE = Path(__file__).parent.parent / "sample" / "fr.snapshot"


class Referential(Occupations, Skills, Places):
    """Occupations, skills, places and priority neighbourhoods of one snapshot; any number of threads may read it."""


def open_snapshot(path: Path | None = None) -> Referential:
    """Open a snapshot file, or the sample shipped with the package. Raises `SnapshotRefused`."""
    snapshot = Snapshot(path or SAMPLE)
    pack = COUNTRIES.get(snapshot.country)
    if pack is None:
        raise SnapshotRefused(f"{path} is for country {snapshot.country!r}; known: {', '.join(COUNTRIES)}")
    return Referential(snapshot, pack)
