"""Real services for tests: a real store, a real log, a real gRPC server on a free port of this machine."""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc

from services.kit.auth import Caller, Role
from services.kit.rpc.client import Neighbour
from services.kit.service import Service

SECRET = "a secret for tests"
OPERATOR = Caller(Role.OPERATOR, "operator", "test")


class Ask:
    """`ask("GetOffer", request, caller)`; refusals come back as `Refused`."""

    def __init__(self, address: str, stub: Callable[[grpc.Channel], Any], secret: str = SECRET) -> None:
        self.neighbour = Neighbour(address, secret)
        self.stub = stub(self.neighbour.channel)

    def __call__(self, method: str, request: Any, caller: Caller = OPERATOR) -> Any:
        return self.neighbour.ask(getattr(self.stub, method), request, caller, 10.0)


@contextmanager
def running(service: Service, stub: Callable[[grpc.Channel], Any]) -> Iterator[Ask]:
    """The service, started, until the block ends."""
    service.start()
    assert service.settled.wait(30)
    ask = Ask(service.address, stub)
    try:
        yield ask
    finally:
        ask.neighbour.close()
        service.stop()


def eventually(check: Callable[[], Any], seconds: float = 10.0) -> Any:
    """The first true answer of `check`; the test fails when none comes in time. An AssertionError means "not yet"."""
    until = time.monotonic() + seconds
    while True:
        try:
            if answer := check():
                return answer
        except AssertionError:
            if time.monotonic() > until:
                raise
        assert time.monotonic() < until, f"still not true after {seconds} s"
        time.sleep(0.01)


class FakeClock:
    """A clock that a test moves."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def bytes_on_disk(folder: Path) -> dict[str, bytes]:
    """What every file of the folder holds; a passing file (a journal) may go while it is looked at."""
    held = {}
    for path in sorted(folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):
            held[path.name] = path.read_bytes()
    return held
