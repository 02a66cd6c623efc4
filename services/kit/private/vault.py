"""Encryption at rest: a key per subject (a person, say), wrapped by one master key. Destroying the key erases.

AES-256-GCM; what is sealed is bound to where it stands ("person/ID"), so a row cannot be passed off as another's.
Subjects are found again by somebody's own id of them through a keyed hash, which says nothing without the master key.
"""

import hmac
import os
from collections.abc import Iterable, Sequence
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table, delete, insert

KEY_BYTES, NONCE_BYTES = 32, 12


def keys_table(metadata: MetaData, subject: Column[str]) -> Table:
    """The wrapped keys of a store; `subject` is the primary key, and may refer to the table of the subjects."""
    return Table("keys", metadata, subject, Column("wrapped", LargeBinary, nullable=False))


class Vault:
    """Thread-safe. Each service, and in it each purpose, has a key of its own, derived from the master key."""

    def __init__(self, master: bytes, service: str) -> None:
        self._wrapping = AESGCM(_derived(master, f"vivier {service}: wrapping keys"))
        self._hashing = _derived(master, f"vivier {service}: looking up")
        self.fingerprint = _derived(master, f"vivier {service}: which master key")[:8]

    def wrap(self, key: bytes, subject: str) -> bytes:
        return _sealed(self._wrapping, key, f"key/{subject}")

    def unwrap(self, wrapped: bytes, subject: str) -> bytes:
        return _opened(self._wrapping, wrapped, f"key/{subject}")

    def lookup(self, owner: str, external_id: str) -> bytes:
        """What stands for the id that `owner` gave to somebody."""
        words = f"{len(owner)}|{owner}|{external_id}"
        return hmac.digest(self._hashing, words.encode(), sha256)


class SubjectKeys:
    """The keys of the subjects that one transaction deals with: those read, and those made."""

    def __init__(self, connection: Connection, table: Table, vault: Vault) -> None:
        self._connection = connection
        self._table = table
        self._subject = table.primary_key.columns.values()[0]
        self._vault = vault
        self._keys: dict[str, bytes] = {}

    def read(self, subject: str, wrapped: bytes) -> None:
        """A key as its row has it. InvalidTag where that is another subject's."""
        self._keys[subject] = self._vault.unwrap(wrapped, subject)

    def make(self, subjects: Iterable[str]) -> list[str]:
        """Keys for those that have none yet: of these `keep` is asked once their own rows are there."""
        fresh = [subject for subject in subjects if subject not in self._keys]
        self._keys.update((subject, os.urandom(KEY_BYTES)) for subject in fresh)
        return fresh

    def keep(self, subjects: Sequence[str]) -> None:
        rows = [{self._subject.name: each, "wrapped": self._vault.wrap(self._keys[each], each)} for each in subjects]
        if rows:
            self._connection.execute(insert(self._table), rows)

    def destroy(self, subject: str) -> None:
        """Nothing that was sealed for it can be read again."""
        self._connection.execute(delete(self._table).where(self._subject == subject))

    def seal(self, subject: str, data: bytes, where: str) -> bytes:
        """`where` names the row, as in "person/ID"; KeyError for a subject that was neither read nor made."""
        return _sealed(AESGCM(self._keys[subject]), data, where)

    def unseal(self, subject: str, sealed: bytes, where: str) -> bytes:
        """InvalidTag where it was not sealed for this subject and row."""
        return _opened(AESGCM(self._keys[subject]), sealed, where)


def _sealed(cipher: AESGCM, data: bytes, where: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, data, where.encode())


def _opened(cipher: AESGCM, sealed: bytes, where: str) -> bytes:
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], where.encode())


def _derived(master: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, None, purpose.encode()).derive(master)
