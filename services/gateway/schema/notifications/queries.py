"""Queries that the notifications service answers."""

import strawberry
from vivier.notifications.v1 import notifications_pb2 as pb

from services.gateway.context import Info, RequestContext
from services.gateway.schema.common import listed
from services.gateway.schema.fields import field
from services.gateway.schema.notifications.types import Notification, NotificationList, Preferences
from services.gateway.schema.pages import After, First, read_page


async def inbox(
    context: RequestContext, recipient: str, unread_only: bool, first: int, after: str | None
) -> NotificationList:
    """A page of somebody's inbox; the caller's own when `recipient` is empty."""
    request = pb.ListNotificationsRequest(recipient=recipient, unread_only=unread_only)
    page = await read_page(context.call_about, request, first, after)
    found = [Notification.from_proto(each, parameters=listed(each.parameters)) for each in page.items]
    return NotificationList.of(page, found, unread=page.answer.unread)


@strawberry.type
class Query:
    @field("The caller's own, newest first.")
    async def notifications(
        self, info: Info, unread_only: bool = False, first: First = 20, after: After = None
    ) -> NotificationList | None:
        return await inbox(info.context, "", unread_only, first, after)

    @field("How the caller, or somebody whom the caller may see, wishes to be told.")
    async def preferences(self, info: Info, recipient: str | None = None) -> Preferences | None:
        answer = await info.context.call(pb.GetPreferencesRequest(recipient=recipient or ""))
        return Preferences.from_proto(answer.preferences)
