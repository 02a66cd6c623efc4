"""The index: nothing of it is copied. It is filled on the server from the log, and compared with one in memory."""

from collections.abc import Iterator, Sequence
from contextlib import closing

from services.cli.move.report import CannotMove, Comparison, Say
from services.kit.adapters import open_log
from services.kit.settings import Settings
from services.matching.app import MatchingSettings, open_index
from services.matching.domain import Knowledge
from services.matching.index import Index
from services.matching.index_elastic.mappings import KINDS, alias_of
from services.matching.index_elastic.server import Deadline, Server
from services.matching.ingest import fill
from services.matching.kernel import Codes
from services.referential import open_snapshot

ANSWER_SECONDS, REMOVE_SECONDS = 5.0, 60.0
_UNSCORED = Knowledge(closeness=lambda *_: 0.0, idf=lambda _: 1.0)
"""Nobody asks these indices for anything but what they hold."""


class Indices:
    """From the log of `here` to the server of `there`."""

    files: Sequence[str] = ()

    def __init__(self, here: Settings, there: Settings) -> None:
        self._here, self._there = here, there
        self._address = there.elasticsearch.get_secret_value() if there.elasticsearch else ""

    def check(self) -> None:
        """Raises CannotMove where the server is away, of another kind, or holds an index by these names."""
        log = self._here.home / "log.db"
        if not (self._here.kafka or log.exists()):
            raise CannotMove(f"{log.parent} holds no {log.name}: name the folder of `vivier up` with --home")
        with closing(Server(self._address)) as server:
            if found := self._held(server):
                obstacle = f"{server.name} is not empty, {found[0]} exists: give another --namespace"
                raise CannotMove(f"--elasticsearch: {obstacle}")

    def copy(self, say: Say) -> Iterator[Comparison]:
        with closing(self._index(self._here)) as here, closing(self._index(self._there)) as there:
            with closing(open_log(self._here)) as log:
                for index in (here, there):
                    with index.rebuilding() as contents:
                        fill(contents, log, lambda: True)
            same = here.digest() == there.digest()
            old, new = here.counts(), there.counts()
        say(f"index: {sum((new.offers, new.people, new.courses)):,} filled in")
        for kind in KINDS:
            yield Comparison(f"index {kind}", getattr(old, kind), getattr(new, kind), same)

    def remove(self) -> None:
        """What anybody finds missing there, they fill again."""
        with closing(Server(self._address)) as server:
            if found := self._held(server):
                server.request(Deadline(REMOVE_SECONDS), "DELETE", f"/{','.join(found)}")

    def commit(self) -> None:
        """Nothing is left to do."""

    def _held(self, server: Server) -> Sequence[str]:
        patterns = ",".join(f"{alias_of(self._there.namespace, kind)}-*" for kind in KINDS)
        return sorted(server.request(Deadline(ANSWER_SECONDS), "GET", f"/{patterns}?features=aliases"))

    def _index(self, settings: Settings) -> Index:
        book = open_snapshot(settings.referential)
        return open_index(MatchingSettings.model_validate(settings.model_dump()), Codes(_UNSCORED), book)
