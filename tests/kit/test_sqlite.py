"""A SQLite file that several open for the first time at once."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import MetaData

from services.kit.bus_embedded import EmbeddedLog
from services.kit.database import open_database


@contextmanager
def somebody_writing(path: Path) -> Iterator[None]:
    """In a file whose write-ahead log is not turned on yet; they stop soon."""
    writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    stops = threading.Timer(0.3, writer.execute, ["COMMIT"])
    stops.start()
    yield
    stops.join()
    writer.close()


@pytest.mark.parametrize("opened", [EmbeddedLog, lambda path: open_database(path, MetaData())], ids=["log", "store"])
def test_opening_a_file_that_another_creates_waits(tmp_path: Path, opened) -> None:
    path = tmp_path / "new.db"
    with somebody_writing(path):
        opened(path).close()
