"""What an idle installation costs: CPU of every process of `vivier up`, as a share of one core.

uv run python benchmarks/idle.py [seconds]
"""

import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from system import System, running


def spent(pid: int) -> float:
    """CPU seconds of a process, from the Linux process table; 0 when it has ended."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return 0.0
    fields = said.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def spending(pids: Mapping[str, Sequence[int]]) -> Iterator[dict[str, float]]:
    """Filled when the block ends: the share of one core that the processes of each name took meanwhile."""
    shares: dict[str, float] = {}
    before, started = {name: sum(map(spent, of_it)) for name, of_it in pids.items()}, time.monotonic()
    yield shares
    took = time.monotonic() - started
    shares.update({name: (sum(map(spent, of_it)) - before[name]) / took for name, of_it in pids.items()})


def measure(system: System, seconds: float) -> None:
    system.quiet()
    time.sleep(5)
    processes = defaultdict(list)
    for name, pid in system.supervisor.pids().items():
        processes[pid].append(name)
    with spending({" and ".join(names): [pid] for pid, names in processes.items()}) as shares:
        time.sleep(seconds)
    for names, share in shares.items():
        print(f"  process of {names:<30} {share:7.2%} of a core")
    print(f"  together {sum(shares.values()):.2%}")


def main(seconds: float = 30) -> None:
    with running() as system:
        measure(system, seconds)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
