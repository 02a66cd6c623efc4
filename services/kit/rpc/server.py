"""The gRPC server of a service: which function serves which call is one table.

A function takes the `Call` and the request and returns the response (an iterator of them where the contract streams).
Before it runs, the internal secret (before anything else of the call is read), the caller and the deadline are checked.
After a `Conflict` with another write the function runs again, a few times. Refusals keep their reason; a passing fault
is UNAVAILABLE with a retry delay; any other error is INTERNAL and shows nothing but its trace id.
"""

import hmac
import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message_factory import GetMessageClass
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status
from opentelemetry import trace

from services.kit import telemetry
from services.kit.auth import METADATA_KEY, Caller, from_metadata
from services.kit.errors import Conflict, Refused, RetryLater
from services.kit.rpc.status import plain_status, refused_status, retry_status

logger = logging.getLogger(__name__)
SECRET_KEY = "vivier-secret"  # noqa: S105 — the name of a metadata key
THREADS = 16
TRIES = 3
LONGEST_PAUSE = 0.05
"""Seconds before another try; random, so that two that were in conflict do not collide again."""

MAX_MESSAGE_BYTES = 8 << 20
HEALTH = "/grpc.health.v1.Health/"
_DO_NOT_RETRY = ("grpc-retry-pushback-ms", "-1")
"""Trailing metadata that tells the client's channel not to retry: it retries only where no server answered."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a function gets besides its request."""

    caller: Caller
    time_remaining: Callable[[], float]  # seconds
    is_active: Callable[[], bool]  # false once the other side has gone


Function = Callable[[Call, Any], Any]


def bound(table: Mapping[str, Callable[[Any, Call, Any], Any]], deps: object) -> Mapping[str, Function]:
    """The table of a service's `server.py`, whose functions take what they depend on first: `(deps, call, request)`."""
    return {name: partial(function, deps) for name, function in table.items()}


class SecretInterceptor(grpc.ServerInterceptor):
    """Refuses calls without the internal secret before their message is read; health checks need none."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._refusal: Any = grpc.stream_stream_rpc_method_handler(_reject)

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        shown = dict(handler_call_details.invocation_metadata).get(SECRET_KEY, "")
        if handler_call_details.method.startswith(HEALTH) or hmac.compare_digest(str(shown).encode(), self._secret):
            return continuation(handler_call_details)
        return self._refusal


def _reject(_: Any, context: grpc.ServicerContext) -> Any:
    _abort(context, plain_status(Code.UNAUTHENTICATED, "SECRET_WRONG", "the internal secret is wrong"))


class Server:
    """Serves the contracts given as (descriptor, table) on one address, with health and reflection."""

    def __init__(self, address: str, secret: str, tables: Iterable[tuple[ServiceDescriptor, Mapping[str, Function]]]):
        self._health = health.HealthServicer()
        self._server = grpc.server(
            ThreadPoolExecutor(THREADS, thread_name_prefix="rpc"),
            interceptors=[SecretInterceptor(secret)],
            options=[("grpc.max_receive_message_length", MAX_MESSAGE_BYTES), ("grpc.so_reuseport", 0)],
        )
        names = [health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME]
        for descriptor, table in tables:
            self._server.add_generic_rpc_handlers((self._handlers(descriptor, table),))
            names.append(descriptor.full_name)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection(names, self._server)
        try:
            port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(f"cannot listen on {address}: is something else there already?") from error
        self.address = address.rpartition(":")[0] + f":{port}"

    def start(self) -> None:
        self._server.start()

    def set_ready(self, ready: bool) -> None:
        """What health checks answer."""
        status = health_pb2.HealthCheckResponse.SERVING if ready else health_pb2.HealthCheckResponse.NOT_SERVING
        self._health.set("", status)

    def stop(self, grace: float) -> None:
        """Refuse new calls, let running ones finish for `grace` seconds."""
        self._health.enter_graceful_shutdown()
        self._server.stop(grace).wait()

    def _handlers(self, descriptor: ServiceDescriptor, table: Mapping[str, Function]) -> grpc.GenericRpcHandler:
        missing = {m.name for m in descriptor.methods} ^ set(table)
        if missing:
            raise LookupError(f"{descriptor.full_name}: contract and table differ in {', '.join(sorted(missing))}")
        handlers = {m.name: self._handler(m, table[m.name]) for m in descriptor.methods}
        return grpc.method_handlers_generic_handler(descriptor.full_name, handlers)

    def _handler(self, method: MethodDescriptor, function: Function) -> "grpc.RpcMethodHandler[Any, Any]":
        request, response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
        name = method.full_name

        def unary(message: Any, context: grpc.ServicerContext) -> Any:
            with self._boundary(name, context) as call:
                return _run(function, call, message)

        def stream(message: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            with self._boundary(name, context, streams=True) as call:
                yield from function(call, message)

        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(stream, request.FromString, response.SerializeToString)
        return grpc.unary_unary_rpc_method_handler(unary, request.FromString, response.SerializeToString)

    @contextmanager
    def _boundary(self, name: str, context: grpc.ServicerContext, streams: bool = False) -> Iterator[Call]:
        metadata = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        started = time.perf_counter()
        with telemetry.server_span(name, metadata):
            try:
                yield self._call(metadata, context, streams)
            except Refused as refusal:
                _abort(context, refused_status(refusal))
            except RetryLater as error:
                logger.warning("%s: %s", name, error)
                _abort(context, retry_status(error))
            except Exception as error:
                if context.code() is not None:  # type: ignore[attr-defined]
                    raise  # aborted on purpose above
                logger.exception("%s failed", name)
                trace.get_current_span().record_exception(error)
                _abort(
                    context, plain_status(Code.INTERNAL, "INTERNAL", f"internal error, trace {telemetry.trace_id()}")
                )
            finally:
                telemetry.rpc_seconds(name, time.perf_counter() - started)

    def _call(self, metadata: Mapping[str, str], context: grpc.ServicerContext, streams: bool) -> Call:
        remaining = context.time_remaining()
        if not streams and (remaining is None or remaining > 3600):
            _abort(context, plain_status(Code.INVALID_ARGUMENT, "DEADLINE_MISSING", "every call needs a deadline"))
        try:
            caller = from_metadata(metadata.get(METADATA_KEY, ""))
        except ValueError:
            _abort(context, plain_status(Code.UNAUTHENTICATED, "CALLER_MISSING", "no caller in the metadata"))
        return Call(caller, lambda: context.time_remaining() or 0.0, context.is_active)


def _run(function: Function, call: Call, message: Any) -> Any:
    """Again after a conflict, while there is time: the transaction was rolled back, ids depend on the request alone."""
    for _ in range(TRIES - 1):
        try:
            return function(call, message)
        except Conflict as conflict:
            logger.debug("once more: %s", conflict)
            pause = random.uniform(0, LONGEST_PAUSE)  # noqa: S311 — no secret
            if call.time_remaining() < pause + LONGEST_PAUSE:
                raise
            time.sleep(pause)
    return function(call, message)


def _abort(context: grpc.ServicerContext, status: Status) -> Any:
    told: Any = rpc_status.to_status(status)
    if status.code == Code.UNAVAILABLE:
        told = told._replace(trailing_metadata=(*told.trailing_metadata, _DO_NOT_RETRY))
    context.abort_with_status(told)
