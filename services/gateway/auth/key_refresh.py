"""Refreshes the keys of tokens and the revoked clients every few seconds.

So no request waits for them; while `identity` is away the last known keys stay in use.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from vivier.identity.v1 import identity_pb2 as pb

from services.gateway.auth.tokens import Tokens
from services.gateway.upstreams import Upstream
from services.kit.auth import Caller, Role
from services.kit.backoff import Backoff
from services.kit.errors import RetryLater

logger = logging.getLogger(__name__)
FRESH_SECONDS = 5.0
FIRST_PAUSE = 0.25
CALL_SECONDS = 2.0
_GATEWAY = Caller(Role.SERVICE, "gateway")


class KeyRefresh:
    """`on_ready` is called once the first keys are known. Start and stop it while the event loop runs."""

    def __init__(self, tokens: Tokens, upstreams: Mapping[str, Upstream], on_ready: Callable[[], None]) -> None:
        self.trouble = "the keys of tokens are not known yet"
        """Why the last try did not succeed; empty when it did."""
        self._tokens = tokens
        self._upstreams = upstreams
        self._on_ready = on_ready
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def refresh(self) -> None:
        """Refresh now. One refresh at a time, so that an older answer never replaces a newer one."""
        async with self._lock:
            until = time.monotonic() + CALL_SECONDS
            self._tokens.replace_keys(await self._upstreams["identity"].call(pb.GetKeysRequest(), _GATEWAY, until))

    async def _run(self) -> None:
        await self._refresh_with_retry()
        self._on_ready()
        while True:
            await asyncio.sleep(FRESH_SECONDS)
            await self._refresh_with_retry()

    async def _refresh_with_retry(self) -> None:
        """Retry until it succeeds."""
        backoff = Backoff(FIRST_PAUSE, FRESH_SECONDS)
        while True:
            try:
                await self.refresh()
            except RetryLater as error:
                self.trouble = str(error)
                logger.warning("the gateway waits for the keys of tokens: %s", error)
            except Exception as error:
                self.trouble = f"{type(error).__name__}: {error}"
                logger.exception("the keys of tokens cannot be renewed")
            else:
                self.trouble = ""
                return
            await asyncio.sleep(backoff.pause())
