"""A running `offers` with a clock that the test moves, and the events that it sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from harness import OPERATOR, SECRET, Ask, FakeClock, eventually, running
from sirets import siret
from vivier.common.v1 import common_pb2 as common
from vivier.offers.v1 import events_pb2, offers_pb2_grpc
from vivier.offers.v1 import offers_pb2 as pb

from services.kit.auth import Caller, Role
from services.kit.bus_embedded import EmbeddedLog
from services.offers.app import OffersSettings, build

TOPIC = "vivier.offers.v1"


@dataclass
class Offers:
    """The service as a test sees it."""

    ask: Ask
    address: str
    log: EmbeddedLog
    clock: FakeClock

    @staticmethod
    def row(**fields: Any) -> pb.Offer:
        """A roofer's offer in Aubenas, good in every field; `fields` change some."""
        said: dict[str, Any] = {
            "external_id": "1",
            "kind": common.OFFER_KIND_JOB,
            "title": "Couvreur (H/F)",
            "place": common.Place(label="07 - AUBENAS"),
        }
        return pb.Offer(**(said | fields))

    def organisation(self, identifier: str = "org-1", role: Role = Role.RECRUITER, **fields: Any) -> Caller:
        """An organisation that wrote itself, and its caller."""
        caller = Caller(role, identifier, "test")
        own = siret(crc32(identifier.encode()) % 10_000)
        said = {"kind": pb.ORGANISATION_KIND_EMPLOYER, "name": f"Toits {identifier}", "siret": own} | fields
        self.ask("UpsertOrganisation", pb.UpsertOrganisationRequest(organisation=pb.Organisation(**said)), caller)
        return caller

    def from_feed(self, external_id: str = "f-1", **fields: Any) -> pb.Organisation:
        """An organisation brought by an operator's feed, without SIRET."""
        said = {
            "kind": pb.ORGANISATION_KIND_EMPLOYER,
            "name": "Feed SARL",
            "source": "feed",
            "external_id": external_id,
        } | fields
        request = pb.UpsertOrganisationRequest(organisation=pb.Organisation(**said))
        return self.ask("UpsertOrganisation", request).organisation

    def upsert(
        self, caller: Caller, *offers: pb.Offer, publish: bool = True, request_id: str = ""
    ) -> list[pb.OfferResult]:
        request = pb.UpsertOffersRequest(offers=offers, publish=publish, request_id=request_id)
        return list(self.ask("UpsertOffers", request, caller).results)

    def post(self, caller: Caller, publish: bool = True, **fields: Any) -> pb.Offer:
        """One offer that stands."""
        (result,) = self.upsert(caller, self.row(**fields), publish=publish)
        assert not result.HasField("refusal"), result.refusal
        return result.offer

    def refusal(self, caller: Caller, publish: bool = True, **fields: Any) -> common.Refusal:
        """Why one offer is refused."""
        (result,) = self.upsert(caller, self.row(**fields), publish=publish)
        assert result.HasField("refusal"), result
        assert not result.HasField("offer")
        return result.refusal

    def get(self, identifier: str, caller: Caller = OPERATOR) -> pb.Offer | None:
        found = self.ask("BatchGetOffers", pb.BatchGetOffersRequest(ids=[identifier]), caller).offers
        return found[0] if found else None

    def eventually_in(self, state: int, identifier: str) -> pb.Offer:
        def there() -> pb.Offer | None:
            found = self.get(identifier)
            return found if found is not None and found.state == state else None

        return eventually(there)

    def move(self, verb: str, identifier: str, caller: Caller) -> pb.Offer:
        return self.ask(f"{verb}Offer", getattr(pb, f"{verb}OfferRequest")(id=identifier), caller).offer

    def events(self, key: str) -> list[Any]:
        """What was said of this key, in order."""
        records = [record.event for record in self.log.replay(TOPIC) if record.event.key == key]
        return [getattr(events_pb2, event.type.rpartition(".")[2]).FromString(event.payload) for event in records]

    def eventually_events(self, key: str, number: int) -> list[Any]:
        """What was said of this key, once there are so many."""
        assert eventually(lambda: len(self.events(key)) >= number)
        found = self.events(key)
        assert len(found) == number
        return found


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def offers(tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Offers]:
    monkeypatch.setattr("services.offers.app.JOBS_SECONDS", 0.2)
    log = EmbeddedLog(tmp_path / "log.db")
    service = build(OffersSettings(home=tmp_path, secret=SECRET), log, clock)
    with running(service, offers_pb2_grpc.OffersServiceStub) as ask:
        yield Offers(ask, service.address, log, clock)
    log.close()
