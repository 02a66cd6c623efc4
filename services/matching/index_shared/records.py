"""Values as JSON lists and back, exactly; sets are sorted, so that equal values are equal bytes."""

import hashlib
from collections.abc import Callable
from dataclasses import fields
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any, TypeVar

import orjson

from services.matching.index import Circle
from services.matching.values import AgeBand, Course, CourseSession, HeldSkill, Offer, OfferKind, Person, Point, Remote

T = TypeVar("T")
V = TypeVar("V", bound=Offer | Person | Course)
LEFT_OUT: dict[type, frozenset[str]] = {
    Offer: frozenset(("id", "description")),
    Person: frozenset(("id",)),
    Course: frozenset(("id", "description")),
}
"""What a record does not hold: the id stands before it, a description is only searched."""


def record_of(value: Offer | Person | Course) -> bytes:
    """The fields in order, as JSON: what `value` needs to be made again, given its id."""
    return orjson.dumps(plain(value, LEFT_OUT[type(value)]))


def value_of(kind: type[V], name: str, record: list[Any]) -> V:
    """The inverse of `record_of`; a description is ""."""
    return whole(kind, record, **dict.fromkeys(LEFT_OUT[kind], "") | {"id": name})


def content_of(value: Offer | Person | Course, record: bytes) -> int:
    """64 bits that stand for the whole value, its description too; `Index.digest` is made of them."""
    description = "" if isinstance(value, Person) else value.description
    return _bits(b"\0".join((value.id.encode(), record, description.encode())))


def mark(name: str) -> int:
    """64 bits that stand for an id, and break ties."""
    return _bits(name.encode())


def _bits(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")


def plain(value: Any, left_out: frozenset[str]) -> list[Any]:
    """The fields in order, for `orjson`."""
    kind: Any = type(value)
    return [_plain(part) for part in _getter(kind, left_out)(value)]


@cache
def _getter(kind: Any, left_out: frozenset[str]) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*(field.name for field in fields(kind) if field.name not in left_out))


def whole(kind: Callable[..., T], record: list[Any], **left_out: object) -> T:
    """The inverse of `plain`, given what was left out."""
    names = [field.name for field in fields(kind) if field.name not in left_out]  # type: ignore[arg-type]
    return kind(**left_out, **{name: _read(name, part) for name, part in zip(names, record, strict=True)})


def _plain(part: Any) -> Any:
    writer = _WRITERS.get(type(part))
    return part if writer is None else writer(part)


def _read(name: str, part: Any) -> Any:
    reader = _READERS.get(name)
    return part if reader is None or part is None else reader(part)


def _point(part: list[float]) -> Point:
    return Point(*part)


def _skills(part: list[list[Any]]) -> dict[str, HeldSkill]:
    return {code: HeldSkill(code, confirmed, tuple(evidence)) for code, confirmed, evidence in part}


def _sessions(part: list[list[Any]]) -> tuple[CourseSession, ...]:
    return tuple(whole(CourseSession, session) for session in part)


def _fields(part: Any) -> list[Any]:
    return plain(part, frozenset())


_WRITERS: dict[type, Callable[[Any], Any]] = {
    Circle: _fields,
    CourseSession: _fields,
    HeldSkill: _fields,
    Point: lambda point: [point.latitude, point.longitude],
    MappingProxyType: lambda part: [_fields(part[code]) for code in sorted(part)],
    dict: lambda part: [_fields(part[code]) for code in sorted(part)],
    frozenset: sorted,
    tuple: lambda part: [_plain(one) for one in part],
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "age_band": AgeBand,
    "available_from": date.fromisoformat,
    "expires_at": datetime.fromisoformat,
    "funding": frozenset,
    "kind": OfferKind,
    "licences": frozenset,
    "mentor_ids": frozenset,
    "occupation_codes": frozenset,
    "partner_ids": frozenset,
    "past_occupations": frozenset,
    "place": _point,
    "published_at": datetime.fromisoformat,
    "remote": lambda part: part if isinstance(part, bool) else Remote(part),
    "required_skills": frozenset,
    "sessions": _sessions,
    "skills": _skills,
    "start_date": date.fromisoformat,
    "taught_skills": frozenset,
    "wished_kinds": lambda part: frozenset(map(OfferKind, part)),
    "wished_occupations": frozenset,
    "wished_skills": frozenset,
}
