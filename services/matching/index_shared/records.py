"""Values as JSON lists of their fields in order, and back: short, and equal for equal values."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, get_type_hints

from msgspec import Struct, convert, defstruct
from msgspec.structs import astuple

from services.common.values import Point
from services.kit import documents
from services.matching.values import Course, CourseSession, HeldSkill, Offer, Person, Value

V = TypeVar("V", bound=Value)
LEFT_OUT: Mapping[type, frozenset[str]] = {
    Offer: frozenset(("id", "description")),
    Person: frozenset(("id",)),
    Course: frozenset(("id", "description")),
}
"""What a record does not hold: the id stands before it, a description is only searched."""


def record_of(value: Value) -> bytes:
    """The fields in order, as JSON: what `value` needs to be made again, given its id."""
    kind: Any = value.__class__
    form = _form_of(kind)
    parts = list(form.parts_of(value))
    for at, shortened in form.shortened:
        parts[at] = shortened.write(parts[at])
    return documents.encode(parts)


def value_of(kind: Callable[..., V], name: str, record: list[Any]) -> V:
    """The inverse of `record_of`, of its JSON; a description is ""."""
    form = _form_of(kind)
    parts = list(astuple(convert(record, form.plain)))
    for at, shortened in form.shortened:
        parts[at] = shortened.read(parts[at])
    given: dict[str, Any] = {**dict(zip(form.names, parts, strict=True)), **form.left_out, "id": name}
    return kind(**given)


def content_of(value: Value, record: bytes) -> int:
    """64 bits that stand for the whole value, its description too; `Index.digest` is made of them."""
    description = "" if isinstance(value, Person) else value.description
    return _bits(b"\0".join((value.id.encode(), record, description.encode())))


def mark(name: str) -> int:
    """64 bits that stand for an id, and break ties."""
    return _bits(name.encode())


def _bits(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True)
class _Shortened:
    """A field whose dataclasses are lists in a record too, without the names of their fields."""

    plain: Any
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Form:
    """How one kind of value becomes a record."""

    names: tuple[str, ...]
    parts_of: Callable[[Any], tuple[Any, ...]]
    plain: type[Struct]
    shortened: tuple[tuple[int, _Shortened], ...]
    left_out: Mapping[str, str]


@cache
def _form_of(kind: Any) -> _Form:
    hints = get_type_hints(kind)
    names = tuple(each.name for each in fields(kind) if each.name not in LEFT_OUT[kind])
    shortened = tuple((at, _SHORTENED[name]) for at, name in enumerate(names) if name in _SHORTENED)
    types = hints | {names[at]: each.plain for at, each in shortened}
    plain = defstruct(f"{kind.__name__}Record", [(name, types[name]) for name in names], array_like=True)
    return _Form(names, attrgetter(*names), plain, shortened, dict.fromkeys(LEFT_OUT[kind], ""))


def _pair(point: Point | None) -> tuple[float, float] | None:
    return None if point is None else (point.latitude, point.longitude)


def _point(pair: tuple[float, float] | None) -> Point | None:
    return None if pair is None else Point(*pair)


_Place = tuple[float, float] | None
_SHORTENED = {
    "place": _Shortened(_Place, _pair, _point),
    "skills": _Shortened(
        list[tuple[str, bool, tuple[str, ...]]] | None,
        lambda held: None if held is None else [(c, held[c].confirmed, held[c].evidence_ids) for c in sorted(held)],
        lambda held: None if held is None else {skill[0]: HeldSkill(*skill) for skill in held},
    ),
    "sessions": _Shortened(
        list[tuple[str, _Place, date | None, bool]],
        lambda sessions: [(s.id, _pair(s.place), s.start_date, s.remote) for s in sessions],
        lambda sessions: tuple(CourseSession(name, _point(at), start, far) for name, at, start, far in sessions),
    ),
}
