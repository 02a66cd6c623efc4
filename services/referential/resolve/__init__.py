"""Lookup over one open snapshot."""

from pathlib import Path

from services.referential.countries import COUNTRIES
from services.referential.resolve.occupations import Occupations
from services.referential.resolve.quarters import Quarters
from services.referential.resolve.skills import Skills
from services.referential.snapshot import Snapshot, SnapshotRefused
from services.referential.text import Language

SAMPLE = Path(__file__).parent.parent / "sample" / "fr.snapshot"


class Referential(Occupations, Skills, Quarters):
    """Occupations, skills, places and priority neighbourhoods of one snapshot; any number of threads may read it."""

    @property
    def language(self) -> Language:
        """How the words of this snapshot's country are told apart; a search over them uses the same."""
        return self._pack.language


def open_snapshot(path: Path | None = None) -> Referential:
    """Open a snapshot file, or the sample shipped with the package. Raises `SnapshotRefused`."""
    snapshot = Snapshot(path or SAMPLE)
    pack = COUNTRIES.get(snapshot.country)
    if pack is None:
        raise SnapshotRefused(f"{path} is for country {snapshot.country!r}; known: {', '.join(COUNTRIES)}")
    return Referential(snapshot, pack)
