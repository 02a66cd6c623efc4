"""The pins with hashes that an installation can be made from."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINNED = re.compile(
    r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)((?: ;[^\\\n]*)? \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.M
)
HOW = "run `uv run just lock`"


def test_pins_are_those_of_the_project_and_each_has_its_hashes() -> None:
    said = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    constraints = dict(each.split("==") for each in said["tool"]["uv"]["constraint-dependencies"])
    pins = {name: version for name, version, _ in PINNED.findall(LOCK)}
    assert "".join(each.group() for each in PINNED.finditer(LOCK)) == LOCK, f"a line is no pin with hashes: {HOW}"
    assert pins == {name: constraints.get(name) for name in pins}, HOW
    needed = {re.split(r"[\[<>=~]", each)[0] for each in said["project"]["dependencies"]}
    assert needed <= pins.keys(), f"{sorted(needed - pins.keys())} is missing: {HOW}"


def test_no_pin_says_where_it_comes_from() -> None:
    assert "://" not in LOCK
    assert "index" not in LOCK
