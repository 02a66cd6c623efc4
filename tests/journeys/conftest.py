"""The running systems of all journeys of a test process: one on files, one on real engines.

Each journey is made on both, and lives in a town of its own.
"""

from collections.abc import Iterator

import pytest
from stack import Stack, stack_on


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack_on("embedded", tmp_path_factory.mktemp("home")) as started:
        yield started


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack_on("engines", tmp_path_factory.mktemp("home")) as started:
        yield started


@pytest.fixture(scope="module", params=["embedded", "engines"])
def running(request: pytest.FixtureRequest) -> Stack:
    started: Stack = request.getfixturevalue(request.param)
    return started
