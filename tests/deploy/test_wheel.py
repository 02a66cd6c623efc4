"""The wheel: the product whole, and nothing for developers."""

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(300)


def test_the_wheel_has_the_product_and_no_developers_tools(tmp_path: Path) -> None:
    command = [os.environ.get("UV", "uv"), "build", "--wheel", "--quiet", "--out-dir", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    folders = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert folders == {"services", "vivier"}
    assert not [name for name in names if "engines/" in name or "devtools" in name]
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / "services").rglob("*.py")}
    assert here | {"services/py.typed"} <= set(names)
