from services.referential.countries import CountryPack
from services.referential.snapshot import Snapshot


class Lookup:
    """Looks codes up in one snapshot. `language` splits the words of its country; a search over them uses the same."""

    def __init__(self, snapshot: Snapshot, pack: CountryPack) -> None:
        self._snapshot = snapshot
        self._pack = pack
        self.language = pack.language
        self.version = snapshot.version
