"""An engine of one test file alone behind a proxy, and the faults that tests inject."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from engines import private
from harness import eventually
from stack import START_SECONDS, Stack
from tcp_proxy import Proxy

from devtools.engines.engine import Engine
from devtools.engines.kafka import Kafka

Fault = Callable[["ProxiedEngine"], AbstractContextManager[None]]


@dataclass(frozen=True)
class ProxiedEngine:
    """An engine and the only way to it that its clients know."""

    engine: Engine
    proxy: Proxy

    @property
    def address(self) -> str:
        """For its setting."""
        return self.engine.address.replace(f":{self.engine.ports(0)[0]}", f":{self.proxy.port}")

    def heal(self) -> None:
        self.proxy.heal()
        self.engine.resume()
        self.engine.start()


class ProxiedKafka(Kafka):
    """A broker that tells its clients to come through its proxy."""

    def prepare(self, program: Path, broker: int) -> None:
        super().prepare(program, broker)
        self.proxy = Proxy("127.0.0.1", self.ports(broker)[0])
        file = self.place(broker) / "server.properties"
        through = f"advertised.listeners=PLAINTEXT://{self.proxy.address}"
        file.write_text(re.sub("^advertised.listeners=.*$", through, file.read_text(), flags=re.MULTILINE))


@contextmanager
def proxied(kind: Callable[[Path], Engine]) -> Iterator[ProxiedEngine]:
    """Started, until the block ends. Of Kafka it is `ProxiedKafka`, since clients go where the broker says."""
    with private(kind) as engine:
        way = engine.proxy if isinstance(engine, ProxiedKafka) else Proxy("127.0.0.1", engine.ports(0)[0])
        with closing(way):
            yield ProxiedEngine(engine, way)


@contextmanager
def killed(it: ProxiedEngine) -> Iterator[None]:
    it.engine.kill()
    yield
    it.engine.start()


@contextmanager
def frozen(it: ProxiedEngine) -> Iterator[None]:
    it.engine.pause()
    yield
    it.engine.resume()


@contextmanager
def slow(it: ProxiedEngine) -> Iterator[None]:
    it.proxy.delay(0.1)
    yield
    it.proxy.heal()


@contextmanager
def unplugged(it: ProxiedEngine) -> Iterator[None]:
    """No byte passes, and nobody is told."""
    it.proxy.cut()
    yield
    it.proxy.heal()


@contextmanager
def flapping(it: ProxiedEngine) -> Iterator[None]:
    """Connections break all the time."""
    enough = threading.Event()

    def break_on() -> None:
        while not enough.wait(0.5):
            it.proxy.reset()

    breaking = threading.Thread(target=break_on)
    breaking.start()
    try:
        yield
    finally:
        enough.set()
        breaking.join()


def told_to_be_missing(it: ProxiedEngine, setting: str, running: Stack, capfd: pytest.CaptureFixture[str]) -> None:
    """A system that starts without this engine lives, is not ready, and says which setting names what is not there."""
    heard: list[str] = []

    def sentence() -> bool:
        heard.extend(capfd.readouterr().err.splitlines())
        return any(setting in line and it.proxy.address in line for line in heard)

    eventually(sentence, START_SECONDS)
    assert [line for line in heard if " services." not in line] == [], "we say it, not each of our libraries"
    eventually(lambda: running.page("healthz") == (200, {"alive": True}), START_SECONDS)
    status, body = running.page("readyz")
    assert (status, body["ready"], bool(body["reasons"])) == (503, False, True)


FAULTS: tuple[Fault, ...] = (killed, frozen, slow, unplugged, flapping)
