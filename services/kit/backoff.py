"""How long to wait before trying again: twice as long each time, and never quite as long as the others wait."""

import random
from dataclasses import dataclass

JITTER = 0.25
"""A pause is shortened by up to this share, so that those who failed together do not come back together."""


@dataclass(slots=True)
class Backoff:
    """Pauses in seconds, from `first` up to `longest`. Not thread-safe; one for each thing that is tried."""

    first: float
    longest: float
    failures: int = 0

    def pause(self) -> float:
        """Count one more failure; how long to wait after it."""
        whole = min(self.first * 2.0 ** min(self.failures, 60), self.longest)
        self.failures += 1
        return whole * (1 - JITTER * random.random())  # noqa: S311 — no secret

    def reset(self) -> None:
        """It went well: the next failure is the first again."""
        self.failures = 0
