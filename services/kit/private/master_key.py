"""The master key of an installation, and the check that it is the one under which a store was written."""

import base64
import os
from contextlib import suppress

from pydantic import SecretStr
from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table, insert, select

from services.kit.database import Database
from services.kit.errors import RetryLater
from services.kit.ids import random_id
from services.kit.private.vault import KEY_BYTES, Vault
from services.kit.settings import Settings

SETTING = "VIVIER_MASTER_KEY"


class MasterKeyRefused(OSError):
    """The master key cannot be used: its setting or its file is wrong. The message says which, and what to do."""


class PrivateSettings(Settings):
    """Settings of services that keep personal data."""

    master_key: SecretStr | None = None
    """32 random bytes in base64, under which people's keys are wrapped; the file `master.key` when not set."""


def master_table(metadata: MetaData) -> Table:
    """The fingerprint of the master key under which the store was written, in its one row."""
    return Table("master", metadata, Column("fingerprint", LargeBinary, primary_key=True))


class MasterKey:
    """The key of the setting, else that of the file, which the first start makes."""

    def __init__(self, settings: PrivateSettings) -> None:
        """Reads it; MasterKeyRefused where it is no key."""
        self.path = settings.home / "master.key"
        given = settings.master_key
        advice = "`openssl rand -base64 32` makes one"
        self._key = self._read() if given is None else _decoded(given.get_secret_value(), SETTING, advice)

    def find(self) -> bytes | None:
        """None where there is neither yet; another process may have made the file meanwhile."""
        return self._key or self._read()

    def _read(self) -> bytes | None:
        try:
            text = self.path.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise MasterKeyRefused(
                f"{self.path} cannot be read ({error.strerror}): give it to who runs this"
            ) from error
        return _decoded(text, str(self.path), "put back the file that was there")

    def make(self) -> bytes:
        """In a file for its owner alone, all or nothing. The other key where another service made one meanwhile."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f".{self.path.name}.{random_id()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            with suppress(FileExistsError):
                os.link(draft, self.path)
        finally:
            draft.unlink()
        made = self._read()
        assert made is not None
        return made


class StoreVault:
    """The vault of one service's store.

    Another master key could read nothing and would write what the right one cannot read, so the store is checked first.
    """

    def __init__(self, database: Database, master: Table, service: str, key: MasterKey) -> None:
        self._database = database
        self._master = master
        self._service = service
        self._key = key
        self._vault: Vault | None = None

    def __call__(self) -> Vault:
        """RetryLater before the key was checked against the store."""
        if self._vault is None:
            raise RetryLater("the master key was not checked against the store yet")
        return self._vault

    def open(self) -> None:
        """Check the key against the store's fingerprint, written at the first start. MasterKeyRefused if it differs."""
        with self._database.only_one("master") as alone:
            if not alone():
                raise RetryLater("another process just looks at the master key")
            with self._database.transaction() as connection:
                self._vault = self._checked(connection)

    def open_early(self) -> None:
        """Like `open` where the store is there already, to refuse a wrong key at once; the store is closed then."""
        try:
            with suppress(RetryLater):
                self.open()
        except MasterKeyRefused:
            self._database.close()
            raise

    def _checked(self, connection: Connection) -> Vault:
        store, give_back = self._database.name, f"put it back in {self._key.path}, or set {SETTING} to it"
        known = connection.scalar(select(self._master.c.fingerprint))
        key = self._key.find()
        if key is None and known is not None:
            raise MasterKeyRefused(f"the master key of {store} is gone: {give_back}")
        vault = Vault(key or self._key.make(), self._service)
        if known is None:
            connection.execute(insert(self._master), {"fingerprint": vault.fingerprint})
        elif known != vault.fingerprint:
            raise MasterKeyRefused(f"{store} was written under another master key: {give_back}")
        return vault


def _decoded(text: str, where: str, advice: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise MasterKeyRefused(f"{where} must be {KEY_BYTES} random bytes in base64: {advice}")
    return key
