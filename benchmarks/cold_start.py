"""Cold start of `vivier up` until every service is ready, beside importing the dependencies alone.

uv run python benchmarks/cold_start.py [runs]
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from services.cli.ports import free_ports
from services.cli.supervisor import Supervisor

DEPENDENCIES = (
    "grpc, grpc_health.v1.health, grpc_reflection.v1alpha.reflection, numpy, sqlalchemy, cryptography.fernet, fastapi,"
    " uvicorn, strawberry, orjson, jwt, opentelemetry.sdk.trace, pydantic_settings, Stemmer"
)


def imports() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {DEPENDENCIES}"], check=True)
    return time.perf_counter() - started


def start() -> float:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        supervisor = Supervisor(Path(folder) / "home", free_ports(1)[0], lambda *_: None, lambda *_: None)
        started = time.perf_counter()
        supervisor.start()
        assert supervisor.wait_ready(120)
        taken = time.perf_counter() - started
        supervisor.stop()
        return taken


def main(runs: int = 5) -> None:
    imports()
    pairs = [(imports(), start()) for _ in range(runs)]
    floor, whole = np.median([pair[0] for pair in pairs]), np.median([pair[1] for pair in pairs])
    ratios = [whole / floor for floor, whole in pairs]
    print(f"importing the dependencies  median {floor:.2f} s")
    print(f"vivier up until ready       median {whole:.2f} s")
    print(f"ratio                       median {np.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
