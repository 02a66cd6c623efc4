"""The rules of the house that a machine can check. Each failure names the file and what to do."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from services.registry import SERVICES

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
FREE = {"services.kit.errors", "services.kit.checks", "services.kit.limits", "services.common.values"}
MAY_SPEAK_PROTO = ("server", "messages", "events", "app")


def run(*command: str, cwd: Path = ROOT) -> None:
    done = subprocess.run([str(TOOLS / command[0]), *command[1:]], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def python_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    return found | {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module and not n.level}


def test_style() -> None:
    run("ruff", "check", ".")


def test_format() -> None:
    run("ruff", "format", "--check", ".")


def test_types() -> None:
    run("mypy")


def test_imports_between_services() -> None:
    run("lint-imports", "--no-cache")


def test_contracts_lint() -> None:
    run("buf", "lint", cwd=ROOT / "protos")


def test_contracts_break_nobody() -> None:
    run("buf", "breaking", "--against", "released.binpb", cwd=ROOT / "protos")


def test_generated_code_is_what_the_contracts_say(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "protos/generate.py"), str(tmp_path)], check=True, capture_output=True)
    committed = ROOT / "protos/gen"
    fresh = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.py*") if "__pycache__" not in path.parts}
    kept = {path.relative_to(committed) for path in committed.rglob("*.py*") if "__pycache__" not in path.parts}
    assert fresh == kept
    different = [str(name) for name in fresh if (tmp_path / name).read_bytes() != (committed / name).read_bytes()]
    assert not different, f"run `uv run python protos/generate.py`; it changes {different}"


def domain_files() -> list[Path]:
    found = [p for p in python_files("services") if p.name == "domain.py" or p.parent.name == "domain"]
    return [*found, ROOT / "services/common/values.py"]


def test_domains_import_only_the_standard_library() -> None:
    known = set(sys.stdlib_module_names)
    for path in domain_files():
        own = ".".join(path.relative_to(ROOT).parts[:2])
        strange = {
            name
            for name in imports(path)
            if name.split(".")[0] not in known
            and name not in FREE
            and not name.startswith((f"{own}.domain", f"{own}.values"))
        }
        assert not strange, f"{path.relative_to(ROOT)} imports {sorted(strange)}; a domain stands on its own"


def test_feeds_know_no_service_and_no_command() -> None:
    """Then a service can read a feed as the command does."""
    known = (*FREE, "services.feeds", "services.common", "services.words")
    for path in python_files("services/feeds"):
        own = {name for name in imports(path) if name.split(".")[0] in ("services", "vivier")}
        strange = {name for name in own if not any(f"{name}.".startswith(f"{each}.") for each in known)}
        assert not strange, f"{path.relative_to(ROOT)} imports {sorted(strange)}; a feed becomes values, no more"


def test_only_the_edges_speak_proto() -> None:
    for path in python_files("services"):
        parts = path.relative_to(ROOT / "services").parts
        if parts[0] in ("gateway", "kit") or len(parts) == 1:
            continue
        spoken = {name for name in imports(path) if name.split(".")[0] == "vivier"}
        edge = any(part.removesuffix(".py") in MAY_SPEAK_PROTO for part in parts[1:])
        assert edge or not spoken, (
            f"{path.relative_to(ROOT)} imports {sorted(spoken)}; only server, messages, events and app do"
        )


@pytest.mark.parametrize("service", [entry.name for entry in SERVICES])
def test_every_service_says_what_it_is(service: str) -> None:
    text = (ROOT / "services" / service / "__init__.py").read_text(encoding="utf-8")
    words = [line.split()[0].strip('"') for line in text.splitlines() if line.strip('"').strip()]
    assert words[:4] == ["owns", "publishes", "listens", "serves"]


def test_every_module_imports_in_an_empty_environment() -> None:
    names = [".".join(p.relative_to(ROOT).with_suffix("").parts) for p in python_files("services", "devtools")]
    names = [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]
    code = "import importlib\n" + "\n".join(f"importlib.import_module({name!r})" for name in names)
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


def test_no_address_of_a_registry_and_no_lock_that_holds_one() -> None:
    pairs = (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "(org|com)"), ("repo1?", "maven"))
    hosts = re.compile("|".join(map(r"\.".join, pairs)))
    for path in tracked():
        assert path.name != "uv.lock", "it writes a registry's address on every line"
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found = hosts.search(text)
        assert found is None, f"{path.relative_to(ROOT)} names {found.group(0)}" if found else ""


def test_every_dependency_has_its_line() -> None:
    declared = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    names = set(re.findall(r'^    "([a-z0-9-]+)(?:[<>=~].*)?",$', declared.split("[tool.")[0], re.MULTILINE))
    lines = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    missing = {name for name in names if f"| {name} |" not in lines}
    assert not missing, f"docs/dependencies.md has no line for {sorted(missing)}"
