"""Three brokers keep every record; one of them dies at a time while people and offers come in."""

from collections.abc import Iterator
from functools import partial

import pytest
from engines import private
from installation import on_engines
from load_checker import TEST_SECONDS, LoadChecker
from stack import ONE_EACH, Stack, stack

from devtools.engines.kafka import Kafka

pytestmark = pytest.mark.timeout(TEST_SECONDS)
BROKERS = 3


@pytest.fixture(scope="module")
def kafka() -> Iterator[Kafka]:
    with private(partial(Kafka, brokers=BROKERS)) as three:
        yield three


@pytest.fixture(scope="module")
def running(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("home")
    with on_engines(kafka=kafka.address) as settings, stack(home, settings, ONE_EACH) as started:
        yield started


def test_any_one_of_three_brokers_may_die(running: Stack, kafka: Kafka) -> None:
    """Each in its turn, so that leaders, coordinators and the controller are among them."""
    checker = LoadChecker(running)
    with checker.load():
        for broker in range(BROKERS):
            checker.has_written(8)
            kafka.kill(broker)
            checker.has_written(8)
            kafka.start()
    checker.check()


def test_what_two_of_three_have_is_told_while_the_third_is_dead(running: Stack, kafka: Kafka) -> None:
    checker = LoadChecker(running)
    checker.write(5)
    kafka.kill(0)
    checker.write(10)
    checker.check()
    kafka.start()
