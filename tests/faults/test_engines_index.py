"""Elasticsearch dies, freezes, loses its index or cannot be reached under load; nothing is lost or doubled.

Meanwhile writing goes on, and a search says "try again later" at once.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import indices
import pytest
from fault_injection import FAULTS, Fault, ProxiedEngine, frozen, killed, proxied, told_to_be_missing, unplugged
from harness import eventually
from installation import on_engines
from load_checker import PATIENCE, TEST_SECONDS, LoadChecker, longer
from stack import ONE_EACH, Bearer, Stack, begun, stack

from devtools.engines.elasticsearch import Elasticsearch

pytestmark = pytest.mark.timeout(TEST_SECONDS)
SEARCH = '{ offers(text: "vélo", first: 5) { nodes { id } } }'
GATEWAY_SECONDS = 5.0
"""VIVIER_GATEWAY_SECONDS as it is when nobody sets it: who is answered later was not told, but timed out."""


@pytest.fixture(scope="module")
def elastic() -> Iterator[ProxiedEngine]:
    with proxied(Elasticsearch) as one:
        yield one


@pytest.fixture(scope="module")
def system(elastic: ProxiedEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("home")
    with on_engines(elasticsearch=elastic.address) as settings, stack(home, settings, ONE_EACH) as started:
        yield started


@pytest.fixture
def running(system: Stack, elastic: ProxiedEngine) -> Iterator[Stack]:
    yield system
    elastic.heal()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_index_loses_and_doubles_nothing(
    running: Stack, elastic: ProxiedEngine, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    checker = LoadChecker(running)
    with checker.load():
        checker.has_written(8)
        with fault(elastic):
            if fault in (killed, frozen, unplugged):
                said = ", ".join(f"{seconds * 1e3:.0f}" for seconds in refused_searches(running))
                record_property("measured", f"search while Elasticsearch is {fault.__name__}: 503 after {said} ms")
            checker.has_written(8)  # with the index or without it
            time.sleep(longer(4))
        checker.has_written(8)
    checker.check()


def refused_searches(running: Stack) -> list[float]:
    """How many seconds each took, until it said to come back later."""
    reader = Bearer(running.operator.url, running.operator.token())
    times = []
    for _ in range(5):
        started = time.monotonic()
        answer = reader.post(SEARCH)
        times.append(time.monotonic() - started)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1"), answer.text
        assert {each["extensions"]["code"] for each in answer.json()["errors"]} == {"UNAVAILABLE"}
    assert max(times) < GATEWAY_SECONDS
    return sorted(times)


def test_an_index_deleted_under_load_is_filled_again(running: Stack, elastic: ProxiedEngine) -> None:
    place = elastic.address, running.settings["VIVIER_NAMESPACE"]
    checker = LoadChecker(running)
    with checker.load():
        checker.has_written(10)
        before = indices.generations(*place)
        indices.drop(*place)
        checker.has_written(5)
        eventually(lambda: len(indices.generations(*place)) == len(before), PATIENCE)
        checker.has_written(5)
    checker.check()


def test_a_start_without_the_index(elastic: ProxiedEngine, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    elastic.proxy.refuse()
    with on_engines(elasticsearch=elastic.address) as settings, begun(tmp_path, settings) as running:
        told_to_be_missing(elastic, "VIVIER_ELASTICSEARCH", running, capfd)
        elastic.heal()
        running.wait_ready()
        checker = LoadChecker(running)
        checker.write(3)
        checker.check()


class Pretender(BaseHTTPRequestHandler):
    """What a server of another kind answers to everybody who asks what it is."""

    version: ClassVar[dict[str, Any]] = {}

    def do_GET(self) -> None:
        body = json.dumps({"name": "node-1", "cluster_name": "search", "version": self.version}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def pretending(**version: str) -> Iterator[str]:
    handler = type("Handler", (Pretender,), {"version": version})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ({"number": "8.19.2", "build_flavor": "default"}, "Elasticsearch 8.19.2"),
        ({"number": "3.3.0", "distribution": "opensearch"}, "opensearch 3.3.0"),
    ],
)
def test_a_server_of_another_kind_is_refused_in_one_sentence(
    tmp_path: Path, version: dict[str, str], found: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pretending(**version) as address, begun(tmp_path, {"VIVIER_ELASTICSEARCH": address}, [("matching",)]):
        said: list[str] = []
        eventually(lambda: said.extend(capfd.readouterr().err.splitlines()) or said, PATIENCE)
    (sentence,) = said
    assert all(words in sentence for words in ("VIVIER_ELASTICSEARCH", found, address, "9 or newer"))
