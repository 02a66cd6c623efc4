"""A real profile service over a real log, in a folder of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from harness import SECRET, FakeClock, running
from vivier.profile.v1 import profile_pb2_grpc as grpc_pb

from services.kit.bus_embedded import EmbeddedLog
from services.profile.app import ProfileSettings, build


class Place:
    """One installation: its home folder, its clock, its log; `serve` runs the service, as often as one likes."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock = FakeClock()
        self.log = EmbeddedLog(home / "log.db")

    @contextmanager
    def serve(self) -> Iterator[Any]:
        settings = ProfileSettings(home=self.home, secret=SECRET, profile_address="127.0.0.1:0")
        with running(build(settings, self.log, self.clock), grpc_pb.ProfileServiceStub) as ask:
            yield ask


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.log.close()


@pytest.fixture
def ask(place: Place) -> Iterator[Callable[..., Any]]:
    with place.serve() as ask:
        yield ask
