"""A server's process that outlives who started it: found again by its pid file, never mistaken for another's.

The file says when the process was born too. A process that has got the same number later is another, and left alone.
"""

import math
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from devtools.engines.errors import CannotRun
from devtools.engines.folders import servers_user

STOP_SECONDS = 20.0
"""Past it a server that was asked to stop is killed."""
_PAUSE = 0.02
_LAST_LINES = 12


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
        (self.folder / "pid").write_text(f"{process.pid} {_born(psutil.Process(process.pid))}")

    def pid(self) -> int | None:
        """Of the living process; None when it has ended."""
        found = self._first()
        return found.pid if found else None

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join([f"{self.log} ends with", *lines[-_LAST_LINES:]])

    def pause(self) -> None:
        """SIGSTOP to all; the first one first, so that it starts no more."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """kill -9 of all at once: all are stopped before the first is killed."""
        _kill(self._signal(signal.SIGSTOP))

    def stop(self, how: signal.Signals) -> None:
        """Ask it to end, and kill it when it does not."""
        all_of_it = self._signal(signal.SIGCONT)
        for first in all_of_it[:1]:
            _send(first, how)
        if not _ended_within(STOP_SECONDS, all_of_it):
            _kill(all_of_it)

    def _first(self) -> psutil.Process | None:
        with suppress(FileNotFoundError, psutil.NoSuchProcess):
            pid, _, born = (self.folder / "pid").read_text().partition(" ")
            found = psutil.Process(int(pid))
            return found if _born(found) == born and _runs(found) else None
        return None

    def _signal(self, which: signal.Signals) -> list[psutil.Process]:
        """To the first process, then to all that it started."""
        first = self._first()
        if first is None:
            return []
        _send(first, which)
        below: list[psutil.Process] = []
        with suppress(psutil.NoSuchProcess):
            below = first.children(recursive=True)
        for each in below:
            _send(each, which)
        return [first, *below]


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


def _born(process: psutil.Process) -> str:
    """In hundredths of a second after this machine started, which no jump of the clock changes."""
    return str(round((process.create_time() - psutil.boot_time()) * 100))


def _runs(process: psutil.Process) -> bool:
    """False for a zombie: it has ended and its parent has not reaped it yet."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    return False


def _ended_within(seconds: float, processes: Iterable[psutil.Process]) -> bool:
    deadline = time.monotonic() + seconds
    while any(map(_runs, processes)):
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True


def _kill(processes: Sequence[psutil.Process]) -> None:
    for each in processes:
        _send(each, signal.SIGKILL)
    _ended_within(math.inf, processes)


def _send(process: psutil.Process, which: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(which)
