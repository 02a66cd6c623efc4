"""Checks of what comes from outside: every wrong field is named at once, with its path. Standard library only.

Text is refused where it deceives readers, stores or logs: control characters, lone surrogates, noncharacters, marks
that turn the direction of writing, tags and spaces that nobody sees. Joiners are taken, since some scripts and emoji
need them, but a text of nothing that can be seen is empty. Numbers that are not numbers are refused as well.
"""

import math
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Self, TypeVar
from urllib.parse import urlsplit

from services.kit.errors import Refused, Violation, invalid

_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
HOSTILE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff"
    "\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f" + _NONCHARACTERS + "]"
)
UNSEEN = re.compile(
    "[\\s\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c\u200d\u2060-\u2064\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\U000e0100-\U000e01ef]*"
)
BREAKS = re.compile("[\t\n\r\u2028\u2029]")
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
EMAIL = re.compile(r"""[^@\s,<>()\[\]\\;:"]{1,64}@[^@\s,<>()\[\]\\;:".]+(\.[^@\s,<>()\[\]\\;:".]+)+""")
NEVER_IN_URL = re.compile(r"""[\s"'<>\\^`{|}]""")
LONGEST_URL = 2000
T = TypeVar("T")


@dataclass(slots=True)
class Checks:
    """Collects violations; `done` raises them all, and so does leaving a `with` block without another error.

    Each check returns the value as it will be kept.
    """

    prefix: str = ""
    violations: list[Violation] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.done()

    def add(self, path: str, reason: str, description: str, **facts: object) -> None:
        """`{names}` in the description stand for the facts."""
        told = {name: str(value) for name, value in facts.items()}
        self.violations.append(Violation(self.prefix + path, reason, description, told))

    def done(self) -> None:
        if self.violations:
            raise invalid(self.violations)

    def require(self, path: str, holds: object, reason: str, description: str, **facts: object) -> None:
        if not holds:
            self.add(path, reason, description, **facts)

    def text(self, path: str, value: str, longest: int, required: bool = False, lines: bool = False) -> str:
        """Trimmed text of at most `longest` characters, on one line unless it may have several."""
        if not value and not required:
            return value
        if HOSTILE.search(value):
            self.add(path, "HOSTILE_TEXT", "has control characters, or marks that turn or hide what is written")
            return ""
        value = "" if is_blank(value) else value.strip()
        if required and not value:
            self.add(path, "REQUIRED", "must not be empty")
        if len(value) > longest:
            self.add(path, "TOO_LONG", "at most {most} characters", most=longest)
        if not lines and BREAKS.search(value):
            self.add(path, "NOT_ONE_LINE", "must stand on one line, without tabs")
        return value

    def number(self, path: str, value: float, low: float, high: float) -> float:
        """Between low and high, both included."""
        if not (math.isfinite(value) and low <= value <= high):
            self.add(path, "OUT_OF_RANGE", "must be between {low} and {high}", low=f"{low:g}", high=f"{high:g}")
        return value

    def choice(self, path: str, value: str, known: Collection[str]) -> str:
        if value not in known:
            self.add(path, "UNKNOWN_VALUE", "must be one of {choices}", choices=", ".join(sorted(known)))
        return value

    def day(self, path: str, value: str) -> date | None:
        """YYYY-MM-DD; None when empty."""
        if not value:
            return None
        try:
            return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).date()
        except ValueError:
            self.add(path, "NOT_A_DATE", "must be a day like 2026-11-23")
            return None

    def month(self, path: str, value: str) -> str:
        """YYYY-MM; empty stays empty."""
        if value and not MONTH.fullmatch(value):
            self.add(path, "NOT_A_MONTH", "must be a month like 2007-04")
        return value

    def url(self, path: str, value: str) -> str:
        """An https address; empty stays empty."""
        value = self.text(path, value, LONGEST_URL)
        said_already = not value or len(value) > LONGEST_URL
        self.require(path, said_already or _is_https(value), "NOT_A_URL", "must be an https address")
        return value

    def email(self, path: str, value: str) -> str:
        value = self.text(path, value, 254)
        self.require(path, not value or EMAIL.fullmatch(value), "NOT_AN_EMAIL", "must be an e-mail address")
        return value

    def point(self, path: str, latitude: float, longitude: float) -> None:
        """WGS 84 degrees."""
        self.number(f"{path}.latitude", latitude, -90, 90)
        self.number(f"{path}.longitude", longitude, -180, 180)

    def at_most(self, path: str, values: Collection[object], most: int) -> None:
        self.require(path, len(values) <= most, "TOO_MANY", "at most {most}", most=most)


def checked(read: Callable[[Checks], T]) -> T | Refused:
    """One row of a batch, for itself: what was read of it, or why it is wrong."""
    checks = Checks()
    value = read(checks)
    return invalid(checks.violations) if checks.violations else value


def is_blank(text: str) -> bool:
    """Is there nothing to see?"""
    return UNSEEN.fullmatch(text) is not None


def _is_https(value: str) -> bool:
    try:
        parts = urlsplit(value)
        host = (parts.hostname or "").encode("idna")
        parts.port  # noqa: B018 — looks whether it is a port
    except ValueError:
        return False
    return parts.scheme == "https" and bool(host) and "@" not in parts.netloc and not NEVER_IN_URL.search(value)
