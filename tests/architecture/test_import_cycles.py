"""No module imports itself by way of others; imports inside functions and for type checkers count too."""

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest


def circle(arrows: dict[str, set[str]]) -> list[str]:
    """The modules of one circle in the order of their imports; empty when there is none."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def test_no_circle_of_imports() -> None:
    graph = grimp.build_graph("services", "devtools", cache_dir=None)
    arrows = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(arrows) > 200
    found = circle(arrows)
    if found:
        pytest.fail("a circle of imports: " + " → ".join(found))
