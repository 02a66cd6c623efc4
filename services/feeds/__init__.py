"""Formats of offers, courses and people: what others write becomes inputs of the API, and the API's offers go out.

A library: it reads bytes and yields one `Row` per line of its source, good or bad; it calls no service.
`formats` names the readers. What is French in a feed stands in `french`.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Input = dict[str, Any]
LIFETIME = timedelta(days=60)
"""How long an offer without an end is taken to be open after its publication."""


@dataclass(frozen=True, slots=True)
class Row:
    """One offer, course or person, or why it could not be read. An organisation has its id in the feed, or here."""

    number: int  # from 1, as the reader of the file counts
    content: Input = field(default_factory=dict)
    organisation: Input = field(default_factory=dict)
    error: str = ""
    size: int = 0  # bytes of JSON

    @property
    def id(self) -> str:
        return str(self.content.get("externalId") or self.content.get("id") or "")


class Unreadable(Exception):
    """This row, or the whole source, is not what it says it is."""


@dataclass(frozen=True, slots=True)
class Options:
    """`source` names the feed; `as_of` is the day on which its offers are judged open; `columns`: field → header."""

    source: str
    as_of: datetime | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    def end_of(self, published: datetime | None, end: datetime | None = None) -> str | None:
        """When the offer ends, as the API takes it; None leaves it to the service.

        An old feed judged "as of" a day in the past gives offers that were open then a new life from now: that they
        stood in it says so, unless they name an earlier end themselves.
        """
        if self.as_of:
            return end.isoformat() if end and end <= self.as_of else None
        if end is None:
            end = published + LIFETIME if published else None
        return end.isoformat() if end else None


Reader = Callable[[bytes, Options], Iterator[Row]]
REPLACEMENT = "\ufffd"
ROW_ERRORS = (Unreadable, KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
"""What reading a broken row may raise."""


def each(items: Iterator[tuple[int, Any]], read: Callable[[Any], tuple[Input, Input]]) -> Iterator[Row]:
    """Read every item for itself: a broken one becomes a row with its error."""
    for number, item in items:
        try:
            if isinstance(item, Unreadable):
                raise item
            content, organisation = read(item)
            size = len(json.dumps(content, allow_nan=False, ensure_ascii=False).encode())
        except ROW_ERRORS as error:
            why = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
            yield Row(number, error=why or type(error).__name__)
        else:
            yield Row(number, content, organisation, size=size)


def decoded(source: bytes) -> str:
    """The text of a file: UTF-16 where its first bytes say so, UTF-8, or what old Windows programs write.

    A few broken bytes do not make a UTF-8 file another: what cannot be read is replaced.
    """
    if source.startswith((b"\xff\xfe", b"\xfe\xff")):
        return source.decode("utf-16", errors="replace")
    text = source.decode("utf-8-sig", errors="replace")
    broken = text.count(REPLACEMENT)
    if broken and broken > sum(character > "\x7f" for character in text) / 2:
        return source.decode("cp1252", errors="replace")
    return text


def json_documents(source: bytes, wrapper: str | None = None) -> Iterator[tuple[int, Any]]:
    """The numbered items of a JSON list, of one JSON object, or of one JSON document a line.

    One object whose field `wrapper` holds a list stands for the items of that.
    """
    text = decoded(source)
    try:
        said = json.loads(text)
    except ValueError as error:
        yield from _lines(text, error)
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None
    else:
        items = said if isinstance(said, list) else [said]
        if len(items) == 1 and isinstance(items[0], dict) and isinstance(items[0].get(wrapper), list):
            items = items[0][wrapper]
        yield from enumerate(items, 1)


def parse_instant(text: str | None) -> datetime | None:
    """An instant in ISO 8601, taken as UTC when it says nothing else; None when empty."""
    if not text:
        return None
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def without_empty(fields: Input) -> Input:
    """Without what was not said."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}


def _lines(text: str, why: ValueError) -> Iterator[tuple[int, Any]]:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    for number, line in lines:
        try:
            yield number, json.loads(line)
        except (ValueError, RecursionError) as error:
            if len(lines) == 1 or (number, line) == lines[0]:
                raise Unreadable(f"neither JSON nor one JSON document a line: {why}") from None
            yield number, Unreadable(f"not JSON: {error}")
