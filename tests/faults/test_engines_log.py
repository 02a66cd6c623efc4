"""Kafka dies, freezes, is slow or cannot be reached while people and offers come in; then the books are balanced.

The outbox keeps what is said meanwhile, so writing goes on.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import eventually
from installation import on_engines
from ledger import PATIENCE, TEST_SECONDS, Ledger, longer
from mishaps import MISHAPS, Exposed, KafkaBehind, Mishap, exposed, told_to_be_missing
from stack import ONE_EACH, Stack, begun, stack

pytestmark = pytest.mark.timeout(TEST_SECONDS)


@pytest.fixture(scope="module")
def kafka() -> Iterator[Exposed]:
    with exposed(KafkaBehind) as one:
        yield one


@pytest.fixture(scope="module")
def system(kafka: Exposed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("home")
    with on_engines(kafka=kafka.address) as settings, stack(home, settings, ONE_EACH) as started:
        yield started


@pytest.fixture
def running(system: Stack, kafka: Exposed) -> Iterator[Stack]:
    yield system
    kafka.heal()


@pytest.mark.parametrize("mishap", MISHAPS)
def test_what_befalls_the_log_loses_and_doubles_nothing(running: Stack, kafka: Exposed, mishap: Mishap) -> None:
    ledger = Ledger(running)
    with ledger.load():
        ledger.has_written(8)
        with mishap(kafka):
            ledger.has_written(8)  # with the log or without it
            time.sleep(longer(4))
        ledger.has_written(8)
    ledger.check()


def test_while_the_broker_is_stopped_writing_goes_on_and_the_backlog_shows(running: Stack, kafka: Exposed) -> None:
    ledger = Ledger(running)
    with ledger.load():
        kafka.engine.stop()
        until = time.monotonic() + longer(20)
        ledger.has_written(20)
        eventually(lambda: outbox(running, "offers") >= 10 and outbox(running, "profile") >= 10, PATIENCE)
        time.sleep(max(until - time.monotonic(), 0))
        kafka.engine.start()
    ledger.check()


def outbox(running: Stack, service: str) -> int:
    """How many rows wait for the log, as an operator sees it."""
    waiting: int = running.status()[service]["outboxRows"]
    return waiting


def test_a_start_without_the_brokers(kafka: Exposed, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    kafka.proxy.refuse()
    with on_engines(kafka=kafka.address) as settings, begun(tmp_path, settings) as running:
        told_to_be_missing(kafka, "VIVIER_KAFKA", running, capfd)
        kafka.heal()
        running.wait_ready()
        ledger = Ledger(running)
        ledger.write(3)
        ledger.check()
