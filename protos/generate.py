"""Generate Python from the contracts: `uv run python protos/generate.py [TARGET]`.

Two calls of protoc, both run in `protos/` so that paths in the output are the same on every machine: messages with
mypy stubs, then services with gRPC stubs. The output is committed; a test runs this again and compares.
"""

import sys
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

HERE = Path(__file__).parent


def generate(target: Path) -> None:
    """Write the generated tree below `target` (which gets a folder `vivier`)."""
    target.mkdir(parents=True, exist_ok=True)
    includes = ["-I" + str(HERE), "-I" + str(files("grpc_tools") / "_proto")]
    every = sorted(str(p.relative_to(HERE)) for p in (HERE / "vivier").rglob("*.proto"))
    services = [p for p in every if "\nservice " in (HERE / p).read_text(encoding="utf-8")]
    _protoc([*includes, f"--python_out={target}", f"--mypy_out=quiet:{target}", *every])
    _protoc([*includes, f"--grpc_python_out={target}", f"--mypy_grpc_out=quiet:{target}", *services])


def _protoc(arguments: list[str]) -> None:
    if protoc.main(["protoc", *arguments]) != 0:
        raise SystemExit("protoc refused the contracts; see above")


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "gen")
