"""Reads the documents of one kind: offers, people or courses."""

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from services.matching.index_elastic.server import Deadline, Server
from services.matching.index_shared.paging import idf
from services.matching.index_shared.records import value_of
from services.matching.values import Value

PUBLISHED_SECONDS = 60.0
TRIES = 5
T = TypeVar("T")
V = TypeVar("V", bound=Value)

_DIGEST = {
    "init_script": "state.sum = 0L",
    "map_script": "state.sum += doc['content'].value",
    "combine_script": "return state.sum",
    "reduce_script": "long sum = 0; for (part in states) { sum += part } return sum",
}
_WHOLE = "allow_partial_search_results=false"
KEPT = "1m"


class Gone(Exception):
    """What was found has changed before it could be fetched: find again."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """The published table behind IDF; how many hold a stem is asked when it is first wanted."""

    documents: int
    average_length: float
    until: float
    holders: dict[str, int] = field(default_factory=dict)

    def idf(self, stem: str) -> float:
        return idf(self.documents, min(self.holders[stem], self.documents))


class Collection(Generic[V]):
    """Safe between threads."""

    def __init__(self, server: Server, alias: str, kind: type[V]) -> None:
        self._server, self._alias, self._kind = server, alias, kind
        self._written = False
        self._refreshed_at = -math.inf
        self._refreshing = threading.Lock()
        self._statistics = Statistics(0, 1.0, 0.0)

    def written(self) -> None:
        """This process wrote something, of this kind or of another."""
        self._written = True

    def refresh(self, deadline: Deadline, behind: float = 0.0) -> None:
        """What anybody wrote before this process wrote last can be found from now on; of the last `behind` seconds, not
        all.

        Where nothing may be behind: of two processes that put an offer and a person at once, each writing before it
        asks, at least one finds the other's.
        """
        if not self._refreshing.acquire(timeout=max(deadline.left(), 0.0)):
            raise self._server.unavailable("did not answer in time")
        try:
            if self._written and time.monotonic() - self._refreshed_at >= behind:
                self._refresh_now(deadline)
        finally:
            self._refreshing.release()

    def get(self, names: Sequence[str], deadline: Deadline) -> dict[str, V]:
        """Those that are there, as they are now, whether or not they can be found yet."""
        if not names:
            return {}
        path = "_mget?filter_path=docs._id,docs._source,docs.error"
        docs = self._request(deadline, path, {"ids": list(names)})["docs"]
        for doc in docs:
            if "error" in doc:
                raise self._server.unavailable(f"says {doc['error'].get('reason')}")
        return {doc["_id"]: self.value(doc) for doc in docs if "_source" in doc}

    def value(self, hit: dict[str, Any]) -> V:
        return value_of(self._kind, hit["_id"], hit["_source"]["record"])

    def search(self, body: dict[str, Any], deadline: Deadline, wanted: str) -> Any:
        """`wanted` are the parts of the answer to be sent, joined by commas; empty ones are left out too."""
        return self._request(deadline, f"_search?{_WHOLE}&filter_path={wanted}", body)

    @contextmanager
    def point_in_time(self, deadline: Deadline) -> Iterator[Callable[[dict[str, Any], str], Any]]:
        """Several searches as one: a function like `search`, of what is there now."""
        pit = {"id": self._request(deadline, f"_pit?keep_alive={KEPT}", None)["id"], "keep_alive": KEPT}
        try:
            yield lambda body, wanted: self._server.request(
                deadline, "POST", f"/_search?{_WHOLE}&filter_path={wanted}", body | {"pit": pit}
            )
        finally:
            self._server.request(deadline, "DELETE", "/_pit", {"id": pit["id"]})

    def fetch(self, contents: Sequence[int], deadline: Deadline) -> list[Any]:
        """The hits that have these contents, with their records. Raises `Gone`."""
        query = {"bool": {"filter": {"terms": {"content": contents}}}}
        body = {"query": query, "size": len(contents), "sort": ["content"]}
        hits = hits_of(self.search(body, deadline, "hits.hits._id,hits.hits._source,hits.hits.sort"))
        if len(hits) < len(contents):
            raise Gone
        return hits

    def statistics(self, stems: Sequence[str], deadline: Deadline) -> Statistics:
        """Published once a minute; a stem that nobody asked for meanwhile is counted when it is first asked for."""
        known = self._statistics
        fresh = known.until > time.monotonic()
        unknown = [stem for stem in stems if not fresh or stem not in known.holders]
        if fresh and not unknown:
            return known
        counted = {stem: {"term": {"words": stem}} for stem in unknown}
        words = {"words": {"filters": {"filters": counted}}} if counted else {}
        body = {"size": 0, "track_total_hits": True, "aggs": {"length": {"avg": {"field": "length"}}} | words}
        found = self.search(body, deadline, "hits.total.value,aggregations")
        buckets = found["aggregations"].get("words", {}).get("buckets", {})
        holders = {stem: bucket["doc_count"] for stem, bucket in buckets.items()}
        if fresh:
            known.holders.update(holders)
            return known
        average = found["aggregations"]["length"].get("value") or 1.0
        until = time.monotonic() + PUBLISHED_SECONDS
        self._statistics = Statistics(found["hits"]["total"]["value"], max(average, 1.0), until, holders)
        return self._statistics

    def retrying(self, read: Callable[[], T]) -> T:
        """What is read in several requests, again where something changed between them."""
        for _ in range(TRIES):
            try:
                return read()
            except Gone:
                continue
        raise self._server.unavailable("changes faster than it can be read")

    def count(self, deadline: Deadline) -> int:
        self.refresh(deadline)
        return int(self._request(deadline, "_count?filter_path=count", None)["count"])

    def content(self, deadline: Deadline) -> int:
        """The sum of all content hashes, modulo 2^64."""
        self._refresh_now(deadline)
        body = {"size": 0, "aggs": {"content": {"scripted_metric": _DIGEST}}}
        found = self.search(body, deadline, "aggregations.content.value")
        return int(found["aggregations"]["content"]["value"]) % (1 << 64)

    def _refresh_now(self, deadline: Deadline) -> None:
        self._written, self._refreshed_at = False, time.monotonic()
        try:
            self._request(deadline, "_refresh?filter_path=_shards.failed", None)
        except BaseException:
            self._written = True
            raise

    def _request(self, deadline: Deadline, what: str, body: Any) -> Any:
        return self._server.request(deadline, "POST", f"/{self._alias}/{what}", body)


def hits_of(answer: Any) -> list[Any]:
    """Left out of the answer when there are none."""
    hits: list[Any] = answer.get("hits", {}).get("hits", [])
    return hits
