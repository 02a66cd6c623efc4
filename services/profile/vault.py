"""Encryption at rest: a key per person, wrapped by one master key. Destroying a person's row destroys their key.

AES-256-GCM; what is sealed is bound to where it stands ("person/ID"), so a row cannot be passed off as another's.
People are found again by their external id through a keyed hash, which says nothing without the master key.
"""

import base64
import binascii
import hmac
import os
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES, NONCE_BYTES = 32, 12


class MasterKeyRefused(Exception):
    """The master key cannot be used; the message says what to do."""


class Vault:
    """Thread-safe. Each purpose has a key of its own, derived from the master key."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise MasterKeyRefused(f"the master key must be {KEY_BYTES} random bytes in base64")
        self._wrapping = AESGCM(_derived(master, b"vivier profile: wrapping keys"))
        self._hashing = _derived(master, b"vivier profile: looking up")
        self.fingerprint = _derived(master, b"vivier profile: which master key")[:8]

    def new_key(self) -> bytes:
        return os.urandom(KEY_BYTES)

    def wrap(self, key: bytes, person_id: str) -> bytes:
        return _sealed(self._wrapping, key, f"key/{person_id}")

    def unwrap(self, wrapped: bytes, person_id: str) -> bytes:
        return _opened(self._wrapping, wrapped, f"key/{person_id}")

    def lookup(self, partner_id: str, external_id: str) -> bytes:
        """What stands for a partner's own id of somebody."""
        words = f"{len(partner_id)}|{partner_id}|{external_id}"
        return hmac.digest(self._hashing, words.encode(), sha256)


def seal(key: bytes, data: bytes, where: str) -> bytes:
    return _sealed(AESGCM(key), data, where)


def unseal(key: bytes, sealed: bytes, where: str) -> bytes:
    return _opened(AESGCM(key), sealed, where)


def _sealed(cipher: AESGCM, data: bytes, where: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, data, where.encode())


def _opened(cipher: AESGCM, sealed: bytes, where: str) -> bytes:
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], where.encode())


def _derived(master: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, None, purpose).derive(master)


def master_key(given: str | None, path: Path) -> bytes:
    """The key of the settings, else that of the file, which is made at the first start for its owner alone."""
    if given is None and not path.exists():
        _create(path)
    text = path.read_text(encoding="ascii") if given is None else given
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MasterKeyRefused(f"the master key is not base64: give {KEY_BYTES} random bytes so written") from error


def _create(path: Path) -> None:
    """All or nothing, also when the power goes or two start at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its key is the one
    finally:
        draft.unlink()
