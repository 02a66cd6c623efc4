"""/healthz says that the process is alive, /readyz whether its upstreams answer."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from services.gateway.context import AppState
from services.gateway.http.bodies import json_response

READY_SECONDS = 1.0


async def healthz(_: Request) -> Response:
    return json_response({"alive": True})


async def readyz(state: AppState, _: Request) -> Response:
    names = list(state.upstreams)
    found = await asyncio.gather(*(state.upstreams[name].trouble(READY_SECONDS) for name in names))
    reasons = {name: reason for name, reason in zip(names, found, strict=True) if reason}
    if trouble := state.key_refresh.trouble:
        reasons.setdefault("identity", trouble)
    return json_response({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)
