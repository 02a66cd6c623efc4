"""Several processes of one service on real engines: one freezes, the other goes on, and the thawed one does no harm.

And what is heard again from the start of the log.
"""

import os
import signal
from collections.abc import Iterator

import brokers
import pytest
from harness import eventually
from installation import in_store
from load_checker import PATIENCE, TEST_SECONDS, LoadChecker
from stack import Stack, quiet, stack_on

pytestmark = pytest.mark.timeout(TEST_SECONDS)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack_on("engines", tmp_path_factory.mktemp("home")) as started:
        yield started


@pytest.mark.parametrize("service", ["matching", "notifications"])
def test_a_frozen_process_is_replaced_and_does_nothing_twice_when_it_thaws(running: Stack, service: str) -> None:
    checker = LoadChecker(running)
    with running.another(service):
        with checker.load():
            checker.has_written(10)
            frozen = running.supervisor.pids()[service]
            os.kill(frozen, signal.SIGSTOP)
            checker.has_written(10)
        try:
            eventually(checker.is_told, PATIENCE)
        finally:
            os.kill(frozen, signal.SIGCONT)
        checker.write(10)
        checker.check()


@pytest.mark.parametrize("inbox", ["kept", "forgotten"])
def test_all_topics_heard_again_from_the_start_change_nothing(running: Stack, inbox: str) -> None:
    """The inbox remembers for thirty days; after that versions and what was told must do."""
    checker = LoadChecker(running)
    checker.write(30)
    checker.check()
    eventually(lambda: not running.rows("notifications", "SELECT id FROM offers WHERE NOT told"), PATIENCE)  # goodbyes
    before = told(running)
    with running.stopped():
        brokers.rewind(running.settings["VIVIER_KAFKA"], running.settings["VIVIER_NAMESPACE"])
        if inbox == "forgotten":
            for store in ("matching", "notifications"):
                with in_store(running.settings, store) as connection:
                    connection.execute("DELETE FROM inbox")
    quiet(running, PATIENCE)
    assert told(running) == before
    checker.check()


def told(running: Stack) -> list[tuple[object, ...]]:
    """All that was ever decided and told."""
    decided = "SELECT person_id, offer_id, score, offer_version, person_version, at FROM matches ORDER BY 1, 2"
    written = "SELECT id, recipient, kind, subject_id, score, created_at FROM notifications ORDER BY 1"
    return [*running.rows("matching", decided), *running.rows("notifications", written)]
