"""The lock of a folder: one process owns it at a time. `vivier up` does, and hands it over to `vivier move`.

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

MOVE_LOCK, MOVE_REQUEST = "move.lock", "move.asked"
POLL_SECONDS = 0.1
RELEASE_SECONDS = 60.0


class FolderInUse(Exception):
    """Another process owns the folder; the text says which, and what to do."""


class FolderLock:
    """Safe between threads."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._owner_lock = FileLock(home / LOCK, timeout=0, thread_local=False)
        self._move_lock = FileLock(home / MOVE_LOCK, timeout=2, thread_local=False)
        self._request_file = home / MOVE_REQUEST

    def take(self) -> None:
        """Make it this process's own. Raises `FolderInUse`."""
        if self._move_is_running():
            raise FolderInUse(f"`vivier move` is at work on {self._home}: wait for it")
        try:
            self._owner_lock.acquire()
        except Timeout:
            raise FolderInUse(
                f"another vivier is up on {self._home}; stop it, or choose another folder with --home"
            ) from None
        (self._home / LOCK).touch()

    def release(self) -> None:
        """Repeating it is harmless."""
        self._owner_lock.release()

    def is_requested(self) -> bool:
        """Whether `vivier move` waits for it."""
        return self._request_file.exists() and self._move_is_running()

    def hand_over(self, given_up: threading.Event) -> bool:
        """Release it and wait to acquire it again. False, and not acquired, when `given_up` is set meanwhile."""
        self._owner_lock.release()
        while not given_up.wait(POLL_SECONDS):
            if not self.is_requested() and self._acquired():
                return True
        return False

    @contextmanager
    def borrowed(self) -> Iterator[bool]:
        """Owned by this process while the block lasts; yields whether another process owns it otherwise."""
        try:
            self._move_lock.acquire()
        except Timeout:
            raise FolderInUse(f"another `vivier move` is at work on {self._home}: wait for it") from None
        try:
            if in_use := not self._acquired():
                self._request()
            yield in_use
        finally:
            self._owner_lock.release()
            self._move_lock.release()

    def _request(self) -> None:
        self._request_file.touch()
        try:
            self._owner_lock.acquire(timeout=RELEASE_SECONDS, poll_interval=0.02)
        except Timeout:
            raise FolderInUse(f"the vivier that is up on {self._home} does not let go: stop it first") from None
        finally:
            self._request_file.unlink(missing_ok=True)

    def _acquired(self) -> bool:
        try:
            self._owner_lock.acquire(timeout=0)
        except Timeout:
            return False
        return True

    def _move_is_running(self) -> bool:
        try:
            self._move_lock.acquire(timeout=0)
        except Timeout:
            return True
        self._move_lock.release()
        return False
