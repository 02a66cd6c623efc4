"""The command `vivier`, as tests run it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        return self.out.splitlines()[-1]


Vivier = Callable[..., Said]


def command(*arguments: object) -> list[str]:
    """For a process of its own."""
    return [sys.executable, "-m", "services", *map(str, arguments)]
