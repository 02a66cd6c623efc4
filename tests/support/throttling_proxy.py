"""An HTTP proxy before Elasticsearch that refuses writes as a server whose queues are full does."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError

_HEADERS = ("Accept", "Content-Type")
_FULL = {"type": "es_rejected_execution_exception", "reason": "rejected execution: queue capacity is full"}


class ThrottlingProxy:
    """`address` stands for the server's; what it is to refuse is set at any time."""

    def __init__(self, server: str) -> None:
        self.requests = 0  # so many of the next bulk requests are refused as a whole
        self.documents: set[str] = set()  # of these the next write is refused, and the one after goes through
        self.refused: list[str] = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None: ...

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                given = {name: self.headers[name] for name in _HEADERS if name in self.headers}
                self._answer(*proxy.answer(server, self.command, self.path, given, body))

            do_GET = do_PUT = do_DELETE = do_POST

            def _answer(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("X-Elastic-Product", "Elasticsearch")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._http.server_address[1]}"

    def answer(
        self, server: str, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, str, bytes]:
        if "_bulk" not in path:
            return _forward(server, method, path, headers, body)
        if self.requests:
            self.requests -= 1
            self.refused.append("request")
            return 429, "application/json", json.dumps({"error": _FULL, "status": 429}).encode()
        return self._bulk(server, path, headers, body)

    def _bulk(self, server: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        lines = body.splitlines(keepends=True)
        names = [json.loads(line)["index"]["_id"] for line in lines[::2]]
        let_in = [at for at, name in enumerate(names) if name not in self.documents]
        rest = b"".join(lines[2 * at] + lines[2 * at + 1] for at in let_in)
        items: list[Any] = [{"index": {"status": 429, "error": _FULL}} for _ in names]
        kind = "application/json"
        if rest:
            _, kind, said = _forward(server, "POST", path, headers, rest)
            for at, item in zip(let_in, json.loads(said)["items"], strict=True):
                items[at] = item
        self.refused += [name for name in names if name in self.documents]
        self.documents -= set(names)
        return 200, kind, json.dumps({"items": items}).encode()

    def serve(self) -> None:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


def _forward(server: str, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
    request = urllib.request.Request(server + path, body or None, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.headers["Content-Type"], response.read()
    except HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read()


@contextmanager
def throttling_proxy(server: str) -> Iterator[ThrottlingProxy]:
    proxy = ThrottlingProxy(server)
    proxy.serve()
    try:
        yield proxy
    finally:
        proxy.close()
