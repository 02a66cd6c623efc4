"""The supervisor: a few child processes over one folder, each brought back when it dies, all stopped together."""

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

GROUPS: Sequence[Sequence[str]] = (("profile", "offers", "notifications"), ("matching",), ("gateway",))
"""Which services share a process: measured, see docs/decisions."""
STOP_SECONDS = 2.5
QUICK_DEATH_SECONDS = 5.0
LONGEST_PAUSE = 10.0


class CannotStart(Exception):
    """Its text says what is in the way and what to do."""


@dataclass(slots=True)
class _Child:
    names: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.0
    ready: set[str] = field(default_factory=set)


class Supervisor:
    """Owns the folder `home` while it runs. `on_ready(name, address)` is called for each service, at every start."""

    def __init__(
        self,
        home: Path,
        port: int,
        on_ready: Callable[[str, str], None],
        on_death: Callable[[str, float], None],
        groups: Sequence[Sequence[str]] = GROUPS,
    ) -> None:
        self.home = home
        self.port = port
        self._on_ready = on_ready
        self._on_death = on_death
        self._children = [_Child(names) for names in groups]
        self._stopping = threading.Event()
        self._all_ready = threading.Event()
        self._lock = FileLock(home / "up.lock", timeout=0)
        self._addresses: dict[str, str] = {}

    def start(self) -> None:
        """Start every child. CannotStart when the folder or the port is taken."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.home.chmod(0o700)
        try:
            self._lock.acquire()
        except Timeout:
            raise CannotStart(
                f"another vivier is up on {self.home}; stop it, or choose another folder with --home"
            ) from None
        if self.port and not _is_free(self.port):
            self._lock.release()
            raise CannotStart(f"port {self.port} is busy; choose another with --port, or stop what listens there")
        names = [name for child in self._children for name in child.names]
        ports = free_ports(len(names))
        self._addresses = {name: f"127.0.0.1:{port}" for name, port in zip(names, ports, strict=True)}
        if self.port:
            self._addresses["gateway"] = f"127.0.0.1:{self.port}"
        for child in self._children:
            self._spawn(child)
            threading.Thread(target=self._watch, args=(child,), daemon=True).start()

    def wait_ready(self, seconds: float) -> bool:
        """True once every service has been ready."""
        return self._all_ready.wait(seconds)

    def wait(self) -> None:
        """Until `stop` is called."""
        self._stopping.wait()

    def stop(self) -> None:
        """Ask every child to stop, and end those that do not within a few seconds."""
        self._stopping.set()
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
        self._lock.release()

    def pids(self) -> Mapping[str, int]:
        """The process of each service, as it is now."""
        return {n: child.process.pid for child in self._children if child.process for n in child.names}

    def _spawn(self, child: _Child) -> None:
        child.started = time.monotonic()
        child.process = subprocess.Popen(  # noqa: S603 — our own program and names that we checked
            [sys.executable, "-m", "services", "serve", "--with-parent", *child.names],
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert child.process.stdout is not None
        threading.Thread(target=self._listen, args=(child, child.process.stdout), daemon=True).start()

    def _environment(self) -> dict[str, str]:
        own = {f"VIVIER_{name.upper()}_ADDRESS": address for name, address in self._addresses.items()}
        own["VIVIER_HOME"] = str(self.home)
        own["VIVIER_SECRET"] = os.environ.get("VIVIER_SECRET") or secret_of(self.home)
        return {**os.environ, **own}

    def _listen(self, child: _Child, lines: IO[bytes]) -> None:
        for line in lines:
            try:
                said = json.loads(line)
                name, address = said["ready"], said["address"]
            except (ValueError, TypeError, KeyError):
                sys.stdout.buffer.write(line)
                continue
            child.ready.add(name)
            self._on_ready(name, address)
            if all(set(each.names) <= each.ready for each in self._children):
                self._all_ready.set()

    def _watch(self, child: _Child) -> None:
        while not self._stopping.is_set():
            assert child.process is not None
            child.process.wait()
            if self._stopping.is_set():
                return
            quick = time.monotonic() - child.started < QUICK_DEATH_SECONDS
            child.pause = min(max(child.pause * 2, 0.5), LONGEST_PAUSE) if quick else 0.0
            self._on_death(" + ".join(child.names), child.pause)
            if not self._stopping.wait(child.pause):
                self._spawn(child)


def secret_of(home: Path) -> str:
    """The secret that the services of this folder show each other, made at the first start."""
    path = home / "secret"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32))
    return path.read_text(encoding="utf-8").strip()


def write_private(path: Path, text: str) -> None:
    """A file that only its owner can read, whole or not at all."""
    draft = path.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
