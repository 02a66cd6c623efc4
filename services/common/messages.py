"""What several services answer in the same form."""

from collections.abc import Callable
from typing import Any, TypeVar

from google.protobuf.message import Message
from vivier.common.v1 import common_pb2 as pb

from services.common.values import Outcome
from services.kit.errors import Refused
from services.kit.rpc.status import refusal_message

M = TypeVar("M", bound=Message)


def outcome_number(value: Outcome) -> pb.Outcome.ValueType:
    return pb.Outcome.Value(f"OUTCOME_{value.name}")


def result_message(
    kind: type[M], field: str, value: tuple[Any, Outcome] | Refused, to_message: Callable[[Any], Message]
) -> M:
    """The answer for one row of a batch: what was written, in this field, with its outcome; or why it was refused."""
    if isinstance(value, Refused):
        return kind(refusal=refusal_message(value))
    return kind(**{field: to_message(value[0])}, outcome=outcome_number(value[1]))
