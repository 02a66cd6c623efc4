"""Mutations that every service answers alike."""

from typing import Annotated

import strawberry
from vivier.common.v1 import operations_pb2 as pb

from services.gateway.context import Info
from services.gateway.schema.common import Refused
from services.gateway.schema.fields import mutation
from services.registry import ServiceName


@strawberry.type
class DeadLetterSettled:
    id: strawberry.ID


DeadLetterResult = Annotated[DeadLetterSettled | Refused, strawberry.union("DeadLetterResult")]


@strawberry.input
class DeadLetterInput:
    service: ServiceName
    id: strawberry.ID


@strawberry.type
class Mutation:
    @mutation("Handle the record once more; on success it is gone.")
    async def retry_dead_letter(self, info: Info, input: DeadLetterInput) -> DeadLetterResult:
        await info.context.call(pb.RetryDeadLetterRequest(id=input.id), input.service.value)
        return DeadLetterSettled(id=input.id)

    @strawberry.mutation
    async def drop_dead_letter(self, info: Info, input: DeadLetterInput) -> DeadLetterResult:
        await info.context.call(pb.DropDeadLetterRequest(id=input.id), input.service.value)
        return DeadLetterSettled(id=input.id)
