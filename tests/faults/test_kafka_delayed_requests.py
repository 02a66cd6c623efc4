"""A request that the network holds back comes to the broker minutes late: it does not stand behind newer records then.

There it would be the newest of its key for whoever reads the log after compaction, tombstones notwithstanding.
"""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from engines import private

from devtools.engines.kafka import Kafka
from services.kit.bus import Event, LogUnavailable
from services.kit.bus_kafka import KafkaLog
from services.kit.ids import random_id

TOPIC = "vivier.test.v1"

pytestmark = pytest.mark.timeout(300)


class Lanes:
    """Two ways to a server: connections of before `hold` wait until `release`, those of after `reopen` pass."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._gate = self._held = threading.Event()
        self._gate.set()
        self._carriers: list[tuple[threading.Event, threading.Thread]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self) -> None:
        self._gate.clear()

    def reopen(self) -> None:
        self._gate = threading.Event()
        self._gate.set()

    def release(self) -> None:
        """Returns when the server has had all of it and said goodbye; who still holds a connection says none."""
        self._held.set()
        for gate, carrier in self._carriers:
            if gate is self._held:
                carrier.join(3.0)

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            try:
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            for ends in ((client, server), (server, client)):
                carrier = threading.Thread(target=_carry, args=(*ends, self._gate), daemon=True)
                self._carriers.append((self._gate, carrier))
                carrier.start()


def _carry(source: socket.socket, sink: socket.socket, gate: threading.Event) -> None:
    """Also what the source said before it went away."""
    with suppress(OSError):
        while data := source.recv(65_536):
            gate.wait()
            sink.sendall(data)
    gate.wait()
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


class Behind(Kafka):
    """A broker that clients reach through `lanes` only."""

    lanes: Lanes

    def _settings(self, broker: int) -> Mapping[str, object]:
        self.lanes = Lanes(self.ports(broker)[0])
        return {**super()._settings(broker), "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.lanes.port}"}


@pytest.fixture
def engine() -> Iterator[Behind]:
    with private(Behind) as engine:
        yield engine


def test_what_comes_late_is_not_the_newest(engine: Behind) -> None:
    log = KafkaLog(engine.address)
    log.ensure_topic(TOPIC, 1)
    events = [Event(TOPIC, "person/1", "T", str(n).encode(), random_id(), datetime.now(UTC)) for n in range(9)]
    insist(log, events[:3])
    engine.lanes.hold()
    with pytest.raises(LogUnavailable):
        log.append(events[3:4])
    engine.lanes.reopen()
    for event in events[3:8]:
        insist(log, [event])
    engine.lanes.release()
    insist(log, events[8:])
    numbers = [int(record.event.payload or b"") for record in log.replay(TOPIC)]
    assert sorted(set(numbers)) == list(range(9))
    assert numbers == sorted(numbers), "something old stands behind something new"
    log.close()


def insist(log: KafkaLog, events: list[Event]) -> None:
    """As the relay does."""
    until = time.monotonic() + 60
    while True:
        try:
            return log.append(events)
        except LogUnavailable:
            assert time.monotonic() < until
            time.sleep(0.5)
