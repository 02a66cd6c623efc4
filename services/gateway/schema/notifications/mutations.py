"""Mutations of the notifications service, and their results."""

from typing import Annotated

import strawberry
from vivier.notifications.v1 import notifications_pb2 as pb

from services.gateway.schema.common import Refused
from services.gateway.schema.convert import FromProto
from services.gateway.schema.fields import call_mutation
from services.gateway.schema.inputs import input_of, write_input
from services.gateway.schema.notifications.types import Preferences


@input_of(Preferences)
class PreferencesInput: ...


@strawberry.input
class MarkReadInput:
    ids: list[strawberry.ID] = strawberry.field(description="At most 100.")
    request_id: str | None = None


@strawberry.type
class MarkedRead(FromProto):
    unread: int


@strawberry.type
class PreferencesWritten(FromProto):
    preferences: Preferences


MarkReadResult = Annotated[MarkedRead | Refused, strawberry.union("MarkReadResult")]
PreferencesResult = Annotated[PreferencesWritten | Refused, strawberry.union("PreferencesResult")]


@strawberry.type
class Mutation:
    mark_read = call_mutation(pb.MarkReadRequest, MarkReadInput, MarkReadResult)
    set_preferences = call_mutation(
        pb.SetPreferencesRequest, write_input("SetPreferencesInput", preferences=PreferencesInput), PreferencesResult
    )
