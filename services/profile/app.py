"""The only builder of the service: settings and adapters in, a running service out."""

from collections.abc import Mapping

from sqlalchemy import func, select

from services.common.resolver import CachedReferential
from services.kit.bus import Log
from services.kit.clock import Clock, system_clock
from services.kit.database import Database, open_database, store_of
from services.kit.ids import Ids, random_id
from services.kit.outbox import Units
from services.kit.private.master_key import MasterKey, PrivateSettings, StoreVault
from services.kit.rpc.server import bound
from services.kit.service import Service
from services.kit.ticker import Ticker
from services.profile import server
from services.profile.deps import Deps
from services.profile.events import PUBLISHES, TOPIC
from services.profile.store.tables import MASTER, MENTORS, MENTORSHIPS, METADATA, MIGRATIONS, PEOPLE
from services.profile.usecases.age_bands import publish_new_age_bands
from services.referential import open_snapshot

DAY = 86_400.0


class ProfileSettings(PrivateSettings):
    profile_address: str = "127.0.0.1:8401"


SETTINGS = ProfileSettings


def build(settings: ProfileSettings, log: Log, clock: Clock = system_clock, ids: Ids = random_id) -> Service:
    key = MasterKey(settings)
    database = open_database(store_of(settings, "profile"), METADATA, MIGRATIONS)
    vault = StoreVault(database, MASTER, "profile", key)
    vault.open_early()
    units = Units(database, PUBLISHES, clock, ids)
    deps = Deps(units, vault, CachedReferential(open_snapshot(settings.referential), remembered=0))
    return Service(
        name="profile",
        address=settings.profile_address,
        secret=settings.secret.get_secret_value(),
        log=log,
        units=units,
        contract=server.DESCRIPTOR,
        serves=bound(server.TABLE, deps),
        publishes_on=[TOPIC],
        tickers=[Ticker("profile: age bands", DAY, lambda: publish_new_age_bands(deps))],
        prepare=vault.open,
        counts=lambda: _counts(database),
    )


def _counts(database: Database) -> Mapping[str, int]:
    tables = {"people": PEOPLE, "mentors": MENTORS, "mentorships": MENTORSHIPS}
    with database.reading() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in tables.items()
        }
