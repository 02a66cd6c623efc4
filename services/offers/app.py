"""The only builder of the service: settings and adapters in, a running service out."""

from collections.abc import Mapping

from services.kit.bus import Log
from services.kit.clock import Clock, system_clock
from services.kit.database import open_database, store_of
from services.kit.ids import Ids, random_id
from services.kit.outbox import Units
from services.kit.service import Service
from services.kit.settings import Settings
from services.kit.ticker import Ticker
from services.offers import store
from services.offers.events import PUBLISHES, TOPIC
from services.offers.server import DESCRIPTOR, Server
from services.offers.usecases.rounds import come_round
from services.offers.usecases.words import Words
from services.referential import open_snapshot

ROUND_SECONDS = 2.0


class OffersSettings(Settings):
    offers_address: str = "127.0.0.1:0"
    """Where the service listens for gRPC."""


SETTINGS = OffersSettings


def build(settings: OffersSettings, log: Log, clock: Clock = system_clock, ids: Ids = random_id) -> Service:
    units = Units(open_database(store_of(settings, "offers"), store.METADATA, store.MIGRATIONS), PUBLISHES, clock, ids)

    def counts() -> Mapping[str, int]:
        with units.reading() as connection:
            return store.counts(connection)

    return Service(
        name="offers",
        address=settings.offers_address,
        secret=settings.secret.get_secret_value(),
        log=log,
        units=units,
        contract=DESCRIPTOR,
        serves=Server(units, Words(open_snapshot(settings.referential))).serves(),
        publishes_on=[TOPIC],
        tickers=[Ticker("offers: ends and retellings", ROUND_SECONDS, lambda: come_round(units))],
        counts=counts,
    )
