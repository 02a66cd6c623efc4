"""gRPC in and out: functions `(deps, call, request)`, and at the end the table: call → function."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vivier.notifications.v1 import notifications_pb2 as pb

from services.kit.auth import Role
from services.kit.checks import Checks
from services.kit.errors import denied
from services.kit.pages import cut, decode_token, page_size
from services.kit.rpc.server import Call
from services.kit.wire import to_message
from services.notifications import usecases
from services.notifications.deps import Deps
from services.notifications.messages import preferences_from

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["NotificationsService"]
AT_A_TIME = 200
LOOK_AGAIN_SECONDS = 1.0
"""How soon a stream sees that its client has gone, or what another process has written."""
Function = Callable[[Deps, Call, Any], Any]


def list_notifications(deps: Deps, call: Call, request: pb.ListNotificationsRequest) -> pb.ListNotificationsResponse:
    size = page_size(request.page_size)
    position = decode_token(request.page_token, int)
    before = position[0] if position else None
    found, unread = usecases.list_notifications(
        deps.units, call.caller, request.recipient, request.unread_only, before, size + 1
    )
    page, more = cut(found, size, lambda last: [last.sequence])
    return pb.ListNotificationsResponse(
        notifications=[to_message(each, pb.Notification) for each in page], next_page_token=more, unread=unread
    )


def mark_read(deps: Deps, call: Call, request: pb.MarkReadRequest) -> pb.MarkReadResponse:
    checks = Checks()
    checks.at_most("ids", request.ids, 100)
    checks.done()
    return pb.MarkReadResponse(unread=usecases.mark_read(deps.units, call.caller, request, list(request.ids)))


def get_preferences(deps: Deps, call: Call, request: pb.GetPreferencesRequest) -> pb.GetPreferencesResponse:
    found = usecases.get_preferences(deps.units, call.caller, request.recipient)
    return pb.GetPreferencesResponse(preferences=to_message(found, pb.Preferences))


def set_preferences(deps: Deps, call: Call, request: pb.SetPreferencesRequest) -> pb.SetPreferencesResponse:
    recipient = request.preferences.recipient or usecases.own_recipient(call.caller)
    wish = preferences_from(request.preferences, recipient)
    usecases.set_preferences(deps.units, call.caller, request, wish)
    return pb.SetPreferencesResponse(preferences=to_message(wish, pb.Preferences))


def watch_notifications(
    deps: Deps, call: Call, request: pb.WatchNotificationsRequest
) -> Iterator[pb.WatchNotificationsResponse]:
    """All that is written after a sequence, each once and in order, until the client goes or the service stops."""
    if call.caller.role is not Role.SERVICE:
        raise denied("SERVICE_ONLY", "only a service may watch every inbox")
    with deps.feed.slot():
        after = request.after_sequence
        position = usecases.last_sequence(deps.units) if after < 0 else after
        yield pb.WatchNotificationsResponse(last_sequence=position)
        while call.is_active() and not deps.feed.stopping.is_set():
            seen = deps.feed.announced
            found = usecases.written_after(deps.units, position, AT_A_TIME)
            if found:
                position = found[-1].sequence
                yield pb.WatchNotificationsResponse(
                    notifications=[to_message(each, pb.Notification) for each in found], last_sequence=position
                )
            if len(found) < AT_A_TIME:
                deps.feed.wait(seen, LOOK_AGAIN_SECONDS)


TABLE: Mapping[str, Function] = {
    "ListNotifications": list_notifications,
    "MarkRead": mark_read,
    "GetPreferences": get_preferences,
    "SetPreferences": set_preferences,
    "WatchNotifications": watch_notifications,
}
