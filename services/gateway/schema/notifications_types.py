"""The inbox and how somebody wishes to be told."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from services.gateway.schema.common import Refused
from services.gateway.schema.convert import FromProto
from services.gateway.schema.matching_types import Parameter
from services.gateway.schema.pages import Connection


@strawberry.enum
class NotificationKind(Enum):
    OFFER_MATCHED = 1
    COURSE_MATCHED = 2
    OFFER_GONE = 3
    MENTORSHIP_CHANGED = 4


@strawberry.enum
class Frequency(Enum):
    AT_ONCE = 1
    DAILY = 2
    NEVER = 3


@strawberry.type
class Notification(FromProto):
    id: strawberry.ID
    recipient: str
    kind: NotificationKind | None
    subject_id: strawberry.ID = strawberry.field(description="The offer, the course, the mentorship.")
    parameters: list[Parameter]
    score: float | None
    created_at: datetime | None
    read_at: datetime | None


@strawberry.type
class NotificationList(Connection[Notification]):
    unread: int


@strawberry.type
class Preferences(FromProto):
    recipient: str
    mail: Frequency | None
    daily_cap: int


@strawberry.input
class PreferencesInput:
    recipient: str | None = None
    mail: Frequency | None = None
    daily_cap: int | None = None


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
