"""Real Kafka, Elasticsearch and PostgreSQL for tests: those that `vivier engines up` keeps running.

Where they are not up, a newcomer's run skips what needs them and says how to have them; with
VIVIER_TEST_ENGINES=required (as in CI) it fails instead. A test that kills or pauses its server starts one of its own.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from uuid import uuid4

import pytest

from devtools.engines import running
from devtools.engines.engine import Engine

expected = True
"""Whether the test that runs has the mark `engines`."""
HOW = "real engines are not up: run `uv run vivier engines up`, then the tests again"


def address_of(engine: str) -> str:
    """What to put into VIVIER_KAFKA, VIVIER_ELASTICSEARCH or VIVIER_POSTGRES; skips or fails without it."""
    assert expected, "this test needs the mark `engines`: see tests/conftest.py"
    address = running().get(engine, "")
    if not address and os.environ.get("VIVIER_TEST_ENGINES") == "required":
        pytest.fail(f"{engine}: {HOW}")
    if not address:
        pytest.skip(f"{engine}: {HOW}")
    return address


def fresh_namespace() -> str:
    """Nobody else's names on engines that tests share."""
    return f"t{uuid4().hex[:12]}"


E = TypeVar("E", bound=Engine)


@contextmanager
def private(engine: Callable[[Path], E]) -> Iterator[E]:
    """A started server of this test alone: `private(Postgres)`, `private(partial(Kafka, brokers=3))`.

    Its folder is open to the servers' own user, which those of pytest are not; skips where `address_of` does.
    """
    with TemporaryDirectory(prefix="vivier-engine-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        made = engine(folder / "data")
        address_of(made.name)
        with made:
            yield made
