"""Real engines for benchmarks: those of `vivier engines up` under names of one run alone, and private ones.

Private servers have both compilers of Java and as much memory as their peers, unlike those for tests, which are made to
start quickly.
"""

import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import ClassVar, TypeVar
from uuid import uuid4

import httpx
import psycopg
from kafka import KafkaAdminClient
from psycopg import sql

from devtools.engines import NAMES, elasticsearch, kafka, running
from devtools.engines.engine import Engine
from devtools.engines.postgres import Postgres
from devtools.engines.process import processes_in

E = TypeVar("E", bound=Engine)


class Kafka(kafka.Kafka):
    jvm: ClassVar = ("-Xms1g", "-Xmx1g")


class Elasticsearch(elasticsearch.Elasticsearch):
    jvm: ClassVar = "-Xms1g -Xmx1g -XX:-AlwaysPreTouch"


def addresses() -> Mapping[str, str]:
    """Ends the program with one sentence where they are not up."""
    end_in_order()
    found = running()
    if missing := [name for name in NAMES if name not in found]:
        sys.exit(f"{' and '.join(missing)} not up: run `uv run vivier engines up` first")
    return found


def processes(engines: Mapping[str, Engine]) -> Mapping[str, Sequence[int]]:
    """Of each engine, with all that they started."""
    firsts = {name: [process.pid() for process in processes_in(engine.folder)] for name, engine in engines.items()}
    return {name: [pid for first in found if first for pid in _with_children(first)] for name, found in firsts.items()}


def _with_children(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for thread in threads for child in thread.read_text().split()]
    return [pid, *(each for child in children for each in _with_children(child))]


def end_in_order() -> None:
    """What was started goes with the program when it is told to end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


@contextmanager
def private(kind: type[E]) -> Iterator[E]:
    """A started server in a folder that goes with the block."""
    with tempfile.TemporaryDirectory(prefix="vivier-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with kind(folder / kind.name) as engine:
            yield engine


@contextmanager
def private_engines() -> Iterator[Mapping[str, Engine]]:
    end_in_order()
    with ExitStack() as stack:
        yield {kind.name: stack.enter_context(private(kind)) for kind in (Kafka, Elasticsearch, Postgres)}


@contextmanager
def namespace(at: Mapping[str, str]) -> Iterator[str]:
    """Nobody else's names; what stands under them goes with the block."""
    name = f"b{uuid4().hex[:12]}"
    try:
        yield name
    finally:
        forget_topics(at["kafka"], name)
        forget_schemas(at["postgres"], name)
        forget_indices(at["elasticsearch"], name)


def settings(at: Mapping[str, str]) -> dict[str, str]:
    return {f"VIVIER_{name.upper()}": at[name] for name in NAMES}


def forget_topics(brokers: str, name: str) -> None:
    client = KafkaAdminClient(bootstrap_servers=brokers.split(","))
    try:
        if topics := [topic for topic in client.list_topics() if topic.startswith(f"{name}.")]:
            client.delete_topics(topics)
        groups = [group["group_id"] for group in client.list_groups()]
        if ours := [group for group in groups if group.startswith(f"{name}.")]:
            client.delete_groups(ours)
    finally:
        client.close()


def forget_schemas(address: str, name: str) -> None:
    known = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)"
    with psycopg.connect(address, autocommit=True) as connection:
        for (schema,) in connection.execute(known, [f"{name}_"]).fetchall():
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))


def forget_indices(address: str, name: str) -> None:
    found = httpx.get(f"{address}/{name}-*").raise_for_status().json()
    if found:
        httpx.delete(f"{address}/{','.join(found)}", timeout=30).raise_for_status()
