"""The only builder: settings → adapters → running service."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import func, select

from services.kit.bus import Log
from services.kit.clock import Clock, system_clock
from services.kit.database import Database, open_database, store_of
from services.kit.errors import RetryLater
from services.kit.ids import Ids, random_id
from services.kit.outbox import Units
from services.kit.service import Service
from services.kit.settings import Settings
from services.kit.ticker import Ticker
from services.profile import server
from services.profile.cutting import Cutter
from services.profile.events import PUBLISHES, TOPIC
from services.profile.safe import Safe
from services.profile.store.tables import MENTORS, MENTORSHIPS, METADATA, MIGRATIONS, PEOPLE
from services.profile.usecases.ageing import tell_new_age_bands
from services.profile.usecases.resolving import Resolver
from services.profile.usecases.tools import Tools
from services.profile.vault import MasterKeyRefused, master_key
from services.referential import open_snapshot

CUT_SECONDS = 2.0
DAY = 86_400.0


class ProfileSettings(Settings):
    profile_address: str = "127.0.0.1:8401"
    master_key: SecretStr | None = None
    """32 random bytes in base64, under which people's keys are wrapped; the file `master.key` when not set."""


SETTINGS = ProfileSettings


def build(settings: ProfileSettings, log: Log, clock: Clock = system_clock, ids: Ids = random_id) -> Service:
    given = settings.master_key.get_secret_value() if settings.master_key is not None else None
    key_file = settings.home / "master.key"
    key = master_key(given, key_file)
    database = open_database(store_of(settings, "profile"), METADATA, MIGRATIONS)
    safe = _safe(database, key, key_file)
    units = Units(database, PUBLISHES, clock, ids)
    cutter = Cutter(database)
    tools = Tools(units, safe.vault, Resolver(open_snapshot(settings.referential)), cutter.cut)
    return Service(
        "profile",
        settings.profile_address,
        settings.secret.get_secret_value(),
        log,
        units,
        server.DESCRIPTOR,
        server.serves(tools),
        [TOPIC],
        tickers=[
            Ticker("profile: erased bytes", CUT_SECONDS, cutter.retry),
            Ticker("profile: age bands", DAY, lambda: tell_new_age_bands(tools)),
        ],
        prepare=safe.open,
        counts=lambda: _counts(database),
    )


def _safe(database: Database, key: bytes | None, key_file: Path) -> Safe:
    """Opened now where the store can be asked already, so that a wrong key is said at once."""
    safe = Safe(database, key, key_file)
    try:
        with suppress(RetryLater):
            safe.open()
    except MasterKeyRefused:
        database.close()
        raise
    return safe


def _counts(database: Database) -> Mapping[str, int]:
    tables = {"people": PEOPLE, "mentors": MENTORS, "mentorships": MENTORSHIPS}
    with database.reading() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in tables.items()
        }
