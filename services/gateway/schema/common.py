"""Words that every part of the schema shares."""

from collections.abc import Iterable, Mapping
from typing import Any

import strawberry
from vivier.common.v1 import common_pb2

from services.gateway.context import Info
from services.gateway.graphql.errors import facts_of, fields_of, message_of
from services.gateway.labels import Labels
from services.gateway.schema.convert import FromProto
from services.gateway.schema.inputs import input_of
from services.kit import errors
from services.kit.checks import Checks
from services.kit.rpc.status import refused
from services.words.catalogue import Words

LONGEST_TEXT = 200


@strawberry.type(description="WGS 84, in degrees.")
class Point(FromProto):
    latitude: float
    longitude: float


@strawberry.type(description="How a code was found for words that somebody wrote.")
class Resolution(FromProto):
    source: str
    confidence: float = strawberry.field(description="0 to 1; from 0.6 on it is good enough to match.")
    referential_version: str


@strawberry.type
class Place(FromProto):
    output_only = frozenset({"resolution"})
    country_code: str | None
    commune_code: str | None
    postal_code: str | None
    label: str | None
    point: Point | None
    resolution: Resolution | None


@strawberry.type(description="An occupation by its code (ROME in France), and the words that were said.")
class Occupation(FromProto):
    output_only = frozenset({"resolution"})
    code: str | None
    label: str | None
    resolution: Resolution | None


@strawberry.input
class PointInput:
    latitude: float
    longitude: float


@input_of(Place, "A place as somebody says it; what is missing is resolved from what is there.")
class PlaceInput:
    point: PointInput | None = None


@input_of(Occupation, "A code, or words to be resolved.")
class OccupationInput: ...


@strawberry.type(description="A skill's code with its official name; null where this referential does not know it.")
class SkillName:
    code: str
    label: str | None


def skill_names(labels: Labels, codes: Iterable[str]) -> list[SkillName]:
    """Codes with their labels."""
    return [SkillName(code=code, label=labels.skill(code) or None) for code in codes]


@strawberry.type
class Parameter:
    name: str
    value: str


def listed(parameters: Mapping[str, str]) -> list[Parameter]:
    return [Parameter(name=name, value=value) for name, value in sorted(parameters.items())]


def short_text(name: str, value: str, path: str = "") -> str:
    """A text that must be said; `path` stands before its name in a refusal."""
    checks = Checks(path)
    text = checks.text(name, value, LONGEST_TEXT, required=True)
    checks.done()
    return text


@strawberry.type(description="One wrong field: its path in the input.")
class FieldRefusal:
    path: str
    reason: str
    description: str


@strawberry.type
class Fact:
    name: str
    value: str


@strawberry.type(description="An expected refusal: what to tell the user.")
class Refused:
    reason: str = strawberry.field(description="A stable UPPER_SNAKE code.")
    message: str
    fields: list[FieldRefusal]
    facts: list[Fact]

    @classmethod
    def of(cls, refusal: errors.Refused, words: Words) -> "Refused":
        facts = [Fact(name=name, value=value) for name, value in facts_of(refusal.facts).items()]
        return cls(
            reason=refusal.reason,
            message=message_of(refusal, words),
            fields=[FieldRefusal(**each) for each in fields_of(refusal, words)],
            facts=facts,
        )

    @classmethod
    def of_row(cls, refusal: common_pb2.Refusal, words: Words) -> "Refused":
        """Why one row of a batch was refused."""
        return cls.of(refused(errors.Kind.INVALID, refusal), words)


def rows_of(rows: Iterable[Any], written: type[FromProto], words: Words) -> list[Any]:
    """What a batch did, row by row: written, or refused."""
    return [Refused.of_row(row.refusal, words) if row.HasField("refusal") else written.from_proto(row) for row in rows]


class RefusedHandler(strawberry.ExceptionHandler[errors.Refused, Refused]):
    """Refusals become members of the union wherever a field's type has room for them."""

    def handle(self, exception: errors.Refused, *, field: object, info: Info) -> Refused:
        return Refused.of(exception, info.context.words)


@strawberry.input(description="An action on one thing.")
class IdInput:
    id: strawberry.ID
    request_id: str | None = None
