"""The services behind gRPC over one log in this process: each is stopped and started by itself, a test moves the clock.

Cheaper than a `Stack` where neither the gateway nor the death of a process matters.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import installation
from harness import OPERATOR, SECRET, Ask, eventually
from pydantic import SecretStr
from sirets import siret
from vivier.common.v1 import common_pb2 as common
from vivier.common.v1 import operations_pb2, operations_pb2_grpc
from vivier.matching.v1 import matching_pb2
from vivier.notifications.v1 import notifications_pb2
from vivier.offers.v1 import offers_pb2
from vivier.profile.v1 import profile_pb2

from services.gateway.upstreams import contract_of
from services.kit.adapters import open_log
from services.kit.auth import Caller, Role
from services.kit.bus import Log
from services.kit.clock import Clock, system_clock
from services.kit.service import Service
from services.kit.settings import Settings
from services.registry import SERVICES

STUBS = {entry.name: contract_of(entry.contract)[1] for entry in SERVICES if entry.contract}
NAMES = tuple(STUBS)
EMPLOYER = Caller(Role.RECRUITER, "cycles", "test")
PARTNER = Caller(Role.PARTNER, "asso", "test")
SKILLS = ("512580", "116687", "490583")
TOWN = common.Place(commune_code="93066")
NOWHERE = "127.0.0.1:1"


def built(
    name: str,
    home: Path,
    log: Log,
    profile: str = NOWHERE,
    clock: Clock = system_clock,
    settings: Mapping[str, Any] = {},
    **more: Any,
) -> Service:
    """A service as `vivier serve` builds it, on a free port."""
    app = import_module(f"services.{name}.app")
    addresses = {"profile_address": profile, f"{name}_address": "127.0.0.1:0"}
    service: Service = app.build(app.SETTINGS(home=home, secret=SECRET, **addresses, **settings), log, clock, **more)
    return service


class InProcessServices:
    """`ask["offers"]("UpsertOffers", request, caller)`; `operate` for the calls that all services have."""

    def __init__(self, home: Path, clock: Clock = system_clock, settings: Mapping[str, Any] = {}) -> None:
        self.home = home
        self.clock = clock
        self.settings = settings
        self.log = open_log(Settings(home=home, secret=SecretStr(SECRET), **settings))
        self.running: dict[str, Service] = {}
        self.ask: dict[str, Ask] = {}
        self.operate: dict[str, Ask] = {}

    def start(self, *names: str, **more: Any) -> None:
        """All when none is named; returns when they are ready. `more` goes to their builders."""
        for name in names or NAMES:
            profile = self.running["profile"].address if "profile" in self.running else NOWHERE
            service = built(name, self.home, self.log, profile, self.clock, self.settings, **more)
            service.start()
            self.running[name] = service
            self.ask[name] = Ask(service.address, STUBS[name])
            self.operate[name] = Ask(service.address, operations_pb2_grpc.OperationsServiceStub)
        for name in names or NAMES:
            self.running[name].settled.wait(30)
            assert self.running[name].trouble() == []

    def stop(self, *names: str) -> None:
        for name in names or tuple(self.running):
            for ask in (self.ask.pop(name), self.operate.pop(name)):
                ask.neighbour.close()
            self.running.pop(name).stop(0.0)

    def close(self) -> None:
        self.stop()
        self.log.close()

    def status(self, name: str) -> operations_pb2.GetStatusResponse:
        return self.operate[name]("GetStatus", operations_pb2.GetStatusRequest())

    def quiet(self) -> None:
        """Until nobody has anything left to do, twice in a row."""
        assert eventually(lambda: self._idle() and self._idle(), 60.0)

    def _idle(self) -> bool:
        each = [self.status(name) for name in self.running]
        return not any(one.outbox_rows or any(w.lag or w.state != "running" for w in one.workers) for one in each)

    def rows(self, store: str, query: str, *values: object) -> list[tuple[Any, ...]]:
        if "postgres" in self.settings:
            named = {f"VIVIER_{name.upper()}": value for name, value in self.settings.items()}
            return installation.rows(named, store, query, *values)
        with closing(sqlite3.connect(f"file:{self.home / store}.db?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(query, values).fetchall()

    def write(self, store: str, query: str, *values: object) -> None:
        """Straight into a store: what a fault or much time leaves behind."""
        with closing(sqlite3.connect(self.home / f"{store}.db", timeout=10)) as connection:
            connection.execute(query, values)
            connection.commit()

    def employ(self) -> None:
        """The employer writes itself."""
        said = offers_pb2.Organisation(kind=offers_pb2.ORGANISATION_KIND_EMPLOYER, name="Cycles", siret=siret(1))
        self.ask["offers"]("UpsertOrganisation", offers_pb2.UpsertOrganisationRequest(organisation=said), EMPLOYER)

    def post(self, *numbers: int, **said: Any) -> list[str]:
        """Offers of the employer, published; their ids."""
        request = offers_pb2.UpsertOffersRequest(offers=[offer_row(n, **said) for n in numbers], publish=True)
        results: Sequence[Any] = self.ask["offers"]("UpsertOffers", request, EMPLOYER).results
        assert not any(each.HasField("refusal") for each in results), results
        return [each.offer.id for each in results]

    def enrol(self, *numbers: int, **said: Any) -> list[str]:
        """People of the partner whom employers may see; their ids."""
        rows = [person_row(n, **said) for n in numbers]
        request = profile_pb2.UpsertPeopleRequest(people=rows, consents=[profile_pb2.CONSENT_KIND_EMPLOYERS])
        results: Sequence[Any] = self.ask["profile"]("UpsertPeople", request, PARTNER).results
        assert not any(each.HasField("refusal") for each in results), results
        return [each.person.id for each in results]

    def found(self, **said: Any) -> list[tuple[str, float]]:
        """Ids and scores of the first twenty of a search."""
        request = matching_pb2.SearchOffersRequest(page_size=20, include_remote=True, **said)
        return [(hit.offer_id, hit.score) for hit in self.ask["matching"]("SearchOffers", request, OPERATOR).hits]

    def matches(self, person: str) -> dict[str, float]:
        request = matching_pb2.ListMatchesRequest(person_id=person, page_size=100)
        return {m.offer_id: m.score for m in self.ask["matching"]("ListMatches", request, OPERATOR).matches}

    def inbox(self, person: str) -> list[Any]:
        """As the operator reads it."""
        request = notifications_pb2.ListNotificationsRequest(recipient=f"person/{person}", page_size=100)
        return list(self.ask["notifications"]("ListNotifications", request, OPERATOR).notifications)

    def told(self) -> list[tuple[Any, ...]]:
        """All that was ever decided and told, in the order in which it was told."""
        decided = "SELECT person_id, offer_id, score, offer_version, person_version, at FROM matches ORDER BY 1, 2"
        written = "SELECT sequence, id, recipient, kind, subject_id, parameters, score, created_at FROM notifications"
        return [*self.rows("matching", decided), *self.rows("notifications", f"{written} ORDER BY 1")]


@contextmanager
def in_process_services(home: Path, clock: Clock = system_clock, **settings: Any) -> Iterator[InProcessServices]:
    """All four, started, until the block ends; with an employer."""
    services = InProcessServices(home, clock, settings)
    try:
        services.start()
        services.employ()
        yield services
    finally:
        services.close()


def offer_row(number: int, **said: Any) -> offers_pb2.Offer:
    row: dict[str, Any] = {
        "external_id": f"offer-{number}",
        "kind": common.OFFER_KIND_JOB,
        "title": f"Mécanicienne ou mécanicien vélo {number}",
        "occupation": common.Occupation(code="I1619"),
        "skills": [offers_pb2.SkillNeed(code=code, required=True) for code in SKILLS],
        "place": TOWN,
    }
    return offers_pb2.Offer(**(row | said))


def person_row(number: int, **said: Any) -> profile_pb2.Person:
    row: dict[str, Any] = {
        "external_id": f"person-{number}",
        "identity": profile_pb2.Identity(given_name=f"P{number}", email=f"p{number}@example.org"),
        "birth_month": "2004-05",
        "place": TOWN,
        "travel": profile_pb2.Travel(limit_km=10),
        "wishes": profile_pb2.Wishes(occupations=profile_pb2.CodeAnswer(codes=["I1619"])),
        "skills": profile_pb2.Skills(skills=[profile_pb2.PersonSkill(code=code) for code in SKILLS]),
        "language": "fr",
    }
    return profile_pb2.Person(**(row | said))
