"""Bodies of HTTP requests, read within limits, and of answers in JSON."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.http.problems import Problem

ARRIVAL = 2
"""A request may take so many times longer to arrive than to be answered."""
_LAST = {"Connection": "close"}
"""The rest of a body that was not read to its end is not waited for."""


async def limited_body(request: Request, most: int, seconds: float) -> bytes:
    """The body, read no further than `most` bytes, of a request that is answered within so many seconds."""
    data = bytearray()
    try:
        async with asyncio.timeout(seconds * ARRIVAL):
            async for chunk in request.stream():
                data += chunk
                if len(data) > most:
                    raise Problem(413, "BODY_TOO_LARGE", "at most {most} bytes", _LAST, most=str(most))
    except TimeoutError:
        raise Problem(408, "BODY_TOO_SLOW", "at most {most} seconds", _LAST, most=f"{seconds * ARRIVAL:g}") from None
    return bytes(data)


def json_response(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, "application/json")
