"""A fresh installation for each test, running or not yet."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.profile.installation import Home


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Home]:
    """An installation that does not run yet."""
    home = Home(tmp_path)
    yield home
    home.log.close()


@pytest.fixture
def home(stopped: Home) -> Iterator[Home]:
    with stopped.serve():
        yield stopped
