"""Real Kafka, Elasticsearch and PostgreSQL for tests: those that `vivier engines up` keeps running.

Where they are not up, a newcomer's run skips what needs them and says how to have them; with
VIVIER_TEST_ENGINES=required (as in CI) it fails instead.
"""

import os
from uuid import uuid4

import pytest

from services.cli.engines import running

HOW = "real engines are not up: run `uv run vivier engines up`, then the tests again"


def address_of(engine: str) -> str:
    """What to put into VIVIER_KAFKA, VIVIER_ELASTICSEARCH or VIVIER_POSTGRES; skips or fails without it."""
    address = running().get(engine, "")
    if not address and os.environ.get("VIVIER_TEST_ENGINES") == "required":
        pytest.fail(f"{engine}: {HOW}")
    if not address:
        pytest.skip(f"{engine}: {HOW}")
    return address


def fresh_namespace() -> str:
    """Nobody else's names on engines that tests share."""
    return f"t{uuid4().hex[:12]}"
