"""The published schema: what is committed is what is served, and it says what the contracts say."""

from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import strawberry
from vivier.common.v1 import common_pb2
from vivier.notifications.v1 import notifications_pb2
from vivier.offers.v1 import offers_pb2
from vivier.profile.v1 import profile_pb2

from services.gateway import schema as schema_package
from services.gateway.schema import build, enums
from services.gateway.schema.build import COMMITTED, schema
from services.gateway.schema.convert import FromProto
from services.gateway.schema.inputs import input_of
from services.registry import SERVICES, Entry


def test_the_committed_schema_is_the_one_served() -> None:
    how = "run `uv run python -m services.gateway.schema.build > services/gateway/schema.graphql`"
    assert COMMITTED.read_text(encoding="utf-8").strip() == schema().as_str().strip(), how


def test_what_a_service_that_is_left_out_would_answer_is_not_in_it() -> None:
    here = [entry.name for entry in SERVICES if entry.name != "notifications"]
    whole, rest = schema().as_str(), schema(here).as_str()
    assert "markRead(" in whole
    assert "markRead(" not in rest
    assert "upsertOffers(" in rest


def test_a_new_service_adds_its_fields_by_its_name_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    part = "import strawberry\n@strawberry.type\nclass Query:\n    @strawberry.field\n    def alerts(self) -> int:\n"
    (tmp_path / "alerts").mkdir()
    (tmp_path / "alerts" / "queries.py").write_text(f"{part}        return 1\n")
    monkeypatch.setattr(schema_package, "__path__", [*schema_package.__path__, str(tmp_path)])
    monkeypatch.setattr(
        build, "SERVICES", (*SERVICES, Entry("alerts", "alerts", 8499), Entry("silent", "silent", 8498))
    )
    assert "\n  alerts: Int!\n" in schema().as_str()
    assert "\n  alerts: Int!\n" not in schema(entry.name for entry in SERVICES).as_str()


ENUMS = [
    (getattr(enums, descriptor.name), descriptor)
    for contract in (common_pb2, offers_pb2, profile_pb2, notifications_pb2)
    for descriptor in contract.DESCRIPTOR.enum_types_by_name.values()
]


@pytest.mark.parametrize(("ours", "theirs"), ENUMS, ids=lambda value: getattr(value, "name", ""))
def test_enums_say_what_the_contracts_say(ours: type[Enum], theirs: Any) -> None:
    prefix = theirs.values_by_number[0].name.removesuffix("UNSPECIFIED")
    wanted = {v.name.removeprefix(prefix): v.number for v in theirs.values if v.number}
    assert {member.name: member.value for member in ours} == wanted


@strawberry.type
class Size(FromProto):
    output_only = frozenset({"measured"})
    width: float | None
    round: bool
    measured: str


@strawberry.type
class Box(FromProto):
    output_only = frozenset({"version"})
    id: strawberry.ID
    title: str
    sizes: list[Size]
    version: int


@input_of(Size)
class SizeInput:
    round: bool = False


@input_of(Box, "What is left out stays.")
class BoxInput: ...


def test_an_input_mirrors_its_type() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def put(self, box: BoxInput) -> bool:
            return True

    assert (
        strawberry.Schema(Query)
        .as_str()
        .startswith(
            '"""What is left out stays."""\n'
            "input BoxInput {\n  id: ID = null\n  title: String = null\n  sizes: [SizeInput!] = null\n}"
        )
    )
    assert "input SizeInput {\n  width: Float = null\n  round: Boolean! = false\n}" in strawberry.Schema(Query).as_str()
