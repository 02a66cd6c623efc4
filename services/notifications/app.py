"""The only builder: settings → adapters → running service."""

from services.kit.bus import Log
from services.kit.clock import Clock, system_clock
from services.kit.database import open_database
from services.kit.ids import Ids, random_id
from services.kit.outbox import Units
from services.kit.service import HOUR, Service, Subscription
from services.kit.settings import Settings
from services.kit.ticker import Ticker
from services.notifications import usecases
from services.notifications.events import PUBLISHES, TOPICS, listens
from services.notifications.feed import Feed
from services.notifications.server import DESCRIPTOR, serves
from services.notifications.store.tables import METADATA


class NotificationsSettings(Settings):
    notifications_address: str = "127.0.0.1:0"
    """Where this service listens; port 0 is any free one."""
    profile_address: str
    """Where `profile` answers: it knows how people are addressed."""


def build(settings: NotificationsSettings, log: Log, clock: Clock = system_clock, ids: Ids = random_id) -> Service:
    units = Units(open_database(settings.home / "notifications.db", METADATA), PUBLISHES, clock, ids)
    feed = Feed()
    return Service(
        "notifications",
        settings.notifications_address,
        settings.secret.get_secret_value(),
        log,
        units,
        DESCRIPTOR,
        serves(units, feed),
        publishes_on=(),
        subscriptions=[Subscription("notifications", TOPICS, listens(clock, feed.announce))],
        tickers=[Ticker("notifications: sweep", HOUR, lambda: usecases.sweep(units))],
        counts=lambda: usecases.counts(units),
    )
