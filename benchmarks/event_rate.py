"""Events a second: through outbox, Kafka and consumer into effects; and the Kafka adapter alone.

uv run python benchmarks/event_rate.py [events]

Needs `vivier engines up`: the stores are on that PostgreSQL, the log is a Kafka of this run alone. Floors of the same
run, the one after the other each time:

- the same rows and effects, by the same statements and transactions, in two processes too, without outbox, log, inbox;
- Kafka's own producer-performance on a topic of the same settings, with batches, compression and acknowledgements as
  the adapter has them and as many bytes a record. It never waits: an append of the adapter ends when all is durable.
"""

import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from string import ascii_uppercase
from typing import Any

from engines import Kafka, addresses, namespace, private
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from peers import records_a_second
from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, insert

from services.kit.adapters import open_log
from services.kit.bus import Event, Record
from services.kit.bus_kafka import KafkaLog
from services.kit.bus_kafka.producer import BATCH_BYTES
from services.kit.clock import system_clock
from services.kit.consumer import Worker
from services.kit.database import open_database, store_of
from services.kit.ids import random_id
from services.kit.outbox import Unit, Units
from services.kit.relay import BATCH, Relay
from services.kit.service import PARTITIONS
from services.kit.settings import Settings

TOPIC = "vivier.benchmark.v1"
SAID = f"{TOPIC}.Said"
UNSTAMPED = datetime.min.replace(tzinfo=UTC)
A_TRANSACTION = 50
A_BATCH = 200
WARM = 400
SIZE = 1024
RUNS = 3
BODIES = ["".join(Random(n).choices(ascii_uppercase, k=SIZE)).encode() for n in range(100)]
PRODUCER = {"batch.size": BATCH_BYTES, "linger.ms": 10, "compression.type": "lz4", "enable.idempotence": "true"}

ROWS, EFFECTS = MetaData(), MetaData()
THINGS = Table("things", ROWS, Column("n", Integer, primary_key=True), Column("body", LargeBinary))
HEARD = Table(
    "heard", EFFECTS, Column("n", Integer, primary_key=True), Column("key", String), Column("body", LargeBinary)
)


@dataclass(frozen=True, slots=True)
class Run:
    """What its two processes need to know. They meet at the barrier when they are warm, and when they are done."""

    settings: Settings
    through_the_log: bool
    events: int
    barrier: Any


@dataclass(frozen=True, slots=True)
class Said:
    """The domain event."""

    n: int


def event_of(said: Said) -> Event:
    return Event(TOPIC, f"thing/{said.n}", SAID, BODIES[said.n % len(BODIES)], "", UNSTAMPED)


def hear(unit: Unit, record: Record) -> None:
    """The effect of one event, as handlers are called: one at a time."""
    key = record.event.key
    row = {"n": int(key.partition("/")[2]), "key": key, "body": record.event.payload}
    unit.connection.execute(insert(HEARD), row)


@contextmanager
def units_of(run: Run, name: str, tables: MetaData) -> Iterator[Units]:
    database = open_database(store_of(run.settings, name), tables)
    database.migrate()
    try:
        yield Units(database, {Said: event_of}, system_clock, random_id)
    finally:
        database.close()


def work(run: Run, part: Callable[[Run], None]) -> None:
    """One that fails lets nobody wait for it."""
    try:
        part(run)
    except BaseException:
        run.barrier.abort()
        raise


def speak(run: Run) -> None:
    """The publisher's process."""
    with units_of(run, "said", ROWS) as units:
        log = open_log(run.settings)
        relay = Relay(units, log)

        def write(first: int, last: int) -> None:
            for start in range(first, last, A_TRANSACTION):
                numbers = range(start, min(start + A_TRANSACTION, last))
                with units() as unit:
                    unit.connection.execute(
                        insert(THINGS), [{"n": n, "body": BODIES[n % len(BODIES)]} for n in numbers]
                    )
                    for n in numbers if run.through_the_log else ():
                        unit.publish(Said(n))

        if run.through_the_log:
            relay.start()
        write(0, WARM)
        run.barrier.wait()
        write(WARM, WARM + run.events)
        run.barrier.wait()
        if run.through_the_log:
            relay.stop()
        log.close()


def listen(run: Run) -> None:
    """The receiver's process."""
    with units_of(run, "heard", EFFECTS) as units:
        if not run.through_the_log:
            affect(units, 0, WARM)
            run.barrier.wait()
            affect(units, WARM, WARM + run.events)
            run.barrier.wait()
            return
        log = open_log(run.settings)
        worker = Worker(log, "benchmark", [TOPIC], units, {SAID: hear}, A_BATCH)
        worker.start()
        wait_until(lambda: worker.handled == WARM)
        run.barrier.wait()
        wait_until(lambda: worker.handled == WARM + run.events)
        run.barrier.wait()
        worker.stop()
        log.close()


def affect(units: Units, first: int, last: int) -> None:
    for start in range(first, last, A_BATCH):
        with units() as unit:
            for n in range(start, min(start + A_BATCH, last)):
                hear(unit, Record(event_of(Said(n)), 0, n))


def wait_until(done: Callable[[], bool]) -> None:
    while not done():
        time.sleep(0.005)


def events_a_second(at: Mapping[str, str], through_the_log: bool, events: int) -> float:
    spawn = multiprocessing.get_context("spawn")
    with namespace(at) as name:
        settings = Settings(home=Path(), secret="x", namespace=name, postgres=at["postgres"], kafka=at["kafka"])  # type: ignore[arg-type]
        if through_the_log:
            log = open_log(settings)
            log.ensure_topic(TOPIC, PARTITIONS)
            log.close()
        run = Run(settings, through_the_log, events, spawn.Barrier(3, timeout=300))
        processes = [spawn.Process(target=work, args=(run, part), daemon=True) for part in (speak, listen)]
        for process in processes:
            process.start()
        run.barrier.wait()
        started = time.perf_counter()
        run.barrier.wait()
        took = time.perf_counter() - started
        for process in processes:
            process.join()
    return events / took


def appended_a_second(brokers: str, events: int) -> float:
    """The adapter, in batches as the relay has them."""
    log = KafkaLog(brokers, "adapter")
    log.ensure_topic(TOPIC, PARTITIONS)
    every = [replace(event_of(Said(n)), id=random_id(), time=datetime.now(UTC)) for n in range(events)]
    batches = [every[first : first + BATCH] for first in range(0, events, BATCH)]
    log.append(every[:WARM])
    started = time.perf_counter()
    for batch in batches:
        log.append(batch)
    took = time.perf_counter() - started
    log.close()
    return events / took


def produced_a_second(brokers: str, events: int) -> float:
    log = KafkaLog(brokers, "peer")
    log.ensure_topic(TOPIC, PARTITIONS)
    log.close()
    client = KafkaAdminClient(bootstrap_servers=brokers)
    topic = ConfigResource(ConfigResourceType.TOPIC, f"peer.{TOPIC}", {"cleanup.policy": "delete"})  # it sends no keys
    client.alter_configs([topic])
    client.close()
    return records_a_second(brokers, topic.name, events, SIZE, PRODUCER)


def main(events: int = 10_000) -> None:
    with private(Kafka) as kafka:
        at = {**addresses(), "kafka": kafka.address}
        compare(
            "events/s through the log, and without it",
            lambda: events_a_second(at, True, events),
            lambda: events_a_second(at, False, events),
        )
        compare(
            "records/s of the adapter, and of Kafka's own producer",
            lambda: appended_a_second(kafka.address, 4 * events),
            lambda: produced_a_second(kafka.address, 4 * events),
        )


def compare(what: str, ours: Callable[[], float], other: Callable[[], float]) -> None:
    ratios = []
    for run in range(RUNS):
        base, value = other(), ours()
        ratios.append(value / base)
        print(f"{what}, run {run + 1}: {value:8,.0f} and {base:8,.0f}   {ratios[-1]:.2f} ×")
    print(f"{what}: median {sorted(ratios)[RUNS // 2]:.2f} × ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
