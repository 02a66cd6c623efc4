"""Feeds: what others write, as inputs of the API. A reader yields one `Row` per line of its source, good or bad."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Input = dict[str, Any]
NOBODY = "Employeur non communiqué"
LIFETIME = timedelta(days=60)
"""How long an offer without an end is taken to be open after its publication."""


@dataclass(frozen=True, slots=True)
class Row:
    """One offer, or why it could not be read. `organisation` has the feed's own id of its employer."""

    number: int  # from 1, as the reader of the file counts
    offer: Input = field(default_factory=dict)
    organisation: Input = field(default_factory=dict)
    error: str = ""


class Unreadable(Exception):
    """This row, or the whole source, is not what it says it is."""


Reader = Callable[[str, "Options"], Iterator[Row]]


@dataclass(frozen=True, slots=True)
class Options:
    """`source` names the feed; `as_of` is the day on which its offers are judged open; `columns`: field → header."""

    source: str
    as_of: datetime | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    def end_of(self, published: datetime | None, end: datetime | None = None) -> str | None:
        """When the offer ends, as the API takes it; None leaves it to the service.

        An old feed judged "as of" a day in the past gives offers that were open then a new life from now.
        """
        if end is None:
            end = published + LIFETIME if published else None
        if end is None or (self.as_of and end > self.as_of):
            return None
        return end.isoformat()


def each(items: Iterator[tuple[int, Any]], read: Callable[[Any], tuple[Input, Input]]) -> Iterator[Row]:
    """Read every item for itself: a broken one becomes a row with its error."""
    for number, item in items:
        try:
            offer, organisation = read(item)
        except (Unreadable, KeyError, TypeError, ValueError, AttributeError) as error:
            why = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
            yield Row(number, error=why or type(error).__name__)
        else:
            yield Row(number, _said(offer), _said(organisation))


def moment(text: str | None) -> datetime | None:
    """An instant in ISO 8601, taken as UTC when it says nothing else; None when empty."""
    if not text:
        return None
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _said(fields: Input) -> Input:
    """Without what was not said."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}
