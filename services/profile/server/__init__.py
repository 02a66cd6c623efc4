"""gRPC in and out; ends with the table: call → function."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from vivier.profile.v1 import profile_pb2 as pb

from services.kit.errors import Kind, Refused
from services.kit.rpc.server import Function
from services.profile.server import people
from services.profile.usecases.tools import Tools

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["ProfileService"]


def _later(*_: object) -> None:
    raise Refused(Kind.CONFLICT, "NOT_BUILT", "not built yet")


def serves(tools: Tools) -> Mapping[str, Function]:
    return {name: partial(function, tools) for name, function in _TABLE.items()}


_TABLE: Mapping[str, Callable[..., Any]] = {method.name: _later for method in DESCRIPTOR.methods} | {
    "UpsertPeople": people.upsert_people,
    "BatchGetPeople": people.get_people,
    "ListPeople": people.list_people,
}
