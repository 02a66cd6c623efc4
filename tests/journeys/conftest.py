"""One running system for all journeys of a test process; each journey lives in a town of its own."""

from collections.abc import Iterator

import pytest
from stack import Stack, stack


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("home")) as started:
        yield started
