"""Generations: an index is filled behind an alias of its own while the one before serves, then takes its place.

`vivier-offers` is the alias that serves, and there only when what is behind it is whole. `vivier-offers-next` leads to
the generation that is being filled. Whoever writes looks for it once a second and writes to both. The filling begins
only after everybody must have seen it: a record that was written without it was in the log before, so the replay
brings it.
"""

import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from services.matching.index import IndexUnavailable
from services.matching.index_elastic.mappings import (
    KINDS,
    MAPPING,
    alias_of,
    mapping_of,
    settings_when_full,
    settings_while_filled,
)
from services.matching.index_elastic.server import BadRequest, Deadline, Server
from services.matching.index_elastic.writing import Target

_GENERATION = re.compile(r"-vivier-[a-z]+-\d{6}$|^vivier-[a-z]+-\d{6}$")
LOOK_SECONDS = 1.0
SEEN_SECONDS = 3.0
"""Longer than a look may be old, and a question that looks may take."""

GRACE_SECONDS = 5.0
"""Longer than a question may take that was asked of the old generation just before it was replaced."""

ASK_SECONDS, ADMIN_SECONDS = 2.0, 60.0


class Generations:
    """Where writes go, and how a new generation takes the place of the old one. Safe between threads."""

    def __init__(self, server: Server, namespace: str, replicas: int) -> None:
        self._server, self._replicas = server, replicas
        self._aliases = {kind: alias_of(namespace, kind) for kind in KINDS}
        self._filled: Mapping[str, str] = {}
        self._looked = -LOOK_SECONDS
        self._looking = threading.Lock()

    def targets(self, kind: str, deadline: Deadline) -> Sequence[Target]:
        """The index that is being filled, and the one that serves: in this order, so that a write that finds no filled
        one any more meets it where it serves.
        """
        alias = self._aliases[kind]
        filled = self._filling(deadline).get(_next(alias))
        return [Target(_next(alias), filled), Target(alias)] if filled else [Target(alias)]

    def missing(self) -> bool:
        """Whether one does not serve, or was made by an older release."""
        made_by = {alias: index.mapping for index in self._indices(Deadline(ASK_SECONDS)) for alias in index.aliases}
        return any(made_by.get(alias, 0) < MAPPING for alias in self._aliases.values())

    def drop_replaced(self) -> None:
        """What a process left behind that ended while it replaced a generation."""
        deadline = Deadline(ADMIN_SECONDS)
        self._drop([index.name for index in self._indices(deadline) if not index.aliases], deadline)

    @contextmanager
    def new(self) -> Iterator[Mapping[str, Target]]:
        """By kind, where to put all that there is; it serves after the block."""
        deadline = Deadline(ADMIN_SECONDS)
        old = self._indices(deadline)
        self._drop([index.name for index in old if not self._serves(index)], deadline)
        number = max((index.number for index in old), default=0) + 1
        fresh = {kind: f"{alias}-{number:06d}" for kind, alias in self._aliases.items()}
        made: list[str] = []
        try:
            for kind, name in fresh.items():
                self._create(kind, name, deadline)
                made.append(name)
            if any(map(self._serves, old)):
                time.sleep(SEEN_SECONDS)
            yield {kind: Target(_next(self._aliases[kind]), name) for kind, name in fresh.items()}
            self._serve(fresh, Deadline(ADMIN_SECONDS))
        except BaseException:
            with suppress(IndexUnavailable):
                self._drop(made, Deadline(ADMIN_SECONDS))
            raise

    def _create(self, kind: str, name: str, deadline: Deadline) -> None:
        body = {
            "settings": {"index": settings_while_filled()},
            "mappings": mapping_of(kind),
            "aliases": {_next(self._aliases[kind]): {}},
        }
        try:
            self._server.request(deadline, "PUT", f"/{name}", body)
        except BadRequest as error:
            if "resource_already_exists" in str(error):
                raise self._server.unavailable("is being filled by another process") from error
            raise

    def _serve(self, fresh: Mapping[str, str], deadline: Deadline) -> None:
        """All kinds at once; refused when somebody else filled another generation meanwhile."""
        names = ",".join(fresh.values())
        self._server.request(deadline, "PUT", f"/{names}/_settings", {"index": settings_when_full(self._replicas)})
        self._server.request(deadline, "POST", f"/{names}/_refresh")
        actions: list[dict[str, Any]] = []
        for kind, name in fresh.items():
            alias = self._aliases[kind]
            actions.append({"remove": {"index": name, "alias": _next(alias)}})
            actions.append({"add": {"index": name, "alias": alias}})
        old = [index for index in self._indices(deadline) if self._serves(index)]
        actions += [{"remove": {"index": index.name, "aliases": sorted(index.aliases)}} for index in old]
        self._server.request(deadline, "POST", "/_aliases", {"actions": actions})
        if old:
            time.sleep(GRACE_SECONDS)
            self._drop([index.name for index in old], deadline)

    def _drop(self, names: Sequence[str], deadline: Deadline) -> None:
        if names:
            self._server.request(deadline, "DELETE", f"/{','.join(names)}?ignore_unavailable=true")

    def _serves(self, index: "_Index") -> bool:
        return not index.aliases.isdisjoint(self._aliases.values())

    def _filling(self, deadline: Deadline) -> Mapping[str, str]:
        """The alias of each index that is being filled → that index."""
        with self._looking:
            now = time.monotonic()
            if now - self._looked > LOOK_SECONDS:
                indices = self._indices(deadline)
                self._filled = {alias: index.name for index in indices for alias in index.aliases}
                self._looked = now
            return self._filled

    def _indices(self, deadline: Deadline) -> list["_Index"]:
        """Every generation of every kind, by its name; what else begins so is not ours."""
        patterns = ",".join(f"{alias}-*" for alias in self._aliases.values())
        path = f"/{patterns}?features=aliases,mappings&filter_path=*.aliases,*.mappings._meta"
        found = self._server.request(deadline, "GET", path)
        return [
            _Index(name, frozenset(said.get("aliases", ())), _mapping(said))
            for name, said in found.items()
            if _GENERATION.search(name)
        ]


@dataclass(frozen=True, slots=True)
class _Index:
    name: str
    aliases: frozenset[str]
    mapping: int

    @property
    def number(self) -> int:
        return int(self.name.rpartition("-")[2])


def _mapping(said: Any) -> int:
    return int(said.get("mappings", {}).get("_meta", {}).get("mapping", 0))


def _next(alias: str) -> str:
    return f"{alias}-next"
