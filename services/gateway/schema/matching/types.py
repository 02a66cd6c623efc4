"""What explains a match or a place in a list."""

import strawberry

from services.gateway.schema.common import Parameter
from services.gateway.schema.profile.types import Evidence


@strawberry.type(description="A code with parameters, and the same in the reader's language.")
class Reason:
    code: str
    text: str
    parameters: list[Parameter]
    evidence: list[Evidence] = strawberry.field(
        description="What the person said or was confirmed, as far as the reader may see it."
    )


@strawberry.type(description="One named part of a score.")
class Part:
    name: str
    weight: float
    value: float = strawberry.field(description="0 to 1.")
    known: bool = strawberry.field(description="False: the value is the published prior.")
    reasons: list[Reason]


@strawberry.type(description="What a pair must pass, whatever its score.")
class Gate:
    name: str
    passed: bool
    reason: Reason | None
