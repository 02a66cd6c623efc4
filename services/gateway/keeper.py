"""Keeps what the gateway knows of its store fresh, in a thread of its own.

No request waits for the store to find out who asks: keys and revoked clients are at most some seconds old, and while
the store is away the last ones known serve on.
"""

import logging
import threading
from collections.abc import Callable

from services.gateway.tokens import Tokens
from services.kit.backoff import Backoff
from services.kit.errors import RetryLater

logger = logging.getLogger(__name__)
FRESH_SECONDS = 5.0
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 10.0


class Keeper:
    """`prepare` makes the store usable, once; then the tokens are kept fresh. `on_ready` is called after the first."""

    def __init__(self, tokens: Tokens, prepare: Callable[[], object], on_ready: Callable[[], None]) -> None:
        self.trouble = "starting"
        """Why the store does not serve; empty when it does."""
        self._tokens = tokens
        self._prepare = prepare
        self._on_ready = on_ready
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        if self._until_done(self._first):
            self._on_ready()
        while not self._stopping.wait(FRESH_SECONDS):
            self._until_done(self._tokens.reload)

    def _first(self) -> None:
        self._prepare()
        self._tokens.reload()

    def _until_done(self, step: Callable[[], None]) -> bool:
        """False when the gateway stops before."""
        backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE)
        while not self._stopping.is_set():
            try:
                step()
            except RetryLater as error:
                self.trouble = str(error)
                logger.warning("the gateway waits and tries again: %s", error)
            except Exception as error:
                self.trouble = f"{type(error).__name__}: {error}"
                logger.exception("the gateway's store cannot be used")
            else:
                self.trouble = ""
                return True
            self._stopping.wait(backoff.pause())
        return False
