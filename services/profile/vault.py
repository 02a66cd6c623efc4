"""Encryption at rest: a key per person, wrapped by one master key. Destroying a person's row destroys their key.

AES-256-GCM; what is sealed is bound to where it stands ("person/ID"), so a row cannot be passed off as another's.
People are found again by their external id through a keyed hash, which says nothing without the master key.
"""

import base64
import hmac
import os
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES, NONCE_BYTES = 32, 12
SETTING = "VIVIER_MASTER_KEY"


class MasterKeyRefused(OSError):
    """The master key cannot be used: its setting or its file is wrong. The message says which, and what to do."""


class Vault:
    """Thread-safe. Each purpose has a key of its own, derived from the master key."""

    def __init__(self, master: bytes) -> None:
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


def master_key(given: str | None, path: Path) -> bytes | None:
    """The key of the setting, else that of the file; None where there is neither yet."""
    if given is not None:
        return _decoded(given, SETTING, "`openssl rand -base64 32` makes one")
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MasterKeyRefused(f"{path} cannot be read ({error.strerror}): give it to who runs this") from error
    return _decoded(text, str(path), "put back the file that was there")


def _decoded(text: str, where: str, advice: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise MasterKeyRefused(f"{where} must be {KEY_BYTES} random bytes in base64: {advice}")
    return key


def new_master_key(path: Path) -> bytes:
    """Made at the first start, in a file for its owner alone: all or nothing, and never over another."""
    key = os.urandom(KEY_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(key) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    finally:
        draft.unlink()
    return key
