"""Messages of the contracts and dataclasses of a domain: fields of one name are one thing.

Enums are the same by name (`REMOTE_FULL` is `Remote.FULL`), or written as text where the contract has text; days are
text (`2026-11-23`), moments are timestamps, repeated fields are tuples, frozensets or lists, and a collection where the
contract has a message is that message's only field (None: never answered). Fields that only one side has are left out.

Reading, what was not said (empty, zero, unspecified, absent) becomes the dataclass's default, or else None where None
may stand. A field whose metadata says `{"output_only": True}` is never read. What is more than a copy is given by
hand, as a keyword.
"""

import re
from collections.abc import Callable
from dataclasses import MISSING, fields
from datetime import UTC, date, datetime
from enum import EnumType
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit.checks import Checks

M = TypeVar("M", bound=Message)
T = TypeVar("T")
Write = Callable[[Any], Any]
Read = Callable[[Any, Checks, str], Any]
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def to_message(value: Any, kind: type[M], /, **given: Any) -> M:
    """The message of a dataclass; `given` are fields that it does not have, or has otherwise."""
    contract: Any = kind.DESCRIPTOR
    said = _writing(value.__class__, contract)(value)
    for name, one in given.items():
        write = _writer(contract.fields_by_name[name], one.__class__)
        said[name] = one if write is None else write(one)
    return kind(**said)


def to_value(message: Message, kind: Callable[..., T], checks: Checks, path: str = "", /, **given: Any) -> T:
    """The dataclass `kind` of a message; `given` are fields that the message does not have, or has otherwise.

    Wrong fields are added to `checks` and read as not said; `path` is what their paths begin with, as in "place.".
    """
    values = _reading(kind, message.DESCRIPTOR, frozenset(given))(message, checks, path)
    return kind(**values | given)


def field_value(message: Message, name: str, hint: Any) -> Any:
    """One field of a message as a value of this type, such as `tuple[State, ...]`; refused where it is wrong."""
    read = _reader(message.DESCRIPTOR.fields_by_name[name], hint, MISSING)
    with Checks() as checks:
        return read(message, checks, "") if read else getattr(message, name)


def moment(stamp: Timestamp, checks: Checks, path: str) -> datetime | None:
    """In UTC; None and a violation for one that no calendar has."""
    try:
        return stamp.ToDatetime(UTC)
    except (ValueError, OverflowError):
        checks.add(path, "NOT_A_DATE", "must be a moment between the years 1 and 9999")
        return None


@cache
def _writing(kind: Any, contract: Any) -> Write:
    """From a dataclass to what its message is made of."""
    hints, known = get_type_hints(kind), contract.fields_by_name
    plan = [(each.name, _writer(known[each.name], hints[each.name])) for each in fields(kind) if each.name in known]
    return lambda value: {
        name: getattr(value, name) if write is None else write(getattr(value, name)) for name, write in plan
    }


@cache
def _writer(known: Any, hint: Any) -> Write | None:
    """None where the value is handed over as it is."""
    kind, item = _kinds(hint)
    if item is not None and not known.is_repeated:
        (only,) = known.message_type.fields
        write_all = _writer(only, kind) or tuple
        return lambda values: None if values is None else {only.name: write_all(values)}
    write = _one_writer(known, item or kind)
    return write if item is None or write is None else lambda values: values and [write(value) for value in values]


def _one_writer(known: Any, kind: Any) -> Write | None:
    if hasattr(kind, "__dataclass_fields__"):
        write = _writing(kind, known.message_type)
        return lambda value: None if value is None else write(value)
    if isinstance(kind, EnumType) and known.enum_type is not None:
        return ({None: 0} | _numbers(kind, known.enum_type)).__getitem__
    return (lambda day: None if day is None else day.isoformat()) if kind is date else None


@cache
def _reading(kind: Any, contract: Any, given: frozenset[str] = frozenset()) -> Read:
    """From a message to what its dataclass is made of."""
    hints, known = get_type_hints(kind), contract.fields_by_name
    ours = [each for each in fields(kind) if each.name not in given and not each.metadata.get("output_only")]
    wanted = [each for each in ours if each.name in known]
    plan = [(each.name, _reader(known[each.name], hints[each.name], each.default)) for each in wanted]
    return lambda message, checks, path: {
        name: getattr(message, name) if read is None else read(message, checks, path) for name, read in plan
    }


def _reader(known: Any, hint: Any, default: Any) -> Read | None:
    """Reads the field out of its whole message; None where it is taken as it is."""
    name, present, (kind, item), optional = known.name, known.has_presence, _kinds(hint), NoneType in get_args(hint)
    read = _one_reader(known, kind) if item is None else _collection_reader(known, get_origin(kind), item)
    if read is None:
        if kind is bool or default == known.default_value or (default is MISSING and not optional):
            return None
        read = lambda value, *_: value  # noqa: E731 — as it is
    empty = GetMessageClass(known.message_type)() if present else known.default_value
    unsaid = default if default is not MISSING else None if optional else read(empty, Checks(), "")

    def read_field(message: Any, checks: Checks, path: str) -> Any:
        value = getattr(message, name)
        said = message.HasField(name) if present else value
        found = read(value, checks, path + name) if said else None
        return unsaid if found is None else found

    return read_field


def _collection_reader(known: Any, make: Any, item: Any) -> Read:
    if not known.is_repeated:
        (only,) = known.message_type.fields
        read_all = _collection_reader(only, make, item)
        return lambda answer, checks, path: read_all(getattr(answer, only.name), checks, f"{path}.{only.name}")
    read = _one_reader(known, item)
    if read is None:
        return lambda values, *_: make(values)

    return lambda values, checks, path: make(
        one for at, value in enumerate(values) if (one := read(value, checks, f"{path}[{at}]")) is not None
    )


def _one_reader(known: Any, kind: Any) -> Read | None:
    """None for what is not said, and for what is wrong."""
    if hasattr(kind, "__dataclass_fields__"):
        make, read = kind, _reading(kind, known.message_type)
        return lambda message, checks, path: make(**read(message, checks, f"{path}."))
    if isinstance(kind, EnumType):
        return partial(_member, {number: member for member, number in _numbers(kind, known.enum_type).items()})
    if kind is datetime:
        return moment
    return (lambda text, checks, path: checks.day(path, text)) if kind is date else None


def _member(members: dict[int, Any], number: int, checks: Checks, path: str) -> Any:
    if number and number not in members:
        checks.add(path, "UNKNOWN_VALUE", "this value is not known here")
    return members.get(number)


def _numbers(kind: Any, contract: Any) -> dict[Any, int]:
    """The contract's numbers of a domain's enum; members that the contract does not have are left out."""
    prefix, known = _CAPITAL.sub("_", contract.name).upper(), contract.values_by_name
    return {member: known[name].number for member in kind if (name := f"{prefix}_{member.name}") in known}


def _kinds(hint: Any) -> tuple[Any, Any]:
    """A hint without its None, and what it is a collection of: None where it is none."""
    kind = next(each for each in get_args(hint) if each is not NoneType) if isinstance(hint, UnionType) else hint
    return kind, get_args(kind)[0] if get_origin(kind) in (tuple, frozenset, list) else None
