"""The HTTP side: what is taken, what is refused, what is said when upstreams are away."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from harness import eventually

from services.kit.auth import Role
from services.registry import SERVICES

ME = '{"query": "{ me { role } }"}'
QUERY = "mutation { markRead(input: {ids: []}) { __typename } }"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/graphql", 415),
        ("", 415),
        ("application/json; charset=utf-8", 200),
    ],
)
def test_only_json_is_taken(gateway: Any, kind: str, status: int) -> None:
    assert gateway.http.post("/graphql", content=ME, headers={"Content-Type": kind}).status_code == status


def test_nothing_by_get(gateway: Any, fakes: Any) -> None:
    answer = gateway.http.get("/graphql", params={"query": QUERY})
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    assert fakes.calls() == []


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b",".join([ME.encode()] * 50) + b"]",
        b"",
        b"null",
        b"{}",
        b'{"query": ""}',
        b'{"query": 3}',
        b'{"query": "{ me { role } }", "variables": []}'.replace(b"[]", b"[1]"),
        b'{"query": "{ me { role } }", "operationName": 3}',
        b'{"query": "{ offer(id: \\"\\ud800\\") { id } }"}',
        b'{"query": "query($i: ID!) { offer(id: $i) { id } }", "variables": {"i": "\\udfff"}}',
        b'{"query": "{ me { role } }", "variables": {"x": NaN}}',
        b'{"query": "\xff"}',
        b'{"query": "{ me { role } }", "variables": ' + b"[" * 3000 + b"]" * 3000 + b"}",
    ],
    ids=lambda body: body[:40].decode("latin-1"),
)
def test_a_body_that_is_not_a_graphql_request_is_a_400(gateway: Any, body: bytes) -> None:
    answer = gateway.http.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\u202e", "<script>", "\ufffe", "é" * 500])
def test_hostile_text_is_never_a_500(gateway: Any, text: str) -> None:
    query = "query($t: String!) { occupations(text: $t) { code } places(text: $t) { code } offer(id: $t) { id } }"
    query = query.replace("$t) { id", "$i) { id").replace("$t: String!", "$t: String!, $i: ID!")
    answer = gateway.post(query, "", {"t": text, "i": text})
    assert answer.status_code == 200
    codes = {error["extensions"]["code"] for error in answer.json().get("errors", [])}
    assert codes <= {"INVALID_FIELDS"}
    fields = [f for error in answer.json().get("errors", []) for f in error["extensions"]["fields"]]
    assert all(field["path"] == "text" for field in fields)


def test_bodies_are_bounded_by_who_sends_them(gateway: Any) -> None:
    query, small, large = "{ me { role } }", {"x": " " * (70 << 10)}, {"x": " " * (3 << 20)}
    assert gateway.post(query, "", small).status_code == 413
    assert gateway.post(query, gateway.token(Role.MENTOR, "m"), small).status_code == 413
    assert gateway.post(query, gateway.token(Role.PARTNER, "partner-1"), small).status_code == 200
    too_large = gateway.post(query, gateway.token(Role.PARTNER, "partner-1"), large)
    assert too_large.status_code == 413
    assert too_large.headers["content-type"] == "application/problem+json"


HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n"


@contextmanager
def connected(gateway: Any) -> Iterator[socket.socket]:
    with socket.create_connection((gateway.http.base_url.host, gateway.http.base_url.port), 10) as plain:
        yield plain


def test_a_client_that_disconnects_within_a_body_is_not_logged(quick_gateway: Any) -> None:
    before = quick_gateway.logged()
    for _ in range(3):
        with connected(quick_gateway) as plain:
            plain.sendall(HEAD + b'\r\n{"query": ')
            time.sleep(0.05)
    quick_gateway.query("{ me { role } }")
    assert quick_gateway.logged() == before


def test_a_head_that_trickles_in_is_not_waited_for(quick_gateway: Any) -> None:
    for before in (b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"):
        with connected(quick_gateway) as plain:
            plain.sendall(before + b"GET /healthz HTTP/1.1\r\nX: ")
            assert closed_by_the_other(plain, b"a"), before


def test_a_body_that_trickles_in_is_a_408(quick_gateway: Any) -> None:
    for head in (HEAD, HEAD.replace(b"graphql", b"oauth/token").replace(b"json", b"x-www-form-urlencoded")):
        with connected(quick_gateway) as plain:
            plain.sendall(head + b"\r\n")
            answer = closed_by_the_other(plain, b" ")
            assert answer.startswith(b"HTTP/1.1 408 ")
            assert b'"BODY_TOO_SLOW"' in answer


def test_a_connection_that_works_is_kept(quick_gateway: Any) -> None:
    with connected(quick_gateway) as plain:
        for _ in range(6):
            plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = plain.recv(4096)
            while b"alive" not in answer:
                answer += plain.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200 ")
            time.sleep(0.3)


def test_connections_are_bounded(gateway_with: Any) -> None:
    small = gateway_with(VIVIER_GATEWAY_CONNECTIONS="5")
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(connected(small))
        assert eventually(lambda: small.http.get("/healthz").status_code == 503)
    assert eventually(lambda: small.http.get("/healthz").status_code == 200)


def closed_by_the_other(plain: socket.socket, more: bytes) -> bytes:
    """What was answered until the end, while more goes on coming, byte by byte."""
    answer = b""
    plain.settimeout(0.1)
    until = time.monotonic() + 8
    with suppress(ConnectionError):
        while time.monotonic() < until:
            plain.sendall(more)
            with suppress(TimeoutError):
                if not (got := plain.recv(4096)):
                    return answer or b"closed"
                answer += got
        raise AssertionError("the connection is still open")
    return answer or b"closed"


def refused_lines(gateway: Any, before: str) -> list[str]:
    return [line.partition(":")[2].partition(":")[2] for line in gateway.logged()[len(before) :].splitlines()]


def test_a_refusal_is_one_log_line_without_text_of_the_request(quick_gateway: Any) -> None:
    before, post = quick_gateway.logged(), quick_gateway.http.post
    token = quick_gateway.token(Role.MENTOR, "m")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for query in (
        '{ offer(id: "Zoé Petit", x: 1) { id } }',
        '{ offers(first: "Zoé Petit") { nodes { id } } }',
        '{"Zoé',
    ):
        assert quick_gateway.post(query, token).status_code == 400
    assert post("/graphql", content=b"Zo", headers=headers).status_code == 400
    assert post("/graphql", content=b"Zo").status_code == 415
    assert post("/graphql", content=b"Zo" * (40 << 10), headers=headers).status_code == 413
    assert quick_gateway.http.get("/graphql").status_code == 405
    assert quick_gateway.http.get("/Zo/Petit").status_code == 404
    assert quick_gateway.post("{ me { role } }", "Zo").status_code == 401
    assert post("/oauth/token", data={"grant_type": "Zo"}).status_code == 400
    lines = refused_lines(quick_gateway, before)
    codes = [line.split()[1] for line in lines]
    assert codes == [
        *("INVALID_QUERY", "INVALID_QUERY", "INVALID_QUERY", "NOT_JSON", "NOT_JSON", "BODY_TOO_LARGE"),
        *("METHOD_NOT_ALLOWED", "NOT_FOUND", "INVALID_TOKEN", "unsupported_grant_type"),
    ]
    assert [line for line in lines if "Zo" in line or "Petit" in line] == []
    assert " of mentor/" in lines[0]
    assert " characters at 1:" in lines[0]


def test_every_answer_has_the_security_headers(gateway: Any) -> None:
    for path in ("/healthz", "/nowhere", "/graphql"):
        answer = gateway.http.get(path, headers={"Origin": "https://elsewhere.example"})
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in answer.headers
    assert gateway.http.get("/nowhere").json()["code"] == "NOT_FOUND"
    assert gateway.http.get("/docs").status_code == 404


def test_a_bug_of_an_upstream_shows_only_its_trace(gateway: Any) -> None:
    answer = gateway.post('{ offer(id: "boom") { id } me { role } }')
    assert answer.status_code == 200
    body = answer.json()
    assert body["data"] == {"offer": None, "me": {"role": "anyone"}}
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert len(error["extensions"]["traceId"]) == 32
    assert error["message"] == f"erreur interne, trace {error['extensions']['traceId']}"
    assert "hunter2" not in answer.text
    assert error["extensions"]["traceId"] in gateway.logged()


def test_the_trace_of_the_caller_goes_on(gateway: Any) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    error = gateway.post('{ offer(id: "boom") { id } }', **headers).json()["errors"][0]
    assert error["extensions"]["traceId"] == trace


def test_readiness_and_search_without_an_upstream(gateway: Any, fakes: Any) -> None:
    assert gateway.http.get("/readyz").json() == {"ready": True, "reasons": {}}
    fakes.do("stop", service="matching")
    try:
        started = time.monotonic()
        ready = gateway.http.get("/readyz")
        assert ready.status_code == 503
        assert set(ready.json()["reasons"]) == {"matching"}
        answer = gateway.post("{ offers { totalCount } }")
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert time.monotonic() - started < 6
        half = gateway.post('{ offers { totalCount } offer(id: "o001") { id } }')
        assert half.status_code == 200
        assert half.json()["data"] == {"offers": None, "offer": {"id": "o001"}}
        assert gateway.http.get("/healthz").status_code == 200
        status = gateway.query("{ status { service ready reasons } }", gateway.token(Role.OPERATOR))["status"]
        assert {s["service"]: s["ready"] for s in status} == {
            entry.name: entry.name != "matching" for entry in SERVICES if entry.contract
        }
    finally:
        fakes.do("start", service="matching")
    for _ in range(100):
        if gateway.http.get("/readyz").status_code == 200:
            return
        time.sleep(0.05)
    raise AssertionError("the gateway did not find its upstream again")


def test_the_time_of_a_request_is_passed_on(gateway: Any, fakes: Any) -> None:
    gateway.query('{ offers(text: "slow") { nodes { title } } }')
    first, second = fakes.do("calls")
    assert 4 < first["seconds"] <= 5
    assert second["seconds"] < first["seconds"] - 0.9


def test_no_request_outlives_its_time(quick_gateway: Any) -> None:
    started = time.monotonic()
    answer = quick_gateway.post('{ offers(text: "slow") { totalCount } }')
    assert time.monotonic() - started < 0.95
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
