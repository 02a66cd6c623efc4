"""The vault, and the question whether its master key is the one under which the store was written."""

from pathlib import Path

from sqlalchemy import insert, select

from services.kit.database import Database
from services.kit.errors import RetryLater
from services.profile.store.tables import MASTER
from services.profile.vault import SETTING, MasterKeyRefused, Vault, master_key, new_master_key


class Safe:
    """Another master key would read nobody and write people that the right one cannot read, so the store is asked."""

    def __init__(self, database: Database, key: bytes | None, key_file: Path) -> None:
        self._database = database
        self._key = key
        self._file = key_file
        self._vault: Vault | None = None

    def vault(self) -> Vault:
        if self._vault is None:
            raise RetryLater("the store was not asked yet for whose master key it is")
        return self._vault

    def open(self) -> None:
        """Ask the store, or tell it at the first start. MasterKeyRefused where it is another's."""
        with self._database.only_one("master") as alone:
            if not alone():
                raise RetryLater("another process just looks at the master key")
            self._vault = self._right_one()

    def _right_one(self) -> Vault:
        give_back = f"put it back in {self._file}, or set {SETTING} to it"
        with self._database.transaction() as connection:
            known = connection.scalar(select(MASTER.c.fingerprint))
            key = self._key or master_key(None, self._file)  # another process may have made it
            if key is None and known is not None:
                raise MasterKeyRefused(f"the master key of {self._database.name} is gone: {give_back}")
            vault = Vault(key or new_master_key(self._file))
            if known is None:
                connection.execute(insert(MASTER), {"fingerprint": vault.fingerprint})
            elif known != vault.fingerprint:
                raise MasterKeyRefused(f"{self._database.name} was written under another master key: {give_back}")
        return vault
