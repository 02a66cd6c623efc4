"""Every setting, event and reason of a refusal stands in `docs/reference.md`."""

import ast
import re
from pathlib import Path

from services.cli.serve import settings_of
from services.kit.settings import PREFIX
from services.registry import SERVICES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
SAYS_WHY = {"Refused", "denied", "Violation", "add", "require", "Problem"}
REASON = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|REQUIRED|IMMUTABLE|FIXED|UNRESOLVED")


def missing(words: set[str]) -> list[str]:
    return sorted(word for word in words if f"`{word}`" not in PAGE)


def calls() -> list[ast.Call]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "services").rglob("*.py"))]
    return [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]


def named(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def words_in(call: ast.Call) -> set[str]:
    constants = [node.value for node in call.args if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return {value for value in constants if REASON.fullmatch(value)}


def test_settings() -> None:
    assert not missing({PREFIX + field.upper() for entry in SERVICES for field in settings_of(entry.name).model_fields})


def test_events() -> None:
    assert not missing({path.stem for path in (ROOT / "tests/contracts/samples").rglob("*.json")})


def test_reasons() -> None:
    reasons = {word for call in calls() if named(call) in SAYS_WHY for word in words_in(call)}
    assert len(reasons) > 30
    assert not missing(reasons)
