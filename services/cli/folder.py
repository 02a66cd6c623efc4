"""Whose a folder is: one process's at a time. `vivier up` has it, and lends it to `vivier move`.

Who has the folder holds `up.lock`. Who wants to move what is in it holds `move.lock` and asks with the file
`move.asked`. The owner then closes all that it has open there and lets go; it takes the folder back once the other let
go, or has ended: locks go with their process, however that ends. Nothing else passes between the two.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from services.cli.snapshot import LOCK

MOVING, ASKED = "move.lock", "move.asked"
LOOK_SECONDS = 0.1
LET_GO_SECONDS = 60.0


class Taken(Exception):
    """Its text says by whom, and what to do."""


class Folder:
    """Safe between threads."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._own = FileLock(home / LOCK, timeout=0, thread_local=False)
        self._moving = FileLock(home / MOVING, timeout=2, thread_local=False)
        self._asked = home / ASKED

    def take(self) -> None:
        """Make it this process's own. Raises `Taken`."""
        if self._mover_is_there():
            raise Taken(f"`vivier move` is at work on {self._home}: wait for it")
        try:
            self._own.acquire()
        except Timeout:
            raise Taken(
                f"another vivier is up on {self._home}; stop it, or choose another folder with --home"
            ) from None
        (self._home / LOCK).touch()

    def release(self) -> None:
        """Repeating it is harmless."""
        self._own.release()

    def is_wanted(self) -> bool:
        """Is somebody there who asks for it?"""
        return self._asked.exists() and self._mover_is_there()

    def lend(self, given_up: threading.Event) -> bool:
        """Let it go, and wait until it is back. False when it was given up meanwhile: then it is not."""
        self._own.release()
        while not given_up.wait(LOOK_SECONDS):
            if not self.is_wanted() and self._got():
                return True
        return False

    @contextmanager
    def borrowed(self) -> Iterator[bool]:
        """All for this process while the block lasts, which is told whether another has it otherwise."""
        try:
            self._moving.acquire()
        except Timeout:
            raise Taken(f"another `vivier move` is at work on {self._home}: wait for it") from None
        try:
            if lent := not self._got():
                self._ask()
            yield lent
        finally:
            self._own.release()
            self._moving.release()

    def _ask(self) -> None:
        self._asked.touch()
        try:
            self._own.acquire(timeout=LET_GO_SECONDS, poll_interval=0.02)
        except Timeout:
            raise Taken(f"the vivier that is up on {self._home} does not let go: stop it first") from None
        finally:
            self._asked.unlink(missing_ok=True)

    def _got(self) -> bool:
        try:
            self._own.acquire(timeout=0)
        except Timeout:
            return False
        return True

    def _mover_is_there(self) -> bool:
        try:
            self._moving.acquire(timeout=0)
        except Timeout:
            return True
        self._moving.release()
        return False
