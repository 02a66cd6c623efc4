"""Official names of codes, cached: reference data does not change while a process runs."""

from functools import lru_cache
from typing import Any

from services.referential import Referential

_MAX_CACHED = 50_000


class Labels:
    """Empty for a code that the referential does not know."""

    def __init__(self, book: Referential) -> None:
        self.skill = lru_cache(_MAX_CACHED)(lambda code: _label(book.skill(code)))
        self.occupation = lru_cache(_MAX_CACHED)(lambda code: _label(book.occupation(code)))


def _label(found: Any) -> str:
    return found.label if found else ""
