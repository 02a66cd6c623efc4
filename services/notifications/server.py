"""gRPC in and out."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp
from vivier.notifications.v1 import notifications_pb2 as pb

from services.kit.auth import Role
from services.kit.checks import Checks
from services.kit.errors import Violation, denied, invalid
from services.kit.outbox import Units
from services.kit.pages import cut, decode_token, page_size
from services.kit.rpc.server import Call, Function
from services.notifications import usecases
from services.notifications.domain import Frequency, Notification, Preferences
from services.notifications.feed import Feed

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["NotificationsService"]
AT_A_TIME = 200
LOOK_AGAIN_SECONDS = 1.0
"""How soon a stream sees that its client has gone, or what another process has written."""
FREQUENCIES = {
    pb.FREQUENCY_AT_ONCE: Frequency.AT_ONCE,
    pb.FREQUENCY_DAILY: Frequency.DAILY,
    pb.FREQUENCY_NEVER: Frequency.NEVER,
}


class _Calls:
    def __init__(self, units: Units, feed: Feed) -> None:
        self._units = units
        self._feed = feed

    def list(self, call: Call, request: pb.ListNotificationsRequest) -> pb.ListNotificationsResponse:
        size = page_size(request.page_size)
        before = _position(request.page_token)
        found, unread = usecases.list_notifications(
            self._units, call.caller, request.recipient, request.unread_only, before, size + 1
        )
        page, more = cut(found, size, lambda each: [each.sequence])
        return pb.ListNotificationsResponse(notifications=map(_message, page), next_page_token=more, unread=unread)

    def mark_read(self, call: Call, request: pb.MarkReadRequest) -> pb.MarkReadResponse:
        checks = Checks()
        checks.at_most("ids", request.ids, 100)
        checks.done()
        return pb.MarkReadResponse(unread=usecases.mark_read(self._units, call.caller, request, list(request.ids)))

    def get_preferences(self, call: Call, request: pb.GetPreferencesRequest) -> pb.GetPreferencesResponse:
        found = usecases.get_preferences(self._units, call.caller, request.recipient)
        return pb.GetPreferencesResponse(preferences=_preferences(found))

    def set_preferences(self, call: Call, request: pb.SetPreferencesRequest) -> pb.SetPreferencesResponse:
        given = request.preferences
        if given.mail not in FREQUENCIES:
            known = {"choices": ", ".join(Frequency)}
            raise invalid([Violation("preferences.mail", "UNKNOWN_VALUE", "must be one of {choices}", known)])
        recipient = given.recipient or usecases.own_recipient(call.caller)
        wish = Preferences(recipient, FREQUENCIES[given.mail], given.daily_cap)
        usecases.set_preferences(self._units, call.caller, request, wish)
        return pb.SetPreferencesResponse(preferences=_preferences(wish))

    def watch(self, call: Call, request: pb.WatchNotificationsRequest) -> Iterator[pb.WatchNotificationsResponse]:
        """All that is written after a sequence, each once and in order, until the client goes or the service stops."""
        if call.caller.role is not Role.SERVICE:
            raise denied("SERVICE_ONLY", "only a service may watch every inbox")
        with self._feed.slot():
            after = request.after_sequence
            position = usecases.last_sequence(self._units) if after < 0 else after
            yield pb.WatchNotificationsResponse(last_sequence=position)
            while call.is_active() and not self._feed.stopping.is_set():
                seen = self._feed.announced
                found = usecases.written_after(self._units, position, AT_A_TIME)
                if found:
                    position = found[-1].sequence
                    yield pb.WatchNotificationsResponse(
                        notifications=[_message(each) for each in found], last_sequence=position
                    )
                if len(found) < AT_A_TIME:
                    self._feed.wait(seen, LOOK_AGAIN_SECONDS)


def _position(token: str) -> int | None:
    position = decode_token(token, int)
    return position[0] if position else None


def _time(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def _message(of: Notification) -> pb.Notification:
    return pb.Notification(
        id=of.id,
        recipient=of.recipient,
        kind=pb.NotificationKind.Value(f"NOTIFICATION_KIND_{of.kind}"),
        subject_id=of.subject_id,
        parameters=of.parameters,
        score=of.score,
        created_at=_time(of.created_at),
        read_at=_time(of.read_at),
        sequence=of.sequence,
        gone=of.gone,
    )


def _preferences(of: Preferences) -> pb.Preferences:
    mail = pb.Frequency.Value(f"FREQUENCY_{of.mail}")
    return pb.Preferences(recipient=of.recipient, mail=mail, daily_cap=of.daily_cap)


def serves(units: Units, feed: Feed) -> Mapping[str, Function]:
    calls = _Calls(units, feed)
    return {
        "ListNotifications": calls.list,
        "MarkRead": calls.mark_read,
        "GetPreferences": calls.get_preferences,
        "SetPreferences": calls.set_preferences,
        "WatchNotifications": calls.watch,
    }
