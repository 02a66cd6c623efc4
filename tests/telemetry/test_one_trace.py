"""With an OTLP endpoint set, one mutation is one trace through every service, and lag and latency are measured."""

import gzip
import threading
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from harness import eventually
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from stack import Stack, quiet

from services.cli.demo import sample_data
from services.cli.demo.load import OFFERS, ORGANISATION, PEOPLE
from services.cli.demo.story import INES, OFFER

METRICS = {"vivier.rpc.duration", "vivier.event.age", "vivier.matching.lag", "vivier.offers.outbox.rows"}


class Collector:
    """Takes what is exported: service → trace id → names of spans; and names of metrics."""

    def __init__(self) -> None:
        self.spans: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.metrics: set[str] = set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.take(self.path, body)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def take(self, path: str, body: bytes) -> None:
        if path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                service = next(a.value.string_value for a in resource.resource.attributes if a.key == "service.name")
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        self.spans[service][span.trace_id.hex()].add(span.name)
        if path == "/v1/metrics":
            for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                self.metrics |= {metric.name for scope in resource.scope_metrics for metric in scope.metrics}


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.server.shutdown()


def test_one_trace_from_the_mutation_to_the_inbox(
    tmp_path: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIVIER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "500")
    running = Stack(tmp_path)
    running.start()
    try:
        organisation = {"input": {"organisation": sample_data.organisations()[0]}}
        employer = running.operator.mutate(ORGANISATION, organisation)
        partner = running.client("PARTNER")
        partner.mutate(PEOPLE, {"input": {"people": [INES]}})
        quiet(running)
        recruiter = running.client("RECRUITER", employer["organisation"]["id"])
        recruiter.mutate(OFFERS, {"input": {"offers": [OFFER], "publish": True}})
        quiet(running)
        eventually(lambda: collector.metrics >= METRICS)
    finally:
        running.supervisor.stop()
    others = ("notifications", "matching", "gateway")
    told = {
        trace: names.union(*(collector.spans[other].get(trace, set()) for other in others))
        for trace, names in collector.spans["profile+offers+identity"].items()
        if "vivier.offers.v1.OffersService.UpsertOffers" in names
    }
    (names,) = told.values()
    assert {
        "vivier.offers.v1.OffersService.UpsertOffers",
        "handle vivier.offers.v1.OfferChanged",
        "handle vivier.matching.v1.OfferMatched",
    } <= names
    assert set(told) & set(collector.spans["gateway"]), "the gateway's own span is part of it"
