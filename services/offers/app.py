"""The only builder of the service: settings and adapters in, a running service out."""

from collections.abc import Mapping

from services.common.resolver import CachedReferential
from services.kit.bus import Log
from services.kit.clock import Clock, system_clock
from services.kit.database import open_database, store_of
from services.kit.ids import Ids, random_id
from services.kit.outbox import Units
from services.kit.rpc.server import bound
from services.kit.service import Service
from services.kit.settings import Settings
from services.kit.ticker import Ticker
from services.offers import store
from services.offers.deps import Deps
from services.offers.events import PUBLISHES, TOPIC
from services.offers.server import DESCRIPTOR, TABLE
from services.offers.usecases.jobs import expire_and_republish
from services.referential import open_snapshot

JOBS_SECONDS = 2.0


class OffersSettings(Settings):
    offers_address: str = "127.0.0.1:0"
    """Where the service listens for gRPC."""


SETTINGS = OffersSettings


def build(settings: OffersSettings, log: Log, clock: Clock = system_clock, ids: Ids = random_id) -> Service:
    units = Units(open_database(store_of(settings, "offers"), store.METADATA, store.MIGRATIONS), PUBLISHES, clock, ids)
    deps = Deps(units, CachedReferential(open_snapshot(settings.referential)))

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
        serves=bound(TABLE, deps),
        publishes_on=[TOPIC],
        tickers=[Ticker("offers: expire and republish", JOBS_SECONDS, lambda: expire_and_republish(units))],
        counts=counts,
    )
