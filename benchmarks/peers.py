"""What figures are compared with: the percolator of Elasticsearch 7, and the producer of Kafka's authors.

`uv run python benchmarks/peers.py` fetches and tries both.
"""

import re
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import httpx
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from devtools.engines.elasticsearch import Elasticsearch, Parts
from devtools.engines.fetch import artifact, installed
from devtools.engines.java import java_home
from devtools.engines.kafka import OLDEST_JAVA, Kafka

_PARTS = Parts(
    version="7.17.15",
    base_sha256="2ba93f4efc396f683a179f5b45e7fe1ebf83388612ddc759ccc3f6241be4cf32",
    product_version="9.9.9.104369",
    product_sha256="cfd1fc4e0bb2ff9e68756315234a69e0a62c5be1d3eafddb93497aa6e50ee7ff",
    modules=("analysis-common", "lang-painless", "parent-join", "reindex"),
    megabytes=380,
    oldest_java=17,
    newest_java=17,
)
_MODULE = """name={name}
description={name}
version={version}
classname={plugin}
java.version=1.8
elasticsearch.version={version}
extended.plugins={extends}
"""
_TOOLS_SHA256 = "62f3c5dd7aa3442d4c5bc6a95f86e2502178ea09de8e27f74d9563bf955e253c"
_QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
_RECORDS_A_SECOND = re.compile(r"([\d.]+) records/sec")


class Percolator(Elasticsearch):
    """The newest Elasticsearch whose percolator can be had as a package of its own; stored queries meet a document."""

    name: ClassVar[str] = "elasticsearch-7"
    version: ClassVar[str] = _PARTS.version
    parts: ClassVar[Parts] = _PARTS
    jvm: ClassVar[str] = "-Xms1g -Xmx1g -XX:-AlwaysPreTouch"

    def build(self, folder: Path) -> None:
        super().build(folder)
        (folder / "plugins").mkdir()
        for name, plugin, extends, sha256 in (
            (
                "percolator",
                "org.elasticsearch.percolator.PercolatorPlugin",
                "lang-painless",
                "f6236d110882914b51fcab8addd9c240fc7e5f12c9710bf4709b2f2ca8c94134",
            ),
            (
                "mapper-extras",
                "org.elasticsearch.index.mapper.MapperExtrasPlugin",
                "lang-painless",
                "f3442753cdd134bc5e8f1b1d8c446b75ec7d04619022709132636340614c2f4d",
            ),
        ):
            jar = artifact(f"org.elasticsearch.plugin:{name}-client:{self.version}:jar", sha256, folder.parent)
            module = folder / "modules" / name
            module.mkdir()
            jar.rename(module / jar.name)
            words = _MODULE.format(name=name, version=self.version, plugin=plugin, extends=extends)
            (module / "plugin-descriptor.properties").write_text(words)

    def prepare(self, program: Path, broker: int) -> None:
        """Its garbage collector's log would go below the program, where the server may not write."""
        super().prepare(program, broker)
        place = self.place(broker)
        (place / "logs").mkdir()
        options = place / "config/jvm.options"
        options.write_text(re.sub(r"(?<=[:=])logs/", f"{place}/logs/", options.read_text()))

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(method, self.address + path, json=body, timeout=120)
        answer.raise_for_status()
        return answer.json()


def records_a_second(
    brokers: str, topic: str, records: int, size: int, settings: Mapping[str, object] | None = None
) -> float:
    """What Kafka's own producer reaches on this topic, with records of `size` bytes; acks=all unless set."""
    tools = installed(f"kafka-tools-{Kafka.version}", _fetch_tools, lambda: print("fetching kafka-tools by Maven"))
    program = Kafka(tools).fetch(print)
    java = [java_home(OLDEST_JAVA) / "bin/java", _QUIET, "-cp", f"{tools}/*:{program}/*"]
    said = _run(
        [
            *java,
            "org.apache.kafka.tools.ProducerPerformance",
            *("--bootstrap-server", brokers, "--topic", topic, "--throughput", -1),
            *("--num-records", records, "--record-size", size, "--command-property"),
            *(f"{name}={value}" for name, value in ({"acks": "all"} | dict(settings or {})).items()),
        ]
    )
    return float(_RECORDS_A_SECOND.findall(said)[-1])


def _fetch_tools(folder: Path) -> None:
    jar = artifact(f"org.apache.kafka:kafka-tools:{Kafka.version}:jar", _TOOLS_SHA256, folder.parent)
    jar.rename(folder / jar.name)


def _run(command: Sequence[object]) -> str:
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True).stdout


def _try_percolator(folder: Path) -> None:
    with Percolator(folder) as peer:
        fields = {"query": {"type": "percolator"}, "skill": {"type": "keyword"}}
        peer.ask("PUT", "/people", {"mappings": {"properties": fields}})
        for person, skill in (("ada", "solar"), ("bob", "bikes")):
            peer.ask("PUT", f"/people/_doc/{person}?refresh=true", {"query": {"term": {"skill": skill}}})
        started = time.perf_counter()
        document = {"percolate": {"field": "query", "document": {"skill": "solar"}}}
        found = peer.ask("POST", "/people/_search", {"query": document})
        names = [hit["_id"] for hit in found["hits"]["hits"]]
        print(f"percolator {peer.version}: found {names} in {1000 * (time.perf_counter() - started):.1f} ms")


def _try_producer(folder: Path) -> None:
    with Kafka(folder) as kafka:
        KafkaAdminClient(bootstrap_servers=kafka.address).create_topics([NewTopic("figures", 4, 1)])
        print(f"producer {kafka.version}: {records_a_second(kafka.address, 'figures', 100_000, 1024):,.0f} records/s")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        here.chmod(0o755)
        _try_percolator(here / "percolator")
        _try_producer(here / "kafka")
