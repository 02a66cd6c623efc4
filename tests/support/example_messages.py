"""Messages with every field filled that somebody may send, made from the contracts themselves.

What is output only says so in the comment of its field, which is read from the sources.
"""

import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp
from grpc_tools import protoc

PROTOS = Path(__file__).parents[2] / "protos"
_MESSAGES, _FIELDS = 4, 2  # where they stand in a file, as `SourceCodeInfo` counts
_NUMBERS = {FieldDescriptor.TYPE_BOOL: True, FieldDescriptor.TYPE_DOUBLE: 12.5, FieldDescriptor.TYPE_FLOAT: 12.5}


@cache
def output_only() -> frozenset[str]:
    """Full names of the fields whose comment says so."""
    files = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.glob("vivier/**/*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "contracts.binpb"
        options = [f"-I{PROTOS}", f"-I{Path(protoc.__file__).parent / '_proto'}", "--include_source_info"]
        assert protoc.main(["protoc", *options, f"--descriptor_set_out={target}", *files]) == 0
        contracts = FileDescriptorSet.FromString(target.read_bytes())
    found = set()
    for file in contracts.file:
        for at in file.source_code_info.location:
            if len(at.path) == 4 and (at.path[0], at.path[2]) == (_MESSAGES, _FIELDS):
                message = file.message_type[at.path[1]]
                if "output only" in (at.leading_comments + at.trailing_comments).lower():
                    found.add(f"{file.package}.{message.name}.{message.field[at.path[3]].name}")
    return frozenset(found)


def filled(kind: Any, examples: Mapping[str, Any]) -> Any:
    """Every field by its type; `examples` are those that not every value of the type is right for, by full name.

    An example of None leaves the field out.
    """
    message = kind()
    for known in kind.DESCRIPTOR.fields:
        if known.full_name in output_only() or examples.get(known.full_name, "") is None:
            continue
        value = examples[known.full_name] if known.full_name in examples else _example(known, examples)
        if known.is_repeated:
            getattr(message, known.name).append(value)
        elif isinstance(value, Message):
            getattr(message, known.name).CopyFrom(value)
        else:
            setattr(message, known.name, value)
    return message


def _example(known: FieldDescriptor, examples: Mapping[str, Any]) -> Any:
    if known.message_type is not None:
        kind = GetMessageClass(known.message_type)
        return Timestamp(seconds=1_800_000_000) if kind is Timestamp else filled(kind, examples)
    if known.enum_type is not None:
        return known.enum_type.values[-1].number
    return f"Words of {known.name}" if known.type == FieldDescriptor.TYPE_STRING else _NUMBERS.get(known.type, 7)


def as_sent(message: Any) -> Any:
    """What came back, without what is output only."""
    copy = type(message)()
    copy.CopyFrom(message)
    for known, value in copy.ListFields():
        if known.full_name in output_only():
            copy.ClearField(known.name)
        elif known.message_type is not None:
            for one in list(value) if known.is_repeated else [value]:
                one.CopyFrom(as_sent(one))
    return copy
