"""Real servers for development and tests, without Docker: Kafka, Elasticsearch and PostgreSQL on this machine.

`vivier engines up` keeps one of each running for everybody. A test that kills its server starts a private one:
`with Kafka(folder, brokers=3) as kafka: kafka.kill(broker=1)`; see `engine.Engine` for what can be done to it.
"""

from collections.abc import Mapping

from devtools.engines import folders
from devtools.engines.process import address_in

NAMES = ("kafka", "elasticsearch", "postgres")


def running() -> Mapping[str, str]:
    """The engines that `vivier engines up` keeps running: kafka, elasticsearch, postgres → address."""
    addresses = {name: address_in(folders.RUN / name) for name in NAMES}
    return {name: address for name, address in addresses.items() if address}
