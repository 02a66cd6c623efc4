"""Credentials, as they are read."""

from datetime import datetime
from enum import Enum

import strawberry
from vivier.identity.v1 import identity_pb2 as pb

from services.gateway.schema.convert import FromProto


@strawberry.enum(description="What a credential speaks for.")
class ClientRole(Enum):
    PARTNER = "partner"
    RECRUITER = "recruiter"
    TRAINING_BODY = "training_body"
    PERSON = "person"
    MENTOR = "mentor"
    OPERATOR = "operator"


NUMBERS = {role: pb.ClientRole.Value(f"CLIENT_ROLE_{role.name}") for role in ClientRole}
_ROLES = {number: role.value for role, number in NUMBERS.items()}


@strawberry.type
class Client(FromProto):
    id: strawberry.ID
    name: str
    role: str
    subject: str
    created_at: datetime
    revoked_at: datetime | None


def client_of(message: pb.Client) -> Client:
    return Client.from_proto(message, role=_ROLES[message.role])
