"""What every engine can do: start, stop, be killed and restart on the same data, at the same address."""

import json
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar, Self

from devtools.engines.errors import CannotRun
from devtools.engines.folders import clear, give_to_servers_user, readable
from devtools.engines.process import ServerProcess, address_in
from services.cli.ports import free_ports

READY_SECONDS = 180.0
"""A dozen do on a machine of its own; one that is shared by many takes ten times as long."""
_PAUSE = 0.1


class Engine(ABC):
    """A server, or several that work together, on free ports of this machine, with all its data in one folder.

    The folder keeps the ports too, so another process can make the same object and go on with it. As root, all folders
    above it must be open to others (mode 755): the servers run as nobody.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    ports_each: ClassVar[int] = 1
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    brokers: int = 1
    """How many servers it is made of; only Kafka has more than one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    @abstractmethod
    def fetch(self, say: Callable[[str], None]) -> Path:
        """The program's folder, fetched if need be."""

    @abstractmethod
    def prepare(self, program: Path, broker: int) -> None:
        """Settings and empty data in `self.place(broker)`, before the first start."""

    @abstractmethod
    def command(self, program: Path, broker: int) -> tuple[Sequence[object], Mapping[str, str]]:
        """What to run, with which additions to the environment; it names `self.place(broker)`."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether all of it is ready, asked by its own protocol."""

    @property
    @abstractmethod
    def address(self) -> str:
        """For the setting of the same name; it stays the same, dead or alive, once there was a start."""

    def up(self) -> bool:
        """Whether it was ready, and none of its processes has ended since."""
        return bool(address_in(self.folder))

    def alive(self) -> bool:
        return all(self.process(broker).pid() for broker in range(self.brokers))

    def start(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Start what does not run, and wait until it answers. CannotRun names the log when it does not."""
        program = self.fetch(say)
        said = self.folder / "address"
        with readable():
            self._take_ports()
        said.unlink(missing_ok=True)
        say("starting")
        try:
            with readable():
                for broker in range(self.brokers):
                    self._start(program, broker)
            self._wait()
        except BaseException:
            self.stop()
            raise
        said.touch(mode=0o600)
        said.write_text(self.address)

    def stop(self) -> None:
        """Gently, all at once."""
        with ThreadPoolExecutor(self.brokers) as threads:
            list(threads.map(lambda broker: self.process(broker).stop(self.stop_signal), range(self.brokers)))

    def kill(self, broker: int = 0) -> None:
        """kill -9, with all that it started."""
        self.process(broker).kill()

    def pause(self, broker: int = 0) -> None:
        """SIGSTOP: it keeps its connections and answers nothing."""
        self.process(broker).pause()

    def resume(self, broker: int = 0) -> None:
        self.process(broker).resume()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def place(self, broker: int) -> Path:
        return self.folder / str(broker)

    def process(self, broker: int) -> ServerProcess:
        return ServerProcess(self.place(broker))

    def ports(self, broker: int) -> Sequence[int]:
        kept: list[list[int]] = json.loads((self.folder / "ports").read_text())
        return kept[broker]

    def brokers_before(self) -> int:
        """How many it had at the first start; 0 before."""
        file = self.folder / "ports"
        return len(json.loads(file.read_text())) if file.exists() else 0

    def _take_ports(self) -> None:
        """Only once: after a crash clients must find it at the same address."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "ports"
        if not file.exists():
            free = free_ports(self.brokers * self.ports_each)
            file.write_text(json.dumps([free[i :: self.brokers] for i in range(self.brokers)]))
        if (before := self.brokers_before()) != self.brokers:
            raise CannotRun(f"there are data of {before}, not {self.brokers}, in {self.folder}")

    def _start(self, program: Path, broker: int) -> None:
        place = self.place(broker)
        if self.process(broker).pid():
            return
        if not (place / "prepared").exists():
            clear(place)
            place.mkdir()
            give_to_servers_user(place)
            self.prepare(program, broker)
            (place / "prepared").touch()
            give_to_servers_user(place)
        command, environment = self.command(program, broker)
        self.process(broker).start(command, environment)

    def _wait(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not self.answers():
            for broker in range(self.brokers):
                if not self.process(broker).pid():
                    raise CannotRun(f"{self.name} ended while it started; {self.process(broker).last_words()}")
            if time.monotonic() > deadline:
                raise CannotRun(f"{self.name} is not ready after {READY_SECONDS:g} s; {self.process(0).last_words()}")
            time.sleep(_PAUSE)
