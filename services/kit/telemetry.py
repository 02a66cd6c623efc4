"""OpenTelemetry: one trace through GraphQL, gRPC, outbox, log and consumer; metrics for lag and latency.

Traces always have ids (errors name them); they leave the process only when an OTLP endpoint is set.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_TRACE = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("vivier")
_meter = metrics.get_meter("vivier")
_rpc = _meter.create_histogram("vivier.rpc.duration", unit="s", description="time to serve one gRPC call")
_age = _meter.create_histogram("vivier.event.age", unit="s", description="from an event's publication to its effect")


def setup(service: str, endpoint: str) -> Callable[[], None]:
    """Set the providers of this process; returns what closes them. `endpoint` empty: nothing is exported."""
    resource = Resource.create({"service.name": service})
    tracing = TracerProvider(resource=resource)
    closing = ExitStack()
    closing.callback(tracing.shutdown)
    if endpoint:
        closing.callback(_export(tracing, resource, endpoint).shutdown)
    trace.set_tracer_provider(tracing)
    return closing.close


def _export(tracing: TracerProvider, resource: Resource, endpoint: str) -> MeterProvider:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # 80 ms
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    base = endpoint.rstrip("/")
    tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{base}/v1/traces")))
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"{base}/v1/metrics"))
    measuring = MeterProvider(resource=resource, metric_readers=[reader])
    metrics.set_meter_provider(measuring)
    return measuring


@contextmanager
def server_span(name: str, headers: Mapping[str, str]) -> Iterator[None]:
    """The span of serving one call, child of the caller's."""
    with _tracer.start_as_current_span(name, context=extract(headers), kind=SpanKind.SERVER, record_exception=False):
        yield


@contextmanager
def handling_span(name: str, headers: Mapping[str, str]) -> Iterator[None]:
    """The span of handling one record of the log, child of the one in which it was published."""
    with _tracer.start_as_current_span(f"handle {name}", context=extract(headers)):
        yield


def extract(headers: Mapping[str, str]) -> Context:
    """The trace that these headers carry."""
    return _TRACE.extract(headers)


def outgoing_headers() -> dict[str, str]:
    """The current trace as headers for whoever is called next."""
    headers: dict[str, str] = {}
    _TRACE.inject(headers)
    return headers


def trace_id() -> str:
    """The current trace's id, 32 hexadecimal digits: what an error shows and a log line repeats."""
    return format(trace.get_current_span().get_span_context().trace_id, "032x")


def rpc_seconds(method: str, seconds: float) -> None:
    _rpc.record(seconds, {"rpc.method": method})


def event_age(group: str, seconds: float) -> None:
    _age.record(max(seconds, 0.0), {"group": group})


def watch(name: str, unit: str, description: str, read: Callable[[], Mapping[str, float]]) -> None:
    """A gauge that is read when metrics are collected: label → value."""

    def observe(_: CallbackOptions) -> list[Observation]:
        return [Observation(value, {"name": label}) for label, value in read().items()]

    _meter.create_observable_gauge(name, [observe], unit=unit, description=description)
