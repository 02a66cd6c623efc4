"""Inputs made from the types that they mirror: what can be read of a thing can be written, `output_only` left out."""

from collections.abc import Callable
from dataclasses import fields
from types import GenericAlias
from typing import Any, TypeVar, get_args, get_origin

import strawberry

from services.gateway.schema.convert import FromProto, annotations_of, without_none

T = TypeVar("T")
_MADE: dict[type, type] = {}


def input_of(source: type[FromProto], description: str | None = None) -> Callable[[type[T]], type[T]]:
    """Give an empty class the fields of `source`, each null unless said; a field that it has itself stays as it is.

    Parts become inputs too: the one that was made of the part's type before, or else a new one (`Salary` becomes
    `SalaryInput`).
    """

    def filled(empty: type[T]) -> type[T]:
        own = dict(empty.__annotations__)
        hints = annotations_of(source)
        names = [f.name for f in fields(source) if f.name not in source.output_only]  # type: ignore[arg-type]
        empty.__annotations__ = {name: own.get(name) or _written(hints[name]) | None for name in names}
        for name in names:
            if name not in own:
                setattr(empty, name, None)
        _MADE[source] = made = strawberry.input(empty, description=description)
        return made

    return filled


def _written(hint: Any) -> Any:
    """The hint of an input for what is read with this one."""
    kind, _ = without_none(hint)
    if get_origin(kind) is list:
        return GenericAlias(list, (_written(get_args(kind)[0]),))
    if isinstance(kind, type) and issubclass(kind, FromProto):
        return _MADE.get(kind) or input_of(kind)(type(f"{kind.__name__}Input", (), {"__annotations__": {}}))
    return kind


def write_input(name: str, **hints: Any) -> type:
    """The input of a write: these fields, which may be left out where they may be None, and a request id."""
    hints["request_id"] = str | None
    defaults = {each: None for each, hint in hints.items() if without_none(hint)[1]}
    return strawberry.input(type(name, (), {"__annotations__": hints, **defaults}))
