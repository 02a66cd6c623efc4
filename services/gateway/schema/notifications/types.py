"""The inbox and how somebody wishes to be told."""

from datetime import datetime

import strawberry

from services.gateway.schema.common import Parameter
from services.gateway.schema.convert import FromProto
from services.gateway.schema.enums import Frequency, NotificationKind
from services.gateway.schema.pages import Connection


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
