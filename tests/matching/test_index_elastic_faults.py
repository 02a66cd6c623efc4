"""The index on Elasticsearch bears a server that is full, gone, frozen, emptied, or no Elasticsearch at all."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from indices import drop, generations
from tcp_proxy import proxy
from throttling_proxy import throttling_proxy

from services.common.values import Point
from services.kit.errors import Unusable
from services.matching.index import IndexUnavailable, SearchQuery
from services.matching.index_elastic import ElasticIndex
from services.matching.index_elastic.server import Deadline
from services.matching.kernel import Codes
from services.referential.france import LANGUAGE
from tests.matching import index_world as world
from tests.matching.index_world import KNOWLEDGE, NOW, an_offer

Opener = Callable[..., ElasticIndex]


def test_a_deleted_index_is_missing_and_never_made_by_a_write(elastic: ElasticIndex, place: tuple[str, str]) -> None:
    elastic.put([an_offer()])
    digest = elastic.digest()
    drop(*place)
    for work in (
        lambda: elastic.put([an_offer(version=2)]),
        lambda: elastic.remove_person("p"),
        lambda: elastic.offer("o"),
        lambda: elastic.search_offers(SearchQuery(as_of=NOW)),
        lambda: elastic.people_for(an_offer()),
        elastic.counts,
        elastic.digest,
    ):
        with pytest.raises(IndexUnavailable):
            work()
    assert generations(*place) == {}
    assert elastic.missing()
    with elastic.rebuilding() as fresh:
        fresh.put([an_offer()])
    assert elastic.digest() == digest
    assert not elastic.missing()


def test_a_write_of_which_the_server_cannot_say_what_it_has_is_not_news(
    elastic: ElasticIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    elastic.put([an_offer("o", version=3)])
    asked = elastic._server.request

    def request(deadline: Deadline, method: str, path: str, body: Any = None) -> Any:
        if "/_mget" in path:
            return {"docs": [{"_id": "o", "error": {"type": "no_shard_available_action_exception"}}]}
        return asked(deadline, method, path, body)

    monkeypatch.setattr(elastic._server, "request", request)
    with pytest.raises(IndexUnavailable):
        elastic.put([an_offer("o", version=2)])


def test_writes_that_a_full_server_refuses_are_tried_again(
    elastic: ElasticIndex, another: Opener, place: tuple[str, str]
) -> None:
    with throttling_proxy(place[0]) as server:
        through = another(server.address)
        server.requests, server.documents = 2, {"o3", "o17"}
        through.put([an_offer(f"o{n}") for n in range(20)])
        assert server.refused == ["request", "request", "o3", "o17"]
        assert through.counts().offers == 20


def test_a_server_that_stays_full_is_unavailable(
    elastic: ElasticIndex, another: Opener, place: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with throttling_proxy(place[0]) as server:
        through = another(server.address)
        monkeypatch.setattr(through, "_seconds", 1.0)
        server.requests = 10**6
        with pytest.raises(IndexUnavailable):
            through.put([an_offer()])
        assert len(server.refused) > 1


@pytest.mark.parametrize(
    "changes", [{"place": Point(91.0, 4.0)}, {"version": -1}, {"id": ""}, {"id": "x" * 600}, {"contract": "x" * 40_000}]
)
def test_a_document_that_the_server_refuses_is_named_and_the_others_go_in(
    elastic: ElasticIndex, changes: dict[str, Any]
) -> None:
    """While a generation is filled it is left out, so that one record never keeps matching from starting."""
    refused = replace(an_offer("refused"), **changes)
    with pytest.raises(ValueError, match="is refused"):
        elastic.put([an_offer("first"), refused])
    assert elastic.offer("first")
    with elastic.rebuilding() as fresh:
        fresh.put([an_offer("first"), refused, an_offer("last")])
    assert elastic.counts().offers == 2


@pytest.mark.parametrize("fault", ["cut", "refuse"])
def test_a_server_that_hangs_or_is_gone_is_unavailable_and_comes_back(
    elastic: ElasticIndex, another: Opener, place: tuple[str, str], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, _, port = place[0].removeprefix("http://").partition(":")
    with proxy(host, int(port)) as between:
        through = another(f"http://{between.address}")
        through.put([an_offer()])
        assert through.search_offers(SearchQuery(as_of=NOW)).total == 1
        monkeypatch.setattr("services.matching.index_elastic.SEARCH_SECONDS", 0.2)
        getattr(between, fault)()
        for ask_it in (lambda: through.search_offers(SearchQuery(as_of=NOW)), lambda: through.offer("o")):
            with pytest.raises(IndexUnavailable, match="VIVIER_ELASTICSEARCH"):
                ask_it()
        between.heal()
        monkeypatch.setattr("services.matching.index_elastic.SEARCH_SECONDS", 20.0)
        assert through.search_offers(SearchQuery(as_of=NOW)).total == 1


class Pretender:
    """Answers every question with the same JSON, or the same status."""

    def __init__(self, said: object) -> None:
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None: ...

            def do_GET(self) -> None:
                self.send_response(said if isinstance(said, int) else 200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(said).encode())

            do_POST = do_GET

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"version": {"number": "8.19.2"}}, "Elasticsearch 8.19.2"),
        ({"version": {"number": "3.2.0", "distribution": "opensearch"}}, "opensearch 3.2.0"),
        ({"hello": "world"}, "something else"),
        ([], "something else"),
        ({"version": "9.1"}, "something else"),
        ({"version": None}, "something else"),
        (301, "something else"),
        (400, "something else"),
    ],
)
def test_what_is_no_elasticsearch_9_is_named_without_the_password(said: object, found: str) -> None:
    server = Pretender(said)
    try:
        index = ElasticIndex(
            f"http://vivier:pass%40word@{server.address}", "", 0, Codes(KNOWLEDGE), LANGUAGE, world.label
        )
        with pytest.raises(Unusable, match=f"VIVIER_ELASTICSEARCH names {found} at http://127.") as refused:
            index.missing()
        assert "word" not in str(refused.value)
    finally:
        server.close()


def test_an_address_that_is_none_is_refused_without_the_password() -> None:
    with pytest.raises(Unusable, match="must look like") as refused:
        ElasticIndex("http://vivier:secret@", "", 0, Codes(KNOWLEDGE), LANGUAGE, world.label)
    assert "secret" not in str(refused.value)
