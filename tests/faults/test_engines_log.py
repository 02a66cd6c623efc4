"""Kafka dies, freezes, is slow or cannot be reached while people and offers come in; nothing is lost or doubled.

The outbox keeps what is said meanwhile, so writing goes on.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_injection import FAULTS, Fault, ProxiedEngine, ProxiedKafka, proxied, told_to_be_missing
from harness import eventually
from installation import on_engines
from load_checker import PATIENCE, TEST_SECONDS, LoadChecker, longer
from stack import ONE_EACH, Stack, begun, stack

pytestmark = pytest.mark.timeout(TEST_SECONDS)


@pytest.fixture(scope="module")
def kafka() -> Iterator[ProxiedEngine]:
    with proxied(ProxiedKafka) as one:
        yield one


@pytest.fixture(scope="module")
def system(kafka: ProxiedEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("home")
    with on_engines(kafka=kafka.address) as settings, stack(home, settings, ONE_EACH) as started:
        yield started


@pytest.fixture
def running(system: Stack, kafka: ProxiedEngine) -> Iterator[Stack]:
    yield system
    kafka.heal()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_log_loses_and_doubles_nothing(running: Stack, kafka: ProxiedEngine, fault: Fault) -> None:
    checker = LoadChecker(running)
    with checker.load():
        checker.has_written(8)
        with fault(kafka):
            checker.has_written(8)  # with the log or without it
            time.sleep(longer(4))
        checker.has_written(8)
    checker.check()


def test_while_the_broker_is_stopped_writing_goes_on_and_the_backlog_shows(
    running: Stack, kafka: ProxiedEngine
) -> None:
    checker = LoadChecker(running)
    with checker.load():
        kafka.engine.stop()
        until = time.monotonic() + longer(20)
        checker.has_written(20)
        eventually(lambda: outbox(running, "offers") >= 10 and outbox(running, "profile") >= 10, PATIENCE)
        time.sleep(max(until - time.monotonic(), 0))
        kafka.engine.start()
    checker.check()


def outbox(running: Stack, service: str) -> int:
    """How many rows wait for the log, as an operator sees it."""
    waiting: int = running.status()[service]["outboxRows"]
    return waiting


def test_a_start_without_the_brokers(kafka: ProxiedEngine, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    kafka.proxy.refuse()
    with on_engines(kafka=kafka.address) as settings, begun(tmp_path, settings) as running:
        told_to_be_missing(kafka, "VIVIER_KAFKA", running, capfd)
        kafka.heal()
        running.wait_ready()
        checker = LoadChecker(running)
        checker.write(3)
        checker.check()
