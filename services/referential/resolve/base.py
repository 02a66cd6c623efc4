from services.referential.countries import CountryPack
from services.referential.snapshot import Snapshot


class Lookup:
    """A part of the referential; its tables are read on first use."""

    def __init__(self, snapshot: Snapshot, pack: CountryPack) -> None:
        self._snapshot = snapshot
        self._pack = pack
        self.version = snapshot.version
