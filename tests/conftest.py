"""What tests measured is said at the end of the run, in one process or in several; where services keep their stores.

With VIVIER_TEST_STORE=postgres the services that a test builds keep theirs on PostgreSQL: the same tests, both stores.
"""

from collections.abc import Iterator

import pytest
from schemas import ON_POSTGRES, namespace_on_postgres


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
