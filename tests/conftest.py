"""What tests measured is said at the end of the run, in one process or in several; where services keep their stores;
the real data, where there is some.

With VIVIER_TEST_STORE=postgres the services that a test builds keep theirs on PostgreSQL: the same tests, both stores.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from schemas import ON_POSTGRES, namespace_on_postgres

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real open data, which is no part of the project."""
    folder = Path(os.environ.get("VIVIER_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}: name its folder with VIVIER_DATA")
    return folder


@pytest.fixture(autouse=True)
def _stores(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not ON_POSTGRES:
        yield
        return
    with namespace_on_postgres() as (address, namespace):
        monkeypatch.setenv("VIVIER_POSTGRES", address)
        monkeypatch.setenv("VIVIER_NAMESPACE", namespace)
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    for report in passed:
        for name, value in report.user_properties:
            if name == "measured":
                terminalreporter.write_line(value)
