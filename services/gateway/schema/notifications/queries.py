"""What can be asked of the notifications service."""

import strawberry
from vivier.notifications.v1 import notifications_pb2 as pb

from services.gateway.context import Info, RequestContext
from services.gateway.schema.common import listed
from services.gateway.schema.fields import field
from services.gateway.schema.notifications.types import Notification, NotificationList, Preferences
from services.gateway.schema.pages import After, First, page

NOTIFICATIONS = "notifications"


async def inbox(
    context: RequestContext, recipient: str, unread_only: bool, first: int, after: str | None
) -> NotificationList:
    """A page of somebody's inbox; the caller's own when `recipient` is empty."""
    at = page(first, after)
    request = pb.ListNotificationsRequest(
        recipient=recipient, unread_only=unread_only, page_size=at.size, page_token=at.token
    )
    answer = await context.call_about(NOTIFICATIONS, "ListNotifications", request, pb.ListNotificationsResponse())
    found = [Notification.from_proto(m, parameters=listed(m.parameters)) for m in answer.notifications[at.skip :]]
    return NotificationList.of(at, found, answer.next_page_token, unread=answer.unread)


@strawberry.type
class NotificationsQuery:
    @field("The caller's own, newest first.")
    async def notifications(
        self, info: Info, unread_only: bool = False, first: First = 20, after: After = None
    ) -> NotificationList | None:
        return await inbox(info.context, "", unread_only, first, after)

    @field("How the caller, or somebody whom the caller may see, wishes to be told.")
    async def preferences(self, info: Info, recipient: str | None = None) -> Preferences | None:
        request = pb.GetPreferencesRequest(recipient=recipient or "")
        answer = await info.context.call(NOTIFICATIONS, "GetPreferences", request)
        return Preferences.from_proto(answer.preferences)
