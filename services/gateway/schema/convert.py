"""Messages of the contracts and types of the schema: fields of the same name are the same thing.

`FromProto` reads a message into a type by the type's own annotations: an optional text, number, enum or message that
was not said (empty, zero, unspecified, absent) is null. `write` makes a message of an input, as `kit.wire` does; what
the input leaves out or says null stays unsaid.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from functools import cache, lru_cache
from typing import Any, ClassVar, Self, TypeVar, cast, get_args, get_origin

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services.gateway.graphql.errors import camel_path
from services.kit.errors import Violation, invalid
from services.kit.wire import to_message

Getter = Callable[[Any], Any]
Names = frozenset[str] | None
M = TypeVar("M", bound=Message)
_ANSWERS = {"vivier.profile.v1.CodeAnswer": "codes", "vivier.profile.v1.KindAnswer": "kinds"}
_LISTS = {"vivier.profile.v1.Skills": "skills", "vivier.profile.v1.Experiences": "experiences"}
_WRAPPED = _ANSWERS | _LISTS
"""Messages that only tell "none" from "never asked": in the schema a list, or null."""


class FromProto:
    """A type that is made from a message. `more` are the fields that do not come from it.

    `names` are the GraphQL names that a document mentions: other fields stay null and cost nothing, except those in
    `always`, which the gateway itself reads. `output_only` are the fields that an input made of the type lacks.
    """

    always: ClassVar[frozenset[str]] = frozenset({"id"})
    output_only: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def from_proto(cls, message: Message, names: Names = None, **more: Any) -> Self:
        getters, blank = _getters(cast(Any, cls), message.DESCRIPTOR, names)
        values = blank | more
        for name, get in getters:
            if name not in more:
                values[name] = get(message)
        return cls(**values)


@lru_cache(5_000)
def _getters(cls: Any, descriptor: Descriptor, names: Names) -> tuple[Sequence[tuple[str, Getter]], dict[str, None]]:
    """How to read each wanted field, and the others."""
    hints = annotations_of(cls)
    own = {f.name for f in dataclasses.fields(cls) if f.init}
    known = descriptor.fields_by_name
    shared = [name for name in hints if name in own and name in known]
    wanted = {name for name in shared if names is None or name in cls.always or camel_path(name) in names}
    getters = [(name, _getter(hints[name], known[name], names)) for name in shared if name in wanted]
    return getters, {name: None for name in shared if name not in wanted}


def annotations_of(cls: type) -> dict[str, Any]:
    """The hints of all fields, in order."""
    return {name: hint for c in reversed(cls.__mro__) for name, hint in getattr(c, "__annotations__", {}).items()}


def _getter(hint: Any, known: FieldDescriptor, names: Names) -> Getter:
    name = known.name
    inner, optional = without_none(hint)
    message = known.message_type.full_name if known.message_type is not None else ""
    if message in _WRAPPED:
        items = _items(get_args(inner)[0], names)
        return lambda m: items(getattr(getattr(m, name), _WRAPPED[message])) if m.HasField(name) else None
    if known.is_repeated:
        items = _items(get_args(inner)[0], names)
        return lambda m: items(getattr(m, name))
    if message == Timestamp.DESCRIPTOR.full_name:
        return lambda m: getattr(m, name).ToDatetime(UTC) if m.HasField(name) else None
    if message:
        return lambda m: inner.from_proto(getattr(m, name), names) if m.HasField(name) else None
    if isinstance(inner, type) and issubclass(inner, Enum):
        members = members_of(inner)
        return lambda m: members.get(getattr(m, name))
    return (lambda m: getattr(m, name) or None) if optional else (lambda m: getattr(m, name))


def _items(kind: Any, names: Names) -> Getter:
    """How to read a repeated field of this kind."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        members = members_of(kind)
        return lambda values: [members[v] for v in values if v in members]
    if hasattr(kind, "from_proto"):
        return lambda values: [kind.from_proto(v, names) for v in values]
    return list


def without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (types.UnionType, typing.Union):
        kinds = [kind for kind in get_args(hint) if kind is not type(None)]
        return kinds[0], len(kinds) < len(get_args(hint))
    return hint, False


@cache
def members_of(kind: type[Enum]) -> Mapping[int, Enum]:
    """By number; unspecified and unknown numbers are missing."""
    return {member.value: member for member in kind}


def numbers(members: Sequence[Enum] | None) -> list[Any]:
    """For a repeated enum of a request."""
    return [member.value for member in members or ()]


def write(given: Any, into: type[M]) -> M:
    """The message of this input."""
    _refuse_moments(given, "")
    return to_message(given, into)


def _refuse_moments(given: Any, path: str) -> None:
    """Refuse moments that a message cannot hold; `path` says where in the input this is, with a dot at its end."""
    for each in dataclasses.fields(given):
        value, here = getattr(given, each.name), path + each.name
        if isinstance(value, datetime):
            try:
                Timestamp().FromDatetime(value)
            except (OverflowError, ValueError):
                raise invalid([Violation(here, "OUT_OF_RANGE", "must be in the years 1 to 9999 of UTC")]) from None
        elif isinstance(value, list):
            for at, item in enumerate(value):
                if dataclasses.is_dataclass(item):
                    _refuse_moments(item, f"{here}[{at}].")
        elif dataclasses.is_dataclass(value):
            _refuse_moments(value, f"{here}.")
