"""Each promise of `docs/promises.md` names the tests that show it, and they are there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/promises.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?!promise|---)(.+) \| (.+) \| (.+) \|$", re.MULTILINE)
NAME = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def functions_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_promise_is_shown_by_a_test_that_is_there() -> None:
    rows = ROW.findall(PAGE)
    assert len(rows) > 20
    for promise, _, shown in rows:
        named = NAME.findall(shown)
        assert named, f"{promise}: by no test"
        assert len(named) == shown.count("`") // 2, f"{promise}: {shown}"
        for file, test in named:
            path = ROOT / "tests" / file
            assert path.is_file(), file
            assert test in functions_of(path), f"{file} has no {test}"
