"""The only builder of the gateway: settings → channels, schema → an ASGI application that runs."""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import create_model
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from services.gateway.auth.delegation import Delegations
from services.gateway.auth.key_refresh import KeyRefresh
from services.gateway.auth.oauth import issue_token
from services.gateway.auth.tokens import Tokens
from services.gateway.context import AppState, words_for
from services.gateway.graphql.execution import Endpoint
from services.gateway.http import problems
from services.gateway.http.bodies import ARRIVAL, json_response
from services.gateway.http.health import healthz, readyz
from services.gateway.http.slow_client_guard import KEEP_ALIVE_SECONDS, slow_client_guard
from services.gateway.labels import Labels
from services.gateway.live import Broadcast, EventsEndpoint
from services.gateway.schema.build import READERS, schema
from services.gateway.upstreams import Upstream
from services.kit import telemetry
from services.kit.auth import ANYONE
from services.kit.errors import RetryLater
from services.kit.settings import Settings
from services.referential import open_snapshot
from services.registry import SERVICES, chosen

logger = logging.getLogger(__name__)
GRACE_SECONDS = 2
Answers = Callable[[Request], Awaitable[Response]]
SECURITY_HEADERS = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
]
"""Of every answer; no CORS, so browsers of other origins read nothing."""


class GatewaySettings(Settings):
    """Settings of the gateway; SETTINGS has also the address of each upstream, as `NAME_address`."""

    gateway_address: str = "127.0.0.1:8400"
    services: str = ""
    """The services of this installation, with commas; all where it is empty."""
    gateway_seconds: float = 5.0
    """How long one request may take, with all its calls. Its head may take twice as long to arrive, and so its body."""
    gateway_connections: int = 3_000
    """How many may be open at a time, event streams among them; beyond it the answer is 503."""


_ADDRESSES: Mapping[str, Any] = {f"{entry.name}_address": (str, entry.address) for entry in SERVICES if entry.contract}
SETTINGS = create_model("SETTINGS", __base__=GatewaySettings, **_ADDRESSES)


def build(settings: GatewaySettings, on_ready: Callable[[], None]) -> FastAPI:
    """The application. Channels are opened when it starts; `on_ready` is called once it knows the keys of tokens."""
    here = chosen(settings.services)
    upstreams: dict[str, Upstream] = {}
    book, tokens = open_snapshot(settings.referential), Tokens()
    refresh = KeyRefresh(tokens, upstreams, on_ready)
    state = AppState(
        upstreams, book, Labels(book), tokens, refresh, Delegations(upstreams), READERS, settings.gateway_seconds
    )
    broadcast = Broadcast(state)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        for entry in here:
            if entry.contract:
                address = getattr(settings, f"{entry.name}_address")
                secret = settings.secret.get_secret_value()
                upstreams[entry.name] = Upstream(entry.name, entry.contract, address, secret)
        broadcast.start()
        yield
        broadcast.stop()
        refresh.stop()
        await asyncio.gather(*(upstream.close() for upstream in upstreams.values()))

    # Routes that read a body bound it themselves, by who sends it; the span of a request is our own.
    app = FastAPI(lifespan=lifespan, openapi_url=None, telemetry={"tracing": False, "logs": False})
    endpoint = Endpoint(schema(entry.name for entry in here), state)
    app.add_route("/graphql", _route("graphql", endpoint), methods=["POST"])
    app.add_route("/oauth/token", _route("token", partial(issue_token, state)), methods=["POST"])
    app.add_route("/events", _route("events", EventsEndpoint(state, broadcast)))
    app.add_route("/.well-known/jwks.json", _route("keys", partial(_public_keys, state)))
    app.add_route("/healthz", healthz)
    app.add_route("/readyz", _route("readyz", partial(readyz, state)))
    app.add_exception_handler(HTTPException, _http_error)
    app.state.started = refresh.start
    app.state.end_streams = broadcast.stop
    return app


def run(settings: GatewaySettings, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `on_ready` is told the address. Open streams do not delay the end."""
    host, _, port = settings.gateway_address.rpartition(":")
    listener = socket.create_server((host, int(port)))
    address = f"{host}:{listener.getsockname()[1]}"
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio sets it only on sockets that it opened
    app = build(settings, lambda: on_ready(address))
    config = uvicorn.Config(
        app,
        http=slow_client_guard(settings.gateway_seconds * ARRIVAL),
        limit_concurrency=settings.gateway_connections,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        headers=SECURITY_HEADERS,
        log_config=None,
        access_log=False,
        lifespan="on",
    )
    server = _Server(config, app.state.started, app.state.end_streams)
    server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """Calls `on_started`, and ends open streams before it waits for connections to close."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None], end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started
        self._end_streams = end_streams

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            gc.collect()
            gc.freeze()  # schema, referential and code stay for ever: scanning them again costs a third of a query
            self._on_started()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn raises the signal again once it has stopped; here `run` returns, so that its caller can clean up."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)


def _route(name: str, endpoint: Answers) -> Answers:
    """An endpoint inside a span of its own; an unexpected error shows only its trace id."""

    async def answer(request: Request) -> Response:
        with telemetry.server_span(name, request.headers):
            try:
                return await endpoint(request)
            except problems.Problem as problem:
                problems.log_refusal(problem.code, getattr(request.state, "caller", ANYONE), name)
                return problems.problem_response(problem, words_for(request.headers))
            except ClientDisconnect:
                return Response(status_code=400)  # the client is gone
            except Exception:
                logger.exception("%s failed, trace %s", name, telemetry.trace_id())
                return problems.problem_response(problems.internal(), words_for(request.headers))

    return answer


async def _public_keys(state: AppState, _: Request) -> Response:
    try:
        return json_response(state.tokens.public_keys(), headers={"Cache-Control": "public, max-age=300"})
    except RetryLater as error:
        raise problems.unavailable(str(error)) from None


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers: Mapping[str, str] = error.headers or {}
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "BODY_TOO_LARGE"}.get(error.status_code, "REFUSED")
    problems.log_refusal(code, ANYONE, "no such route")
    problem = problems.Problem(error.status_code, code, problems.TITLES.get(error.status_code, "Error"), headers)
    return problems.problem_response(problem, words_for(request.headers))
