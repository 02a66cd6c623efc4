"""What can be changed in the notifications service, and what comes of it."""

from typing import Annotated

import strawberry
from vivier.notifications.v1 import notifications_pb2 as pb

from services.gateway.context import Info
from services.gateway.schema.common import Refused
from services.gateway.schema.convert import write
from services.gateway.schema.inputs import input_of
from services.gateway.schema.notifications.queries import NOTIFICATIONS
from services.gateway.schema.notifications.types import Preferences


@input_of(Preferences)
class PreferencesInput: ...


@strawberry.input
class SetPreferencesInput:
    preferences: PreferencesInput
    request_id: str | None = None


@strawberry.input
class MarkReadInput:
    ids: list[strawberry.ID] = strawberry.field(description="At most 100.")
    request_id: str | None = None


@strawberry.type
class MarkedRead:
    unread: int


@strawberry.type
class PreferencesWritten:
    preferences: Preferences


MarkReadResult = Annotated[MarkedRead | Refused, strawberry.union("MarkReadResult")]
PreferencesResult = Annotated[PreferencesWritten | Refused, strawberry.union("PreferencesResult")]


@strawberry.type
class NotificationsMutation:
    @strawberry.mutation
    async def mark_read(self, info: Info, input: MarkReadInput) -> MarkReadResult:
        answer = await info.context.call(NOTIFICATIONS, "MarkRead", write(input, pb.MarkReadRequest))
        return MarkedRead(unread=answer.unread)

    @strawberry.mutation
    async def set_preferences(self, info: Info, input: SetPreferencesInput) -> PreferencesResult:
        answer = await info.context.call(NOTIFICATIONS, "SetPreferences", write(input, pb.SetPreferencesRequest))
        return PreferencesWritten(preferences=Preferences.from_proto(answer.preferences))
