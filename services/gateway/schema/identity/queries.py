"""Queries that identity answers."""

import strawberry
from vivier.identity.v1 import identity_pb2 as pb

from services.gateway.context import Info
from services.gateway.schema.fields import field
from services.gateway.schema.identity.types import Client, client_of
from services.gateway.schema.pages import After, Connection, First, read_page


@strawberry.type
class Query:
    @field("Credentials, revoked ones too; never their secrets.")
    async def clients(self, info: Info, first: First = 20, after: After = None) -> Connection[Client] | None:
        page = await read_page(info.context.call, pb.ListClientsRequest(), first, after)
        return Connection[Client].of(page, [client_of(each) for each in page.items])
