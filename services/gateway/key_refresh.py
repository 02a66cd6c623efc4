"""Keeps what the gateway knows of keys and revoked clients at most some seconds old.

No request waits to find out who asks; while `identity` is away the last keys known serve on.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from vivier.identity.v1 import identity_pb2 as pb

from services.gateway.neighbours import Neighbour
from services.gateway.tokens import Tokens
from services.kit.auth import Caller, Role
from services.kit.backoff import Backoff
from services.kit.errors import RetryLater

logger = logging.getLogger(__name__)
FRESH_SECONDS = 5.0
FIRST_PAUSE = 0.25
ASK_SECONDS = 2.0
MYSELF = Caller(Role.SERVICE, "gateway")


class KeyRefresh:
    """`on_ready` is called once the first keys are known. Start and stop it while the event loop runs."""

    def __init__(self, tokens: Tokens, neighbours: Mapping[str, Neighbour], on_ready: Callable[[], None]) -> None:
        self.trouble = "the keys of tokens are not known yet"
        """Why the last try did not succeed; empty when it did."""
        self._tokens = tokens
        self._neighbours = neighbours
        self._on_ready = on_ready
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def refresh(self) -> None:
        """Ask now. What was asked before and is answered later cannot undo it."""
        async with self._one_at_a_time:
            until = time.monotonic() + ASK_SECONDS
            self._tokens.renew(await self._neighbours["identity"].ask("GetKeys", pb.GetKeysRequest(), MYSELF, until))

    async def _run(self) -> None:
        await self._patiently()
        self._on_ready()
        while True:
            await asyncio.sleep(FRESH_SECONDS)
            await self._patiently()

    async def _patiently(self) -> None:
        """Until it is done."""
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
