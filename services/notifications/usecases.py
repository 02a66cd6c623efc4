"""The use cases: one function and one transaction each."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from threading import Event

from google.protobuf.message import Message
from sqlalchemy import Connection

from services.kit import deliveries, requests
from services.kit.auth import Caller, Role
from services.kit.errors import denied, not_found
from services.kit.outbox import Unit, Units
from services.notifications.domain import (
    KEPT,
    OFFER_GONE_WITHIN,
    Frequency,
    Kind,
    NewNotification,
    Notification,
    Preferences,
    last_digest,
    mentor,
    midnight,
    person,
)
from services.notifications.store import inbox, mails
from services.notifications.store.tables import DELIVERIES, ERASED

NOTIFIED = 500
"""How many notifications are looked at in one transaction."""
OLD = 500
MAILS_KEPT = timedelta(days=30)


def notify(unit: Unit, new: Sequence[NewNotification], now: datetime, announce: Callable[[], None]) -> None:
    """Write what was never written, and queue its mails in the same transaction."""
    fresh = inbox.fresh(unit.connection, new)
    if fresh:
        inbox.put(unit.connection, fresh, now)
        _queue_mails(unit.connection, fresh, now)
        unit.after_commit(announce)


def _queue_mails(connection: Connection, new: Sequence[NewNotification], now: datetime) -> None:
    gone = inbox.gone_among(connection, {each.subject_id for each in new if each.kind is Kind.OFFER_MATCHED})
    new = [each for each in new if each.kind is not Kind.OFFER_MATCHED or each.subject_id not in gone]
    by_recipient = groupby(sorted(new, key=attrgetter("recipient")), attrgetter("recipient"))
    mine = {recipient: list(some) for recipient, some in by_recipient}
    wishes = inbox.preferences(connection, mine)
    pushed = mails.pushed_since(connection, mine, midnight(now))
    queued = [each for r, some in mine.items() for each in wishes[r].pushes(some, pushed.get(r, 0), now)]
    mails.enqueue(connection, queued, now)


def prepare_mails(units: Units, announce: Callable[[], None], stopping: Event) -> None:
    """Notify of offers that are gone, and bundle the day's digests."""
    while not stopping.is_set() and (notify_offer_gone(units, announce) or bundle_digests(units)):
        pass


def notify_offer_gone(units: Units, announce: Callable[[], None]) -> bool:
    """Notify some of those who were notified of an offer that it is gone; whether there may be more to do."""
    now = units.clock()
    with units() as unit:
        offer = inbox.next_offer_gone(unit.connection)
        if offer is None:
            return False
        told = inbox.notifications_of(unit.connection, offer.id, offer.told_up_to, NOTIFIED)
        recent = [each.offer_gone() for each in told if each.created_at > now - OFFER_GONE_WITHIN]
        notify(unit, recent, now, announce)
        up_to = told[-1].sequence if told else offer.told_up_to
        inbox.offer_gone_notified(unit.connection, offer.id, up_to, len(told) < NOTIFIED)
    return True


def notify_of_mentorship(
    unit: Unit, new: NewNotification, keys: Sequence[str], now: datetime, announce: Callable[[], None]
) -> None:
    """`keys` are the mentorship and the person in it: where one of them is erased nobody is notified."""
    if not ERASED.among(unit.connection, keys):
        notify(unit, [new], now, announce)


def bundle_digests(units: Units) -> int:
    """Close the day's digests, for some of those who have one; how many were made."""
    now = units.clock()
    with units() as unit:
        return mails.bundle(unit.connection, last_digest(now), now, units.ids, OLD)


def sweep(units: Units) -> None:
    """Delete what is no longer kept, a little at a time; and take over mails that the release before has queued."""
    now = units.clock()
    with units() as unit:
        mails.deliver_left_behind(unit.connection, now)
    while True:
        with units() as unit:
            gone = inbox.forget_read(unit.connection, now - KEPT, OLD)
            gone += mails.forget_settled(unit.connection, now - MAILS_KEPT, OLD)
            gone += deliveries.prune(unit.connection, DELIVERIES, mails.CHANNEL, now - MAILS_KEPT, OLD)
        if not gone:
            return


def learn_readers(
    unit: Unit, person_id: str, version: int, partner_ids: Sequence[str], mentor_ids: Sequence[str]
) -> None:
    """Who may read the inbox of this person."""
    if not ERASED.among(unit.connection, [person(person_id)]):
        inbox.learn_readers(unit.connection, person_id, version, partner_ids, mentor_ids)


def own_recipient(caller: Caller) -> str:
    """The caller's own inbox."""
    if caller.role is Role.PERSON:
        return person(caller.subject)
    if caller.role is Role.MENTOR:
        return mentor(caller.subject)
    raise denied("NO_INBOX", "only people and mentors have an inbox")


def list_notifications(
    units: Units, caller: Caller, recipient: str, unread_only: bool, before: int | None, limit: int
) -> tuple[list[Notification], int]:
    """A page, newest first, and how many are unread in all."""
    recipient = recipient or own_recipient(caller)
    with units.reading() as connection:
        _check_reader(connection, caller, recipient)
        found = inbox.page(connection, recipient, unread_only, before, limit)
        return found, inbox.unread(connection, recipient)


def mark_read(units: Units, caller: Caller, request: Message, ids: Sequence[str]) -> int:
    """How many are still unread."""
    recipient = own_recipient(caller)
    now = units.clock()
    with units() as unit:
        requests.claim(unit.connection, caller, request, now)
        inbox.mark_read(unit.connection, recipient, ids, now)
        return inbox.unread(unit.connection, recipient)


def get_preferences(units: Units, caller: Caller, recipient: str) -> Preferences:
    recipient = recipient or own_recipient(caller)
    _check_owner(caller, recipient)
    with units.reading() as connection:
        return inbox.preferences(connection, [recipient])[recipient]


def set_preferences(units: Units, caller: Caller, request: Message, wish: Preferences) -> None:
    _check_owner(caller, wish.recipient)
    wish.check()
    with units() as unit:
        fresh = requests.claim(unit.connection, caller, request, units.clock())
        if ERASED.among(unit.connection, [wish.recipient]):
            raise not_found("recipient", wish.recipient)
        if not fresh:
            return
        inbox.prefer(unit.connection, wish)
        if wish.mail is Frequency.NEVER:
            mails.withdraw(unit.connection, wish.recipient)


def written_after(units: Units, sequence: int, limit: int) -> list[Notification]:
    with units.reading() as connection:
        return inbox.after(connection, sequence, limit)


def last_sequence(units: Units) -> int:
    with units.reading() as connection:
        return inbox.last_sequence(connection)


def counts(units: Units) -> dict[str, int]:
    with units.reading() as connection:
        return {**inbox.counts(connection), **mails.counts(connection)}


def _check_owner(caller: Caller, recipient: str) -> None:
    role, _, identifier = recipient.partition("/")
    known = role in (Role.PERSON, Role.MENTOR) and identifier
    if not known or not caller.may_act_for(Role(role), identifier):
        raise not_found("recipient", recipient)


def _check_reader(connection: Connection, caller: Caller, recipient: str) -> None:
    """The owner, an operator, or somebody whom the person lets see."""
    role, _, identifier = recipient.partition("/")
    if role == Role.PERSON and caller.role in (Role.PARTNER, Role.MENTOR):
        partner_ids, mentor_ids = inbox.readers(connection, identifier)
        if caller.subject in (partner_ids if caller.role is Role.PARTNER else mentor_ids):
            return
    _check_owner(caller, recipient)
