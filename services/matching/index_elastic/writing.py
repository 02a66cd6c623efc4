"""Writes: in bulk, each document by its version, again and again while the server is full and the deadline allows."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from services.kit.backoff import Backoff
from services.matching.index_elastic.documents import document_of
from services.matching.index_elastic.server import BUSY, BadRequest, Busy, Deadline, Server
from services.matching.index_shared.analysis import Analyser
from services.matching.values import Course, Offer, Person, Value

logger = logging.getLogger(__name__)
WRITE_SECONDS = 10.0
"""That one bulk may take, with all its repeats."""

FILL_SECONDS = 120.0
"""The same while a generation is filled: to begin anew costs more than to wait."""

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
BULK_BYTES = 1 << 20
KIND_OF: Mapping[type, str] = {Offer: "offers", Person: "people", Course: "courses"}
NEVER_AGAIN = 1 << 62
"""A version that no other exceeds."""

Held = dict[str, int]
"""By id, the version that was there already, where a write was superseded."""

_ANSWER = "filter_path=items.*.status,items.*.error.type,items.*.error.reason"


@dataclass(frozen=True, slots=True)
class Target:
    """Where writes of one kind go: an alias and, while it is being filled, the index behind it."""

    alias: str
    filled: str = ""


@dataclass(frozen=True, slots=True)
class _Write:
    """A document to put, or to remove where there is none."""

    id: str
    version: int = NEVER_AGAIN
    document: bytes | None = None

    def lines(self, target: Target) -> bytes:
        if self.document is not None:
            what = {"index": self._by_version(target.alias) | {"require_alias": True}}
            return orjson.dumps(what) + b"\n" + self.document + b"\n"
        if target.filled:  # by its index: through an alias that is gone meanwhile it would create one of that name
            return orjson.dumps({"delete": self._by_version(target.filled)}) + b"\n"
        return orjson.dumps({"delete": {"_index": target.alias, "_id": self.id}}) + b"\n"

    def _by_version(self, index: str) -> dict[str, Any]:
        return {"_index": index, "_id": self.id, "version": self.version, "version_type": "external"}


class Contents:
    """The writing half of the index; `targets` says where a kind's writes go, `written` is called after each."""

    def __init__(
        self,
        server: Server,
        analyser: Analyser,
        targets: Callable[[str, Deadline], Sequence[Target]],
        written: Callable[[], None],
        seconds: float = WRITE_SECONDS,
    ) -> None:
        self._server, self._analyser, self._targets, self._written = server, analyser, targets, written
        self._seconds = seconds

    def put(self, values: Sequence[Value]) -> set[str]:
        if not values:
            return set()
        writes = [_Write(value.id, value.version, document_of(value, self._analyser)) for value in values]
        given: dict[str, int] = {}
        for value in values:
            given[value.id] = max(value.version, given.get(value.id, value.version))
        held = self._write(KIND_OF[type(values[0])], writes)
        return {name for name, version in held.items() if version > given[name]}

    def remove_person(self, person_id: str) -> None:
        self._write("people", [_Write(person_id)])

    def _write(self, kind: str, writes: Sequence[_Write]) -> Held:
        held: Held = {}
        try:
            for target in self._targets(kind, Deadline(self._seconds)):
                for some in _bulks(writes):
                    self._write_all(target, some, held, Deadline(self._seconds))
        finally:
            self._written()
        return held

    def _write_all(self, target: Target, writes: Sequence[_Write], held: Held, deadline: Deadline) -> None:
        """Each write is done, or superseded by what is `held`, when this returns."""
        backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE)
        while writes := self._try(target, writes, held, deadline):
            pause = backoff.pause()
            if deadline.left() <= pause:
                raise self._server.unavailable("takes no writes now")
            time.sleep(pause)

    def _try(self, target: Target, writes: Sequence[_Write], held: Held, deadline: Deadline) -> list[_Write]:
        """Try them; those that are to be tried again."""
        body = b"".join(write.lines(target) for write in writes)
        try:
            items = self._server.request(deadline, "POST", f"/_bulk?{_ANSWER}", body)["items"]
        except Busy:
            return list(writes)
        except BadRequest as error:
            return self._one_by_one(target, writes, held, deadline, error)
        outcomes = [(write, *item.values()) for write, item in zip(writes, items, strict=True)]
        superseded = [write for write, item in outcomes if item["status"] == 409]
        again = [write for write, item in outcomes if item["status"] != 409 and self._is_retryable(target, write, item)]
        return again if target.filled else again + self._not_superseded(target, superseded, held, deadline)

    def _one_by_one(
        self, target: Target, writes: Sequence[_Write], held: Held, deadline: Deadline, error: BadRequest
    ) -> list[_Write]:
        """For one of them the whole request was refused: the others go in."""
        if len(writes) == 1:
            _refuse(target, writes[0], str(error))
            return []
        return [left for write in writes for left in self._try(target, [write], held, deadline)]

    def _is_retryable(self, target: Target, write: _Write, item: dict[str, Any]) -> bool:
        """Whether a write is to be tried again."""
        status, error = item["status"], item.get("error")
        if error is None or status in BUSY:
            return error is not None
        if status == 404 and target.filled:
            return False  # it is full and serves, or was given up
        if status in (403, 404):
            raise self._server.unavailable(f"says {status}: {error.get('reason')}")
        _refuse(target, write, f"{error.get('type')}: {error.get('reason')}")
        return False

    def _not_superseded(self, target: Target, writes: Sequence[_Write], held: Held, deadline: Deadline) -> list[_Write]:
        """Those that nothing supersedes: the server recalls the version of what was removed just now, for a moment."""
        if not writes:
            return []
        path = f"/{target.alias}/_mget?_source=false&filter_path=docs._id,docs._version,docs.found,docs.error"
        docs = self._server.request(deadline, "POST", path, {"ids": [write.id for write in writes]})["docs"]
        if any("error" in doc for doc in docs):
            raise self._server.unavailable("does not say what it has")
        held.update({doc["_id"]: doc["_version"] for doc in docs if doc.get("found")})
        return [write for write, doc in zip(writes, docs, strict=True) if doc.get("found") is False]


def _refuse(target: Target, write: _Write, why: str) -> None:
    """A fill goes on without it: whoever handles its record finds out, and buries it."""
    if not target.filled:
        raise ValueError(f"{write.id} is refused: {why}")
    logger.warning("left out of %s: %s is refused: %s", target.filled, write.id, why)


def _bulks(writes: Sequence[_Write]) -> Iterator[list[_Write]]:
    """In this order, so many at once as make a request of bounded size."""
    some: list[_Write] = []
    size = 0
    for write in writes:
        if some and size > BULK_BYTES:
            yield some
            some, size = [], 0
        some.append(write)
        size += len(write.document or b"")
    yield some
