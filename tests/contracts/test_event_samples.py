"""One sample of every event ever released stays here, and is understood for ever.

A new event gets a sample of its own; a field that is added gets a new sample beside the old one, never an edit.
"""

from importlib import import_module
from pathlib import Path

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor
from google.protobuf.message_factory import GetMessageClass

from services.matching import messages as matching

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((Path(__file__).parent / "samples").rglob("*.json"))
READERS = {
    "vivier.offers.v1.OfferChanged": matching.offer_of,
    "vivier.offers.v1.CourseChanged": matching.course_of,
    "vivier.profile.v1.PersonChanged": matching.person_of,
}


def events() -> dict[str, Descriptor]:
    """Every message that is published by itself: those whose name ends with what happened."""
    found = {}
    for path in (ROOT / "protos/vivier").rglob("events.proto"):
        name = ".".join(path.relative_to(ROOT / "protos").with_suffix("").parts) + "_pb2"
        messages = import_module(name).DESCRIPTOR.message_types_by_name.values()
        found |= {one.full_name: one for one in messages if one.name.endswith(("Changed", "Matched"))}
    return found


def test_every_event_has_a_sample() -> None:
    assert set(events()) == {path.stem for path in SAMPLES}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_understood(path: Path) -> None:
    message = json_format.Parse(path.read_text(encoding="utf-8"), GetMessageClass(events()[path.stem])())
    again = type(message).FromString(message.SerializeToString())
    assert again == message
    if read := READERS.get(path.stem):
        assert read(message).version >= 1
