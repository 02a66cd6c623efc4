"""A server's process that outlives who started it: found again by its pid file, never mistaken for another's.

The file says when the process was born too. A process that has got the same number later is another, and left alone.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.cli.engines.errors import CannotRun
from services.cli.engines.folders import servers_user

STOP_SECONDS = 20.0
"""Past it a server that was asked to stop is killed."""
_PAUSE = 0.02
_LAST_LINES = 12
_PROC = Path("/proc/self")
"""On Linux; other systems are asked by `ps`."""


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """The server that runs in this folder, with all the processes that it starts."""

    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def start(self, command: Sequence[object], environment: Mapping[str, str]) -> None:
        """In a session of its own, so that neither Ctrl-C nor the end of the terminal reaches it."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 — a server of ours
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, **environment},
                start_new_session=True,
                **servers_user(),
            )
        (self.folder / "pid").write_text(f"{process.pid} {_born(process.pid)}")

    def pid(self) -> int | None:
        """Of the living process; None when it has ended."""
        try:
            pid, _, born = (self.folder / "pid").read_text().partition(" ")
        except FileNotFoundError:
            return None
        return int(pid) if born and _born(int(pid)) == born else None

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join([f"{self.log} ends with", *lines[-_LAST_LINES:]])

    def pause(self) -> None:
        """SIGSTOP to all; the first one first, so that it starts no more."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """kill -9 of all at one moment, as far as anybody can tell: none of them runs any more when the first dies."""
        _kill(self._signal(signal.SIGSTOP))

    def stop(self, how: signal.Signals) -> None:
        """Ask it to end, and kill it when it does not."""
        all_of_it = self._signal(signal.SIGCONT)
        for first in list(all_of_it)[:1]:
            _send(first, how)
        deadline = time.monotonic() + STOP_SECONDS
        while _left(all_of_it):
            if time.monotonic() > deadline:
                return _kill(all_of_it)
            time.sleep(_PAUSE)

    def _signal(self, which: signal.Signals) -> Mapping[int, str]:
        """To the first process, then to all that it started; when each was born."""
        if (pid := self.pid()) is None:
            return {}
        _send(pid, which)
        below = _descendants(pid)
        for each in below:
            _send(each, which)
        return {each: _born(each) for each in (pid, *below)}


def run_to_end(command: Sequence[object], folder: Path) -> None:
    """A tool of a server, as the servers' user. CannotRun tells what it said when it failed."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder, **servers_user())  # noqa: S603
    if done.returncode:
        raise CannotRun(f"{words[0]} failed: {done.stdout}{done.stderr}")


def processes_in(folder: Path) -> list[ServerProcess]:
    """Those that were started for an engine in this folder, dead or alive, in order."""
    return [ServerProcess(pid.parent) for pid in sorted(folder.glob("*/pid"))]


def address_in(folder: Path) -> str:
    """Where the engine in this folder answers; empty when it was never ready or a process of it has ended."""
    try:
        address = (folder / "address").read_text()
    except FileNotFoundError:
        return ""
    return address if all(process.pid() for process in processes_in(folder)) else ""


def _born(pid: int) -> str:
    """When, in units of this system; empty when it has ended, also while its parent has not looked yet."""
    if not _PROC.exists():
        state, _, born = _ps("-o", "stat=,lstart=", "-p", str(pid)).strip().partition(" ")
        return "" if state.startswith("Z") else born
    facts = _facts(pid)
    return "" if facts[:1] in ([], ["Z"], ["X"]) else facts[19]


def _facts(pid: int) -> list[str]:
    """State, parent and more, as Linux tells them; empty when there is none."""
    try:
        return (_PROC.parent / f"{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _parents() -> Mapping[int, int]:
    """Of every process."""
    if not _PROC.exists():
        pairs = [line.split() for line in _ps("-A", "-o", "pid=,ppid=").splitlines()]
        return {int(pid): int(parent) for pid, parent in pairs}
    pids = [int(path.name) for path in _PROC.parent.iterdir() if path.name.isdigit()]
    return {pid: int(facts[1]) for pid in pids if (facts := _facts(pid))}


def _left(pids: Mapping[int, str]) -> list[int]:
    return [pid for pid, born in pids.items() if born and _born(pid) == born]


def _kill(pids: Mapping[int, str]) -> None:
    for pid in _left(pids):
        _send(pid, signal.SIGKILL)
    while _left(pids):
        time.sleep(_PAUSE)


def _descendants(pid: int) -> list[int]:
    parents = _parents()
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found[1:]


def _ps(*arguments: str) -> str:
    return subprocess.run(["ps", *arguments], capture_output=True, text=True, check=False).stdout  # noqa: S603, S607


def _send(pid: int, which: signal.Signals) -> None:
    try:
        os.kill(pid, which)
    except ProcessLookupError:
        return
