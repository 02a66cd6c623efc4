"""What an idle installation costs: CPU of every process of `vivier up`, as a share of one core.

uv run python benchmarks/idle.py [seconds]
"""

import os
import sys
import time
from pathlib import Path

from system import System, running


def spent(pid: int) -> float:
    """CPU seconds of a process, from the Linux process table."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(system: System, seconds: float) -> None:
    system.quiet()
    time.sleep(5)
    names = {pid: name for name, pid in system.supervisor.pids().items()}
    before = {pid: spent(pid) for pid in names}
    time.sleep(seconds)
    shares = {pid: (spent(pid) - before[pid]) / seconds * 100 for pid in names}
    for pid, share in shares.items():
        print(f"  process of {names[pid]:<14} {share:5.2f} % of a core")
    print(f"  together {sum(shares.values()):.2f} %")


def main(seconds: float = 30) -> None:
    with running() as system:
        measure(system, seconds)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
