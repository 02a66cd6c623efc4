"""Mutations of identity, and their results."""

from typing import Annotated

import strawberry
from vivier.identity.v1 import identity_pb2 as pb

from services.gateway.context import Info
from services.gateway.schema.common import Refused
from services.gateway.schema.fields import mutation
from services.gateway.schema.identity.types import NUMBERS, Client, ClientRole, client_of


@strawberry.type(description="A new credential: its secret is shown this once.")
class ClientCreated:
    client_id: strawberry.ID
    client_secret: str
    subject: str


@strawberry.type
class ClientRevoked:
    client: Client


ClientResult = Annotated[ClientCreated | Refused, strawberry.union("ClientResult")]
RevokeResult = Annotated[ClientRevoked | Refused, strawberry.union("RevokeResult")]


@strawberry.input
class CreateClientInput:
    role: ClientRole
    name: str
    subject: str | None = strawberry.field(default=None, description="A new one when left out.")


@strawberry.input
class RevokeClientInput:
    id: strawberry.ID


@strawberry.type
class Mutation:
    @mutation("A new credential; by an operator.")
    async def create_client(self, info: Info, input: CreateClientInput) -> ClientResult:
        role = NUMBERS[input.role]
        made = await info.context.call(pb.CreateClientRequest(role=role, name=input.name, subject=input.subject or ""))
        return ClientCreated(
            client_id=strawberry.ID(made.client.id), client_secret=made.secret, subject=made.client.subject
        )

    @mutation("It gets no more tokens, and those that it has stop working.")
    async def revoke_client(self, info: Info, input: RevokeClientInput) -> RevokeResult:
        answer = await info.context.call(pb.RevokeClientRequest(id=input.id))
        await info.context.state.key_refresh.refresh()
        return ClientRevoked(client=client_of(answer.client))
