"""The supervisor: a few child processes over one folder, each brought back when it dies, all stopped together.

While `vivier move` has the folder all are down; then they start again, with the engines that it wrote into the folder.
"""

import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import IO

from services.cli.common import UNUSABLE
from services.cli.engine_settings import saved_engines
from services.cli.folder_lock import POLL_SECONDS, FolderInUse, FolderLock
from services.cli.ports import free_ports, is_free, ports_beside
from services.kit.backoff import Backoff
from services.kit.files import write_private
from services.registry import CHOICE, GATEWAY, chosen, groups

STOP_SECONDS = 2.5
QUICK_DEATH_SECONDS = 5.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
MAX_FAILED_STARTS = 3
"""A process that has never been ready is not tried more often: what is wrong will not pass."""


class CannotStart(Exception):
    """Its text says what is in the way and what to do."""


@dataclass(slots=True)
class _Child:
    names: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    backoff: Backoff = field(default_factory=lambda: Backoff(FIRST_PAUSE, LONGEST_PAUSE))
    ready: set[str] = field(default_factory=set)
    was_ready: bool = False
    failed_starts: int = 0

    @property
    def title(self) -> str:
        return " + ".join(self.names)


class Supervisor:
    """Owns the folder `home` while it runs. `on_ready(name, address)` is called for each service, at every start.

    `settings` are VIVIER_… variables for the children; they win over those of the environment, and those over the
    engines of the folder. `processes` are the names of the services in each; as the registry says where none are given.
    `on_pause` is called when `vivier move` takes the folder over.
    """

    def __init__(
        self,
        home: Path,
        port: int,
        on_ready: Callable[[str, str], None],
        on_death: Callable[[str, float], None],
        processes: Sequence[Sequence[str]] = (),
        settings: Mapping[str, str] = MappingProxyType({}),
        on_pause: Callable[[], object] = lambda: None,
    ) -> None:
        self.home = home
        self.port = port
        self.failure = ""
        """Why it gave up; empty while it has not."""
        self.environment: Mapping[str, str] = {}
        """Of the children; known once it has started."""
        self._settings = settings
        self._on_ready = on_ready
        self._on_death = on_death
        self._on_pause = on_pause
        here = {**os.environ, **settings}.get(CHOICE, "")
        self._children = [_Child(names) for names in processes or groups(chosen(here))]
        self._stopping = threading.Event()
        self._children_stopping = threading.Event()  # a new one whenever the children are started
        self._all_ready = threading.Event()
        self._spawning = threading.Lock()
        self._folder = FolderLock(home)
        self._hand_over_thread: threading.Thread | None = None

    def start(self) -> None:
        """Start every child. CannotStart when the folder or the port is taken."""
        self._lock_folder()
        own = self._addresses()
        try:
            self._start_children(own)
        except OSError as error:
            self._folder.release()
            raise CannotStart(str(error)) from None
        self._hand_over_thread = threading.Thread(target=self._hand_over_on_request, args=(own,), daemon=True)
        self._hand_over_thread.start()

    def wait_ready(self, seconds: float) -> bool:
        """True once every service is ready; False when it has not become so in time, or it gave up."""
        return self._all_ready.wait(seconds) and not self.failure

    def wait(self) -> None:
        """Until `stop` is called, or it gave up."""
        self._stopping.wait()

    def missing(self) -> list[str]:
        """The services that are not ready now."""
        return [name for child in self._children for name in child.names if name not in child.ready]

    def stop(self) -> None:
        """Ask every child to stop, and end those that do not within a few seconds. Repeating it is harmless."""
        self._stopping.set()
        self._stop_children()
        if self._hand_over_thread is not None:
            self._hand_over_thread.join()
        self._folder.release()

    def _start_children(self, own: Mapping[str, str]) -> None:
        self.environment = {**saved_engines(self.home), **os.environ, **self._settings, **own}
        stopping = self._children_stopping = threading.Event()
        for child in self._children:
            self._spawn(child, stopping)
            threading.Thread(target=self._watch, args=(child, stopping), daemon=True).start()

    def _hand_over_on_request(self, own: Mapping[str, str]) -> None:
        """Stop the children while `vivier move` has the folder; then start them again, with the engines it names."""
        while not self._stopping.wait(POLL_SECONDS):
            if self._folder.is_requested():
                self._on_pause()
                self._stop_children()
                if self._folder.hand_over(self._stopping):
                    self._restart_children(own)

    def _restart_children(self, own: Mapping[str, str]) -> None:
        try:
            self._start_children(own)
        except OSError as error:
            self._give_up(str(error))

    def _stop_children(self) -> None:
        self._children_stopping.set()
        with self._spawning:
            running = [child.process for child in self._children if child.process is not None]
        for process in running:
            process.terminate()
        until = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(until - time.monotonic(), 0.01))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def pids(self) -> Mapping[str, int]:
        """The process of each service, as it is now."""
        return {n: child.process.pid for child in self._children if child.process for n in child.names}

    def _lock_folder(self) -> None:
        try:
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.home.chmod(0o700)
            self._folder.take()
        except FolderInUse as obstacle:
            raise CannotStart(str(obstacle)) from None
        except OSError as error:
            raise CannotStart(f"{self.home} cannot hold Vivier's data ({error.strerror}): choose another") from None
        if self.port and not is_free(self.port):
            self._folder.release()
            raise CannotStart(f"port {self.port} is busy; choose another with --port, or stop what listens there")

    def _addresses(self) -> Mapping[str, str]:
        """The addresses and other settings that the children share."""
        names = [name for child in self._children for name in child.names if name != GATEWAY]
        port = self.port or free_ports(1)[0]
        beside = zip(names, ports_beside(port, len(names)), strict=True)
        own = {f"VIVIER_{name.upper()}_ADDRESS": f"127.0.0.1:{each}" for name, each in beside}
        own["VIVIER_GATEWAY_ADDRESS"] = f"127.0.0.1:{port}"
        own["VIVIER_HOME"] = str(self.home)
        own["VIVIER_SECRET"] = os.environ.get("VIVIER_SECRET") or secret_of(self.home)
        return own

    def _spawn(self, child: _Child, stopping: threading.Event) -> None:
        with self._spawning:
            if self._stopping.is_set() or stopping.is_set():
                return
            child.ready.clear()
            child.started = time.monotonic()
            child.process = subprocess.Popen(  # noqa: S603 — our own program and names that we checked
                [sys.executable, "-m", "services", "serve", "--with-parent", *child.names],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
        assert child.process.stdout is not None
        threading.Thread(target=self._listen, args=(child, child.process.stdout), daemon=True).start()

    def _listen(self, child: _Child, lines: IO[bytes]) -> None:
        for line in lines:
            try:
                said = json.loads(line)
                name, address = said["ready"], said["address"]
            except (ValueError, TypeError, KeyError):
                sys.stdout.write(line.decode(errors="replace"))
                sys.stdout.flush()
                continue
            child.ready.add(name)
            child.was_ready |= not set(child.names) - child.ready
            self._on_ready(name, address)
            if not self.missing():
                self._all_ready.set()

    def _watch(self, child: _Child, stopping: threading.Event) -> None:
        while not stopping.is_set():
            assert child.process is not None
            status = child.process.wait()
            if stopping.is_set():
                return
            quick = time.monotonic() - child.started < QUICK_DEATH_SECONDS
            if not quick:
                child.backoff.reset()
            pause = child.backoff.pause() if quick else 0.0
            child.ready.clear()
            child.failed_starts += not child.was_ready
            if child.failed_starts >= MAX_FAILED_STARTS or (status == UNUSABLE and not child.was_ready):
                self._give_up(f"{child.title} cannot start: what it said above tells why")
                return
            self._on_death(child.title, pause)
            if not stopping.wait(pause):
                self._spawn(child, stopping)

    def _give_up(self, why: str) -> None:
        self.failure = why
        self._all_ready.set()
        self._stopping.set()
        self._children_stopping.set()


def secret_of(home: Path) -> str:
    """The secret with which the services of this folder authenticate to each other, made at the first start."""
    path = home / "secret"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32))
    return path.read_text(encoding="utf-8").strip()
