"""What tests measured is said at the end of the run, in one process or in several."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    for report in passed:
        for name, value in report.user_properties:
            if name == "measured":
                terminalreporter.write_line(value)
