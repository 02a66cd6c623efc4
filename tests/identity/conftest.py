"""The service on a clock that a test moves, beside a small profile that knows who manages whom."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import SECRET, FakeClock
from identity_service import Identity, identity_at
from vivier.profile.v1 import profile_pb2

from services.kit.auth import Caller
from services.kit.errors import RetryLater
from services.kit.rpc.server import Call, Server


class FakeProfile:
    """A real server that knows who made which profile; `away` makes it one that cannot answer now."""

    def __init__(self) -> None:
        self.partner_of: dict[str, str] = {"ana": "asso", "bo": "others"}
        self.away = False
        self.callers: list[Caller] = []
        self.seconds: list[float] = []
        contract = profile_pb2.DESCRIPTOR.services_by_name["ProfileService"]
        table = {method.name: self._unforeseen for method in contract.methods}
        self.server = Server("127.0.0.1:0", SECRET, [(contract, {**table, "BatchGetPeople": self._people})])
        self.server.start()

    def _people(self, call: Call, request: Any) -> profile_pb2.BatchGetPeopleResponse:
        self.callers.append(call.caller)
        self.seconds.append(call.time_remaining())
        if self.away:
            raise RetryLater("the store is away")
        known = [(each, self.partner_of[each]) for each in request.ids if each in self.partner_of]
        return profile_pb2.BatchGetPeopleResponse(
            people=[profile_pb2.Person(id=person, partner_id=partner) for person, partner in known]
        )

    def _unforeseen(self, call: Call, request: Any) -> Any:
        raise AssertionError("nobody asks this")


@pytest.fixture
def profile() -> Iterator[FakeProfile]:
    fake = FakeProfile()
    yield fake
    fake.server.stop(0.0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def identity(tmp_path: Path, profile: FakeProfile, clock: FakeClock) -> Iterator[Identity]:
    with identity_at(tmp_path, profile=profile.server.address, clock=clock) as running:
        yield running
