"""The marks `slow` and `engines`; where services keep their stores; the real data, where there is some.

What tests measured is said at the end of the run, in one process or in several.

With VIVIER_TEST_STORE=postgres the services that a test builds keep theirs on PostgreSQL: the same tests, both stores.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import engines
import pytest
from schemas import ON_POSTGRES, namespace_on_postgres

ROOT = Path(__file__).parents[1]
SLOW = (
    "architecture",
    "cli/test_commands.py",
    "cli/test_demo.py",
    "cli/test_doctor.py",
    "cli/test_move.py",
    "cli/test_new_service.py",
    "cli/test_round_trip.py",
    "cli/test_up.py",
    "deploy",
    "devtools",
    "docs",
    "faults",
    "journeys",
    "relevance",
    "telemetry",
)
"""Files and folders whose tests start whole systems, or take longer than a change should wait."""
ENGINES = (
    "cli/test_move.py",
    "contracts/test_replicas.py",
    "deploy/test_compose.py",
    "devtools",
    "faults/test_engines_",
    "faults/test_kafka_",
    "kit/test_bus_kafka.py",
    "kit/test_postgres.py",
    "matching/test_index_elastic",
)
"""Beginnings of the names of those on real engines; a case whose parameter names an engine is one too."""
ENGINE_NAMES = {"kafka", "elasticsearch", "postgres", "engines"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        name = item.path.relative_to(ROOT / "tests").as_posix()
        values = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if name.startswith(SLOW):
            item.add_marker("slow")
        if name.startswith(ENGINES) or any(isinstance(value, str) and value in ENGINE_NAMES for value in values):
            item.add_marker("engines")


def pytest_runtest_setup(item: pytest.Item) -> None:
    engines.expected = item.get_closest_marker("engines") is not None or ON_POSTGRES


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
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    for report in reports:
        for name, value in report.user_properties:
            if name == "measured":
                terminalreporter.write_line(value)
    reports += terminalreporter.getreports("")  # of setup and teardown
    seconds: Counter[str] = Counter()
    for report in reports:
        seconds[report.nodeid.split("/")[1]] += report.duration
        seconds["(on real engines)"] += report.duration if "engines" in report.keywords else 0
    shown = [f"{name} {spent:.0f}" for name, spent in seconds.most_common() if spent >= 1]
    if shown:
        terminalreporter.write_line(f"seconds of all workers: {', '.join(shown)}")
