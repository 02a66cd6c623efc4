"""The only builder of the service: settings and adapters in, a running service out."""

from collections.abc import Mapping

from vivier.profile.v1 import profile_pb2
from vivier.profile.v1.profile_pb2_grpc import ProfileServiceStub

from services.identity import store, usecases
from services.identity.credential import ensure_operator
from services.identity.deps import Deps, Manages
from services.identity.events import PUBLISHES
from services.identity.server import DESCRIPTOR, TABLE
from services.kit.auth import Caller
from services.kit.bus import Log
from services.kit.clock import Clock, system_clock
from services.kit.database import open_database, store_of
from services.kit.errors import Refused
from services.kit.ids import Ids, random_id
from services.kit.outbox import Units
from services.kit.rpc.client import Neighbour
from services.kit.rpc.server import bound
from services.kit.service import HOUR, Service
from services.kit.settings import Settings
from services.kit.ticker import Ticker

PROFILE = profile_pb2.DESCRIPTOR.services_by_name["ProfileService"]


class IdentitySettings(Settings):
    identity_address: str = "127.0.0.1:0"
    """Where this service listens; port 0 is any free one."""
    profile_address: str
    """Where `profile` answers: it knows which partner manages a person."""
    gateway_address: str = "127.0.0.1:8400"
    """Where the commands reach the API, for the operator's credential."""
    gateway_issuer: str = "vivier"
    """The `iss` of access tokens."""


SETTINGS = IdentitySettings


def build(settings: IdentitySettings, log: Log, clock: Clock = system_clock, ids: Ids = random_id) -> Service:
    database = open_database(store_of(settings, "identity"), store.METADATA, store.MIGRATIONS, one_writer=True)
    units = Units(database, PUBLISHES, clock, ids)
    secret = settings.secret.get_secret_value()
    profile = Neighbour(settings.profile_address, secret, PROFILE)
    deps = Deps(units, settings.gateway_issuer, _manages(profile))

    def prepare() -> None:
        usecases.renew_key(deps)
        ensure_operator(units, settings.home, settings.gateway_address)

    def counts() -> Mapping[str, int]:
        with units.reading() as connection:
            return store.counts(connection)

    return Service(
        name="identity",
        address=settings.identity_address,
        secret=secret,
        log=log,
        units=units,
        contract=DESCRIPTOR,
        serves=bound(TABLE, deps),
        publishes_on=(),
        tickers=[Ticker("identity: signing keys", HOUR, lambda: usecases.renew_key(deps))],
        prepare=prepare,
        counts=counts,
        close=profile.close,
    )


def _manages(profile: Neighbour) -> Manages:
    """Only to be shown the person is not enough: the partner must have made the profile."""
    stub = ProfileServiceStub(profile.channel)

    def manages(partner: Caller, person_id: str, seconds: float) -> bool:
        request = profile_pb2.BatchGetPeopleRequest(ids=[person_id])
        try:
            people = profile.ask(stub.BatchGetPeople, request, partner, seconds).people
        except Refused:
            return False
        return [(one.id, one.partner_id) for one in people] == [(person_id, partner.subject)]

    return manages
