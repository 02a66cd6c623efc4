"""Queries that the gateway answers itself, or asks of every service alike."""

import asyncio
from functools import partial

import strawberry
from vivier.common.v1 import operations_pb2 as pb

from services.gateway.context import Info, RequestContext
from services.gateway.schema.fields import field
from services.gateway.schema.gateway.referential import ReferentialQuery
from services.gateway.schema.gateway.types import Count, DeadLetter, ServiceStatus
from services.gateway.schema.pages import After, Connection, First, read_page
from services.kit.auth import Role
from services.kit.errors import RetryLater
from services.registry import ServiceName

strawberry.enum(ServiceName)


async def _status(context: RequestContext, service: str) -> ServiceStatus:
    try:
        answer = await context.call(pb.GetStatusRequest(), service)
    except RetryLater:
        answer = pb.GetStatusResponse(service=service, reasons=["does not answer"])
    counts = [Count(name=name, count=count) for name, count in sorted(answer.counts.items())]
    return ServiceStatus.from_proto(answer, counts=counts)


@strawberry.type
class Query(ReferentialQuery):
    @field("How every service is.")
    async def status(self, info: Info) -> list[ServiceStatus] | None:
        info.context.demand(Role.OPERATOR)
        return await asyncio.gather(*(_status(info.context, name) for name in info.context.state.upstreams))

    @field("Oldest first.")
    async def dead_letters(
        self, info: Info, service: ServiceName, first: First = 20, after: After = None
    ) -> Connection[DeadLetter] | None:
        info.context.demand(Role.OPERATOR)
        call = partial(info.context.call, service=service.value)
        page = await read_page(call, pb.ListDeadLettersRequest(), first, after)
        found = [DeadLetter.from_proto(each, offset=str(each.offset)) for each in page.items]
        return Connection[DeadLetter].of(page, found)
