"""Words that every part of the schema shares."""

from enum import Enum

import strawberry
from vivier.common.v1 import common_pb2

from services.gateway.errors import fields_of
from services.gateway.schema.convert import FromProto
from services.kit import errors


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
    country_code: str | None
    commune_code: str | None
    postal_code: str | None
    label: str | None
    point: Point | None
    resolution: Resolution | None


@strawberry.type(description="An occupation by its code (ROME in France), and the words that were said.")
class Occupation(FromProto):
    code: str | None
    label: str | None
    resolution: Resolution | None


@strawberry.input
class PointInput:
    latitude: float
    longitude: float


@strawberry.input(description="A place as somebody says it; what is missing is resolved from what is there.")
class PlaceInput:
    country_code: str | None = None
    commune_code: str | None = None
    postal_code: str | None = None
    label: str | None = None
    point: PointInput | None = None


@strawberry.input(description="A code, or words to be resolved.")
class OccupationInput:
    code: str | None = None
    label: str | None = None


@strawberry.enum(description="What an idempotent write did.")
class Outcome(Enum):
    CREATED = 1
    UPDATED = 2
    UNCHANGED = 3


@strawberry.enum
class OfferKind(Enum):
    JOB = 1
    APPRENTICESHIP = 2
    INTERNSHIP = 3
    VOLUNTEERING = 4


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
    def of(cls, refusal: errors.Refused) -> "Refused":
        facts = [Fact(name=name, value=value) for name, value in refusal.facts.items()]
        return cls(
            reason=refusal.reason,
            message=refusal.message,
            fields=[FieldRefusal(**each) for each in fields_of(refusal)],
            facts=facts,
        )

    @classmethod
    def of_row(cls, refusal: common_pb2.Refusal) -> "Refused":
        """Why one row of a batch was refused."""
        violations = [errors.Violation(v.path, v.reason, v.description) for v in refusal.violations]
        return cls.of(errors.Refused(errors.Kind.INVALID, refusal.reason, refusal.message, violations))


class RefusedHandler(strawberry.ExceptionHandler[errors.Refused, Refused]):
    """Refusals become members of the union wherever a field's type has room for them."""

    def handle(self, exception: errors.Refused, *, field: object, info: object) -> Refused:
        return Refused.of(exception)


@strawberry.input(description="An action on one thing.")
class IdInput:
    id: strawberry.ID
    request_id: str | None = None
