"""Apache Kafka, without ZooKeeper: one broker, or three that keep every record twice or more."""

import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from devtools.engines.engine import Engine
from devtools.engines.fetch import installed, jars
from devtools.engines.java import java_home
from devtools.engines.process import run_to_end

OLDEST_JAVA = 17
_JARS_SHA256 = "929899bc0205a413e019af82b4ea9cd72ca842beec55d2912c6e09780eb2d3d6"
_CLUSTER = "dml2aWVyLWVuZ2luZXMtMQ"
"""A cluster's name is 16 bytes in base64."""
_LARGEST_RECORD = 24 * 1024 * 1024
"""More than the largest record that a test sends, 20 MB."""


class Kafka(Engine):
    name: ClassVar[str] = "kafka"
    version: ClassVar[str] = "4.3.1"
    ports_each: ClassVar[int] = 2
    jvm: ClassVar[Sequence[str]] = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
    """Quick to start and content with little; a benchmark wants the second compiler too."""

    def __init__(self, folder: Path, brokers: int | None = None) -> None:
        """With as many brokers as the folder has data of, or one, when nothing is said."""
        super().__init__(folder)
        self.brokers = brokers or self.brokers_before() or 1

    def fetch(self, say: Callable[[str], None]) -> Path:
        return installed(
            f"kafka-{self.version}",
            lambda folder: jars(Path(__file__).with_name("pom.xml"), _JARS_SHA256, folder),
            lambda: say(f"fetching {self.version} by Maven, once: 44 MB"),
        )

    def prepare(self, program: Path, broker: int) -> None:
        settings = self.place(broker) / "server.properties"
        settings.write_text("".join(f"{name}={value}\n" for name, value in self._settings(broker).items()))
        tool = [*_java(program), "kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", settings]
        run_to_end(tool, self.place(broker))

    def command(self, program: Path, broker: int) -> tuple[Sequence[object], Mapping[str, str]]:
        return [*_java(program), *self.jvm, "kafka.Kafka", self.place(broker) / "server.properties"], {}

    @property
    def address(self) -> str:
        return ",".join(self._at(broker) for broker in range(self.brokers))

    def answers(self) -> bool:
        """Every broker knows all of them."""
        return all(_brokers_known_to(self._at(broker)) == self.brokers for broker in range(self.brokers))

    def _at(self, broker: int) -> str:
        return f"127.0.0.1:{self.ports(broker)[0]}"

    def _settings(self, broker: int) -> Mapping[str, object]:
        replicas = self.brokers
        client, controller = self.ports(broker)
        voters = ",".join(f"{each}@127.0.0.1:{self.ports(each)[1]}" for each in range(self.brokers))
        return {
            "process.roles": "broker,controller",
            "node.id": broker,
            "controller.quorum.voters": voters,
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{client}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": self.place(broker) / "data",
            "auto.create.topics.enable": "false",
            "default.replication.factor": replicas,
            "min.insync.replicas": min(2, replicas),
            "offsets.topic.replication.factor": replicas,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": min(2, replicas),
            "transaction.state.log.num.partitions": 4,
            "share.coordinator.state.topic.replication.factor": replicas,
            "share.coordinator.state.topic.min.isr": min(2, replicas),
            "share.coordinator.state.topic.num.partitions": 4,
            "message.max.bytes": _LARGEST_RECORD,
            "replica.fetch.max.bytes": _LARGEST_RECORD,
            **_QUICK,
        }


_QUICK = {
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,
    "log.cleaner.backoff.ms": 500,
    "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
    "log.retention.check.interval.ms": 1000,
    "log.segment.delete.delay.ms": 1000,
}
"""What a test waits for comes within seconds: a new member, a dead broker found, compaction, what is deleted gone."""


def _java(program: Path) -> Sequence[object]:
    return (java_home(OLDEST_JAVA) / "bin/java", "-cp", f"{program}/*")


def _brokers_known_to(address: str) -> int:
    """0 while it does not answer."""
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    host, _, port = address.partition(":")
    try:
        socket.create_connection((host, int(port))).close()
        client = KafkaAdminClient(bootstrap_servers=address, request_timeout_ms=2000, bootstrap_timeout_ms=2000)
    except (OSError, KafkaError):
        return 0
    try:
        return len(client.describe_cluster()["brokers"])
    except KafkaError:
        return 0
    finally:
        client.close()
