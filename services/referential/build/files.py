"""Reading the official files as they are published."""

import csv
import gzip
import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from services.referential.build.rows import Rows


class MissingSource(Exception):
    """A file that the snapshot cannot be built without is not in the folder; the message names it."""


def source(folder: Path, pattern: str) -> Path:
    """The one file that matches, the last by name when there are several editions."""
    found = sorted(folder.glob(pattern))
    if not found:
        raise MissingSource(f"{folder} has no {pattern}: put the official files there first")
    return found[-1]


def read_files(folder: Path, readers: Mapping[str, Callable[[Path, Rows], None]], rows: Rows) -> list[Path]:
    """Read one file for each pattern into `rows`, after all were found; returns the files."""
    paths = [source(folder, pattern) for pattern in readers]
    for path, read in zip(paths, readers.values(), strict=True):
        read(path, rows)
    return paths


def table(path: Path, delimiter: str = ",") -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file, delimiter=delimiter)


def json_in_archive(path: Path, member: str) -> Any:
    with tarfile.open(path) as archive:
        file = archive.extractfile(member)
        if file is None:
            raise MissingSource(f"{path} has no {member}")
        return orjson.loads(file.read())


def lines_of_gzip(path: Path) -> Iterator[str]:
    with gzip.open(path) as packed:
        yield from io.TextIOWrapper(packed, encoding="utf-8")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
