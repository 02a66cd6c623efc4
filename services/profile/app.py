"""The only builder: settings → adapters → running service."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import func, insert, select

from services.kit.bus import Log
from services.kit.clock import Clock, system_clock
from services.kit.database import Database, open_database, store_of
from services.kit.ids import Ids, random_id
from services.kit.outbox import Units
from services.kit.service import Service
from services.kit.settings import Settings
from services.kit.ticker import Ticker
from services.profile import server
from services.profile.cutting import Cutter
from services.profile.events import PUBLISHES, TOPIC
from services.profile.store.tables import MASTER, MENTORS, MENTORSHIPS, METADATA, PEOPLE
from services.profile.usecases.ageing import tell_new_age_bands
from services.profile.usecases.resolving import Resolver
from services.profile.usecases.tools import Tools
from services.profile.vault import SETTING, MasterKeyRefused, Vault, master_key, new_master_key
from services.referential import open_snapshot

MIGRATIONS = Path(__file__).with_name("migrations")
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
    vault = _vault(database, key, key_file)
    units = Units(database, PUBLISHES, clock, ids)
    cutter = Cutter(database)
    tools = Tools(units, vault, Resolver(open_snapshot(settings.referential)), cutter.cut)
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
        counts=lambda: _counts(database),
    )


def _vault(database: Database, key: bytes | None, key_file: Path) -> Vault:
    """Another master key would read nobody and write people that the right one cannot read: refuse to start."""
    give_back = f"put it back in {key_file}, or set {SETTING} to it"
    try:
        with database.transaction() as connection:
            known = connection.scalar(select(MASTER.c.fingerprint))
            key = key or master_key(None, key_file)  # another process may have made it
            if key is None and known is not None:
                raise MasterKeyRefused(f"the master key of {database.name} is gone: {give_back}")
            vault = Vault(key or new_master_key(key_file))
            if known is None:
                connection.execute(insert(MASTER), {"fingerprint": vault.fingerprint})
            elif known != vault.fingerprint:
                raise MasterKeyRefused(f"{database.name} was written under another master key: {give_back}")
    except MasterKeyRefused:
        database.close()
        raise
    return vault


def _counts(database: Database) -> Mapping[str, int]:
    tables = {"people": PEOPLE, "mentors": MENTORS, "mentorships": MENTORSHIPS}
    with database.reading() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in tables.items()
        }
