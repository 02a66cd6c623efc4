"""The client of Elasticsearch: every request has a deadline; errors say whether the same may succeed later."""

import logging
import time
from typing import Any
from urllib.parse import urlsplit

import orjson
from elasticsearch import ConnectionTimeout, Elasticsearch, JsonSerializer, SerializationError, TransportError
from opentelemetry import trace

from services.kit.errors import Unusable
from services.matching.index import IndexUnavailable

OLDEST = 9
CONNECTIONS = 32
"""More than a service has threads, so that nobody waits for a connection."""

_tracer = trace.get_tracer(__name__)
_TYPE = "application/vnd.elasticsearch+{}; compatible-with=9"
_JSON = {"accept": _TYPE.format("json"), "content-type": _TYPE.format("json")}
_LINES = {"accept": _TYPE.format("json"), "content-type": _TYPE.format("x-ndjson")}
BUSY = frozenset((408, 429, 502, 503, 504))
_PASSING = BUSY | {401, 403, 404, 500}
"""A server that starts, is full or overloaded, lost the index, or whose password was changed: it may come right."""


class Busy(IndexUnavailable):
    """The server is full: the same may go through in a moment."""


class BadRequest(Exception):
    """The server refused the request: an error of this program."""


class Deadline:
    """So many seconds from now, for one call of the index, however many requests it makes."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        return self._end - time.monotonic()


class Server:
    """Connects at the first request, and first checks the version of the server."""

    def __init__(self, address: str) -> None:
        try:
            self._client = Elasticsearch(
                address,
                connections_per_node=CONNECTIONS,
                serializers={_Json.mimetype: _Json(), JsonSerializer.mimetype: _Json()},
            )
        except ValueError:
            raise Unusable("VIVIER_ELASTICSEARCH must look like https://user:password@host:port") from None
        logging.getLogger("elastic_transport.node_pool").setLevel(logging.ERROR)  # what it says, the error says better
        self.name = _without_password(address)
        self._version_checked = False

    def request(self, deadline: Deadline, method: str, path: str, body: Any = None) -> Any:
        """The JSON of the answer; `body` is sent as JSON, or as lines of it when it is bytes."""
        if not self._version_checked:
            self._check_version(deadline)
        if isinstance(body, bytes):
            return self._answer(deadline, method, path, _LINES, body)
        return self._answer(deadline, method, path, _JSON, None if body is None else orjson.dumps(body))

    def unavailable(self, why: str) -> IndexUnavailable:
        return IndexUnavailable(f"Elasticsearch at {self.name} (VIVIER_ELASTICSEARCH) {why}")

    def close(self) -> None:
        self._client.close()

    def _check_version(self, deadline: Deadline) -> None:
        """With headers that every version understands."""
        try:
            said = self._answer(deadline, "GET", "/", {"accept": "application/json"}, None)
        except BadRequest:
            said = None
        version = said.get("version") if isinstance(said, dict) else None
        version = version if isinstance(version, dict) else {}
        product = str(version.get("distribution", "Elasticsearch" if version else "something else"))
        number = str(version.get("number", ""))
        major = number.partition(".")[0]
        if product != "Elasticsearch" or not major.isdigit() or int(major) < OLDEST:
            found = f"{product} {number}".strip()
            needed = f"Elasticsearch {OLDEST} or newer is needed"
            raise Unusable(f"VIVIER_ELASTICSEARCH names {found} at {self.name}; {needed}")
        self._version_checked = True

    def _answer(self, deadline: Deadline, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Any:
        left = deadline.left()
        if left <= 0:
            raise self.unavailable("did not answer in time")
        ask = self._client.transport.perform_request
        try:
            with _tracer.start_as_current_span(f"elasticsearch {method} {path.partition('?')[0]}"):
                meta, answer = ask(method, path, body=body, headers=headers, max_retries=0, request_timeout=left)
        except ConnectionTimeout as error:
            raise self.unavailable("did not answer in time") from error
        except SerializationError as error:
            raise self.unavailable("gave an answer that is no JSON") from error
        except TransportError as error:
            raise self.unavailable("cannot be reached") from error
        if meta.status in _PASSING:
            passing = self.unavailable(f"says {meta.status}: {_reason(answer)}")
            raise Busy(str(passing)) if meta.status in BUSY else passing
        if not 200 <= meta.status < 300:
            raise BadRequest(f"{method} {path}: {meta.status} {_reason(answer)}")
        return answer


class _Json(JsonSerializer):
    mimetype = "application/vnd.elasticsearch+json"

    def json_loads(self, data: bytes) -> Any:
        return orjson.loads(data)


def _reason(answer: Any) -> str:
    error = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(error, dict):
        causes = error.get("root_cause") or [error]
        return f"{causes[0].get('type')}: {causes[0].get('reason')}"
    return str(error or answer)[:200]


def _without_password(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
