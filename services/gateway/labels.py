"""Official names of codes, cached: reference data does not change while a process runs."""

from functools import lru_cache

from services.referential import Referential

_KEPT = 50_000


class Labels:
    """Empty for a code that the referential does not know."""

    def __init__(self, book: Referential) -> None:
        def skill(code: str) -> str:
            found = book.skill(code)
            return found.label if found else ""

        def occupation(code: str) -> str:
            found = book.occupation(code)
            return found.label if found else ""

        self.skill = lru_cache(_KEPT)(skill)
        self.occupation = lru_cache(_KEPT)(occupation)
