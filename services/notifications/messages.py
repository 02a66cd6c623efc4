"""Messages to values, where it is more than a copy."""

from vivier.notifications.v1 import notifications_pb2 as pb

from services.kit.errors import Violation, invalid
from services.notifications.domain import Frequency, Preferences

FREQUENCIES = {pb.Frequency.Value(f"FREQUENCY_{each.name}"): each for each in Frequency}


def preferences_from(message: pb.Preferences, recipient: str) -> Preferences:
    """`recipient` stands for one that is not said."""
    if message.mail not in FREQUENCIES:
        known = {"choices": ", ".join(Frequency)}
        raise invalid([Violation("preferences.mail", "UNKNOWN_VALUE", "must be one of {choices}", known)])
    return Preferences(recipient, FREQUENCIES[message.mail], message.daily_cap)
