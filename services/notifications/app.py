"""Builds the service from its settings."""

from collections.abc import Sequence

from vivier.profile.v1 import profile_pb2
from vivier.profile.v1.profile_pb2_grpc import ProfileServiceStub

from services.kit.auth import Caller, Role
from services.kit.bus import Log
from services.kit.clock import Clock, system_clock
from services.kit.database import open_database, store_of
from services.kit.deliveries import Deliveries
from services.kit.ids import Ids, random_id
from services.kit.outbox import Units
from services.kit.rpc.client import Neighbour
from services.kit.rpc.server import bound
from services.kit.service import HOUR, Service, Subscription
from services.kit.settings import Settings
from services.kit.ticker import Ticker
from services.notifications import usecases
from services.notifications.deps import Deps
from services.notifications.domain import Addressee, person
from services.notifications.events import PUBLISHES, TOPICS, listens
from services.notifications.feed import Feed
from services.notifications.mail_sender import Addressees, MailSender
from services.notifications.mailer import LogMailer, Mailer
from services.notifications.server import DESCRIPTOR, TABLE
from services.notifications.store.mails import CHANNEL
from services.notifications.store.tables import DELIVERIES, METADATA, MIGRATIONS

PROFILE = profile_pb2.DESCRIPTOR.services_by_name["ProfileService"]
ROUND_SECONDS = 3.0
ASK_SECONDS = 2.0
BATCH = 20
"""One record may tell two hundred people: a long transaction would hold up those who mark as read."""

MYSELF = Caller(Role.SERVICE, "notifications")


class NotificationsSettings(Settings):
    notifications_address: str = "127.0.0.1:0"
    """Where this service listens; port 0 is any free one."""
    profile_address: str
    """Where `profile` answers: it knows how people are addressed."""


SETTINGS = NotificationsSettings


def build(
    settings: NotificationsSettings,
    log: Log,
    clock: Clock = system_clock,
    ids: Ids = random_id,
    mailer: Mailer | None = None,
) -> Service:
    """`mailer` stands in for the one that the settings choose."""
    units = Units(
        open_database(store_of(settings, "notifications"), METADATA, MIGRATIONS, one_writer=True), PUBLISHES, clock, ids
    )
    secret = settings.secret.get_secret_value()
    feed = Feed()
    profile = Neighbour(settings.profile_address, secret, PROFILE)
    senders = {CHANNEL: MailSender(units, mailer or LogMailer(), _addressees(profile))}
    deliveries = Deliveries(units, DELIVERIES, senders, feed.stopping)
    return Service(
        name="notifications",
        address=settings.notifications_address,
        secret=secret,
        log=log,
        units=units,
        contract=DESCRIPTOR,
        serves=bound(TABLE, Deps(units, feed)),
        publishes_on=(),
        subscriptions=[Subscription("notifications", TOPICS, listens(clock, feed.announce), BATCH)],
        tickers=[
            Ticker(
                "notifications: mails to come",
                ROUND_SECONDS,
                lambda: usecases.prepare_mails(units, feed.announce, feed.stopping),
            ),
            Ticker("notifications: deliveries", ROUND_SECONDS, deliveries.round),
            Ticker("notifications: sweep", HOUR, lambda: usecases.sweep(units)),
        ],
        counts=lambda: usecases.counts(units),
        interrupt=feed.stop,
        close=profile.close,
    )


def _addressees(profile: Neighbour) -> Addressees:
    """Mentors are left out: the contract of `profile` has no address of theirs."""
    stub = ProfileServiceStub(profile.channel)

    def ask(recipients: Sequence[str]) -> dict[str, Addressee]:
        ids = [each.removeprefix("person/") for each in recipients if each.startswith("person/")]
        request = profile_pb2.BatchGetPeopleRequest(ids=sorted(set(ids)))
        people = profile.ask(stub.BatchGetPeople, request, MYSELF, ASK_SECONDS).people if ids else []
        return {
            person(each.id): Addressee(each.identity.email, each.identity.given_name, each.language)
            for each in people
            if each.identity.email
        }

    return ask
