"""What a move has begun on the engines, kept in the folder until it is done or undone: `moving.json`."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from services.kit.files import write_private

JOURNAL = "moving.json"


@dataclass(slots=True)
class Journal:
    """Where to (variables, as in `engines.json`), the mark of this move, and the ids of the topics that it made."""

    variables: Mapping[str, str]
    mark: str = field(default_factory=lambda: f"vivier move {secrets.token_hex(8)}")
    topics: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, home: Path) -> Self | None:
        """The one that a move left which ended too early."""
        try:
            return cls(**json.loads((home / JOURNAL).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def save(self, home: Path) -> None:
        write_private(home / JOURNAL, json.dumps(asdict(self)))

    def delete(self, home: Path) -> None:
        (home / JOURNAL).unlink(missing_ok=True)
