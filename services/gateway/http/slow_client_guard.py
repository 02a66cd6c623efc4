"""Connections to the outside: how many there may be, and how long one may take to say what it wants."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

KEEP_ALIVE_SECONDS = 5


def slow_client_guard(seconds: float) -> type[H11Protocol]:
    """HTTP/1.1 that closes a connection on which no whole head of a request has come in time, however it trickles in.

    uvicorn itself only closes those that are silent after an answer. Bodies are bounded by who reads them.
    """

    class SlowClientGuard(H11Protocol):
        _waiting: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._wait_for_a_head()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._wait_for_a_head()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            if self._waiting:
                self._waiting.cancel()

        def _wait_for_a_head(self) -> None:
            answering = self.cycle is not None and not self.cycle.response_complete
            if answering and self._waiting:
                self._waiting.cancel()
                self._waiting = None
            elif not answering and self._waiting is None:
                self._waiting = self.loop.call_later(seconds, self.transport.abort)

    return SlowClientGuard
