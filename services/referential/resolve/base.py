from services.referential.packs import Pack
from services.referential.snapshot import Snapshot


class Answers:
    """A part of the referential; its tables are read on first use."""

    def __init__(self, snapshot: Snapshot, pack: Pack) -> None:
        self._snapshot = snapshot
        self._pack = pack
        self.version = snapshot.version
