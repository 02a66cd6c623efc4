"""The snapshot file: a checked manifest and raw arrays, read by memory map.

Layout: magic, format number and manifest length, SHA-256 of the manifest, manifest (JSON), then the arrays, each at a
multiple of 64 bytes. The same rows always give the same bytes: no date, no path, no machine detail is written.
"""

import hashlib
import mmap
import os
import struct
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

MAGIC = b"VIVIER-REFERENTIAL\n"
FORMAT = 1
_HEAD = struct.Struct("<HI32s")
_ALIGN = 64

Array = NDArray[Any]


class SnapshotRefused(Exception):
    """The file is not a snapshot that this version can trust; the message says what to do."""


class Strings(Sequence[str]):
    """Texts stored end to end, decoded one at a time."""

    def __init__(self, offsets: Array, data: Array) -> None:
        self._offsets = offsets
        self._data = data

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, index: Any) -> Any:
        return self._data[self._offsets[index] : self._offsets[index + 1]].tobytes().decode()

    def sizes(self, rows: Array) -> Array:
        """Lengths in bytes."""
        return np.asarray(self._offsets[rows + 1] - self._offsets[rows])


def pack_strings(name: str, texts: Sequence[str]) -> dict[str, Array]:
    """The two arrays behind `Strings`."""
    encoded = [text.encode() for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.uint32)
    np.cumsum([len(data) for data in encoded], out=offsets[1:])
    return {f"{name}.at": offsets, f"{name}.bytes": np.frombuffer(b"".join(encoded), np.uint8)}


class Snapshot:
    """An open snapshot. Raises `SnapshotRefused` when the file is missing, foreign, from another format, or damaged."""

    def __init__(self, path: Path) -> None:
        self._data = _map(path)
        self.manifest, self._body = _read_manifest(self._data, path)
        if hashlib.sha256(memoryview(self._data)[self._body :]).hexdigest() != self.manifest["sha256"]:
            raise SnapshotRefused(_damaged(path))
        self.country: str = self.manifest["country"]
        self.version: str = self.manifest["version"]

    def array(self, name: str) -> Array:
        dtype, offset, count = self.manifest["sections"][name]
        return np.frombuffer(self._data, np.dtype(dtype), count, self._body + offset)

    def strings(self, name: str) -> Strings:
        return Strings(self.array(f"{name}.at"), self.array(f"{name}.bytes"))


def _map(path: Path) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise SnapshotRefused(
            f"cannot read the snapshot {path}: {error}; build one with `vivier import referential`"
        ) from error


def _damaged(path: Path) -> str:
    return f"the snapshot {path} is damaged (its checksum differs): build or copy it again"


def _read_manifest(data: mmap.mmap, path: Path) -> tuple[dict[str, Any], int]:
    start = len(MAGIC) + _HEAD.size
    if data[: len(MAGIC)] != MAGIC or len(data) < start:
        raise SnapshotRefused(
            f"{path} is not a referential snapshot: name the file that `vivier import referential` wrote"
        )
    number, length, digest = _HEAD.unpack(data[len(MAGIC) : start])
    if number != FORMAT:
        raise SnapshotRefused(f"{path} has snapshot format {number}, this version reads {FORMAT}: build it again")
    manifest = data[start : start + length]
    if hashlib.sha256(manifest).digest() != digest:
        raise SnapshotRefused(_damaged(path))
    return orjson.loads(manifest), _aligned(start + length)


def _aligned(offset: int) -> int:
    return -(-offset // _ALIGN) * _ALIGN


def write_snapshot(
    target: Path, country: str, edition: str, sources: Mapping[str, str], sections: Mapping[str, Array]
) -> str:
    """Write beside `target`, then rename: a reader sees the old file or the new one. Returns the version."""
    places, body = _lay_out(sections)
    digest = hashlib.sha256(body).hexdigest()
    version = f"{country}-{edition}+{digest[:12]}"
    manifest = orjson.dumps(
        {"country": country, "version": version, "sha256": digest, "sources": dict(sources), "sections": places},
        option=orjson.OPT_SORT_KEYS,
    )
    head = MAGIC + _HEAD.pack(FORMAT, len(manifest), hashlib.sha256(manifest).digest()) + manifest
    _replace(target, head + bytes(_aligned(len(head)) - len(head)) + body)
    return version


def _lay_out(sections: Mapping[str, Array]) -> tuple[dict[str, tuple[str, int, int]], bytes]:
    places, body = {}, bytearray()
    for name in sorted(sections):
        array = np.ascontiguousarray(sections[name])
        places[name] = (array.dtype.newbyteorder("<").str, len(body), len(array))
        body += array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        body += bytes(_aligned(len(body)) - len(body))
    return places, bytes(body)


def _replace(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
