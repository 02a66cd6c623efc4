"""PostgreSQL dies, freezes, is slow or cannot be reached while people and offers come in; nothing is lost or doubled.

A write is acknowledged or "try again later", and never half done.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_injection import FAULTS, Fault, ProxiedEngine, proxied, told_to_be_missing
from installation import on_engines
from load_checker import TEST_SECONDS, LoadChecker, longer
from stack import ONE_EACH, Stack, begun, stack

from devtools.engines.postgres import Postgres

pytestmark = pytest.mark.timeout(TEST_SECONDS)


@pytest.fixture(scope="module")
def postgres() -> Iterator[ProxiedEngine]:
    with proxied(Postgres) as one:
        yield one


@pytest.fixture(scope="module")
def system(postgres: ProxiedEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("home")
    with on_engines(postgres=postgres.address) as settings, stack(home, settings, ONE_EACH) as started:
        yield started


@pytest.fixture
def running(system: Stack, postgres: ProxiedEngine) -> Iterator[Stack]:
    yield system
    postgres.heal()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_stores_loses_and_doubles_nothing(running: Stack, postgres: ProxiedEngine, fault: Fault) -> None:
    checker = LoadChecker(running)
    with checker.load():
        checker.has_written(8)
        with fault(postgres):
            time.sleep(longer(6))
        checker.has_written(8)
    checker.check()


def test_a_start_without_the_stores(postgres: ProxiedEngine, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    postgres.proxy.refuse()
    with on_engines(postgres=postgres.address) as settings, begun(tmp_path, settings) as running:
        told_to_be_missing(postgres, "VIVIER_POSTGRES", running, capfd)
        postgres.heal()
        running.wait_ready()
        checker = LoadChecker(running)
        checker.write(3)
        checker.check()
