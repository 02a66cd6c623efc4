"""From messages and to messages, where it is more than a copy."""

from vivier.notifications.v1 import notifications_pb2 as pb

from services.kit.errors import Violation, invalid
from services.kit.wire import to_message
from services.notifications.domain import Frequency, Notification, Preferences

FREQUENCIES = {pb.Frequency.Value(f"FREQUENCY_{each.name}"): each for each in Frequency}


def preferences_from(message: pb.Preferences, recipient: str) -> Preferences:
    """`recipient` stands for one that is not said."""
    if message.mail not in FREQUENCIES:
        known = {"choices": ", ".join(Frequency)}
        raise invalid([Violation("preferences.mail", "UNKNOWN_VALUE", "must be one of {choices}", known)])
    return Preferences(recipient, FREQUENCIES[message.mail], message.daily_cap)


def preferences_message(wish: Preferences) -> pb.Preferences:
    return to_message(wish, pb.Preferences)


def notification_message(one: Notification) -> pb.Notification:
    return to_message(one, pb.Notification)
