"""What an operator asks: how the services are, which records could not be handled, and who has a credential."""

import asyncio
from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry
from vivier.common.v1 import operations_pb2 as pb
from vivier.identity.v1 import identity_pb2

from services.gateway.context import Info, RequestContext
from services.gateway.schema.common import Refused
from services.gateway.schema.convert import FromProto
from services.gateway.schema.fields import field, mutation
from services.gateway.schema.pages import After, Connection, First, page
from services.kit.auth import Role
from services.kit.errors import RetryLater
from services.registry import ServiceName

strawberry.enum(ServiceName)


@strawberry.enum(description="What a credential speaks for.")
class ClientRole(Enum):
    PARTNER = "partner"
    RECRUITER = "recruiter"
    TRAINING_BODY = "training_body"
    PERSON = "person"
    MENTOR = "mentor"
    OPERATOR = "operator"


_NUMBERS = {role: identity_pb2.ClientRole.Value(f"CLIENT_ROLE_{role.name}") for role in ClientRole}
_ROLES = {number: role.value for role, number in _NUMBERS.items()}


@strawberry.type
class WorkerStatus(FromProto):
    group: str
    state: str
    lag: int
    reason: str | None


@strawberry.type
class Count:
    name: str
    count: int


@strawberry.type
class ServiceStatus(FromProto):
    service: str
    ready: bool
    reasons: list[str]
    outbox_rows: int
    outbox_age_seconds: float
    workers: list[WorkerStatus]
    counts: list[Count]
    dead_letters: int


@strawberry.type(description="A record that could never be handled.")
class DeadLetter(FromProto):
    id: strawberry.ID
    group: str
    topic: str
    partition: int
    offset: str
    key: str
    type: str
    reason: str
    at: datetime | None
    size: int


@strawberry.type
class Client(FromProto):
    id: strawberry.ID
    name: str
    role: str
    subject: str
    created_at: datetime
    revoked_at: datetime | None


@strawberry.type(description="A new credential: its secret is shown this once.")
class ClientCreated:
    client_id: strawberry.ID
    client_secret: str
    subject: str


@strawberry.type
class ClientRevoked:
    client: Client


@strawberry.type
class DeadLetterSettled:
    id: strawberry.ID


ClientResult = Annotated[ClientCreated | Refused, strawberry.union("ClientResult")]
RevokeResult = Annotated[ClientRevoked | Refused, strawberry.union("RevokeResult")]
DeadLetterResult = Annotated[DeadLetterSettled | Refused, strawberry.union("DeadLetterResult")]


@strawberry.input
class CreateClientInput:
    role: ClientRole
    name: str
    subject: str | None = strawberry.field(default=None, description="A new one when left out.")


@strawberry.input
class RevokeClientInput:
    id: strawberry.ID


@strawberry.input
class DeadLetterInput:
    service: ServiceName
    id: strawberry.ID


def _client(found: identity_pb2.Client) -> Client:
    return Client.from_proto(found, role=_ROLES[found.role])


async def _status(context: RequestContext, service: str) -> ServiceStatus:
    try:
        answer = await context.call(service, "GetStatus", pb.GetStatusRequest())
    except RetryLater:
        answer = pb.GetStatusResponse(service=service, reasons=["does not answer"])
    counts = [Count(name=name, count=count) for name, count in sorted(answer.counts.items())]
    return ServiceStatus.from_proto(answer, counts=counts)


@strawberry.type
class OperationsQuery:
    @field("How every service is.")
    async def status(self, info: Info) -> list[ServiceStatus] | None:
        info.context.demand(Role.OPERATOR)
        return await asyncio.gather(*(_status(info.context, name) for name in info.context.state.upstreams))

    @field("Oldest first.")
    async def dead_letters(
        self, info: Info, service: ServiceName, first: First = 20, after: After = None
    ) -> Connection[DeadLetter] | None:
        context, at = info.context, page(first, after)
        context.demand(Role.OPERATOR)
        request = pb.ListDeadLettersRequest(page_size=at.size, page_token=at.token)
        answer = await context.call(service.value, "ListDeadLetters", request)
        found = [DeadLetter.from_proto(x, offset=str(x.offset)) for x in answer.dead_letters[at.skip :]]
        return Connection[DeadLetter].of(at, found, answer.next_page_token)

    @field("Credentials, revoked ones too; never their secrets.")
    async def clients(self, info: Info, first: First = 20, after: After = None) -> Connection[Client] | None:
        at = page(first, after)
        request = identity_pb2.ListClientsRequest(page_size=at.size, page_token=at.token)
        answer = await info.context.call("identity", "ListClients", request)
        found = [_client(each) for each in answer.clients[at.skip :]]
        return Connection[Client].of(at, found, answer.next_page_token)


@strawberry.type
class OperationsMutation:
    @mutation("A new credential; by an operator.")
    async def create_client(self, info: Info, input: CreateClientInput) -> ClientResult:
        role = _NUMBERS[input.role]
        request = identity_pb2.CreateClientRequest(role=role, name=input.name, subject=input.subject or "")
        made = await info.context.call("identity", "CreateClient", request)
        return ClientCreated(
            client_id=strawberry.ID(made.client.id), client_secret=made.secret, subject=made.client.subject
        )

    @mutation("It gets no more tokens, and those that it has stop working.")
    async def revoke_client(self, info: Info, input: RevokeClientInput) -> RevokeResult:
        answer = await info.context.call("identity", "RevokeClient", identity_pb2.RevokeClientRequest(id=input.id))
        await info.context.state.key_refresh.refresh()
        return ClientRevoked(client=_client(answer.client))

    @mutation("Handle the record once more; on success it is gone.")
    async def retry_dead_letter(self, info: Info, input: DeadLetterInput) -> DeadLetterResult:
        await info.context.call(input.service.value, "RetryDeadLetter", pb.RetryDeadLetterRequest(id=input.id))
        return DeadLetterSettled(id=input.id)

    @strawberry.mutation
    async def drop_dead_letter(self, info: Info, input: DeadLetterInput) -> DeadLetterResult:
        await info.context.call(input.service.value, "DropDeadLetter", pb.DropDeadLetterRequest(id=input.id))
        return DeadLetterSettled(id=input.id)
