"""What this service does: one function a verb, one transaction."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter

from google.protobuf.message import Message
from sqlalchemy import Connection

from services.kit import requests
from services.kit.auth import Caller, Role
from services.kit.errors import denied, not_found
from services.kit.outbox import Unit, Units
from services.notifications.domain import (
    ATTEMPTS,
    GOODBYE_WITHIN,
    KEPT,
    Frequency,
    Kind,
    Note,
    Notification,
    Post,
    Preferences,
    last_digest,
    mentor,
    midnight,
    pause,
    person,
)
from services.notifications.store import inbox, mails
from services.notifications.store.mails import Due
from services.notifications.store.tables import ERASED

GOODBYES = 500
"""How many notifications are looked at in one transaction."""
OLD = 500
MAILS_AT_A_TIME = 50
MAILS_KEPT = timedelta(days=30)


def tell(unit: Unit, notes: Sequence[Note], now: datetime, announce: Callable[[], None]) -> None:
    """Write what was never told, and queue its mails in the same transaction."""
    fresh = inbox.fresh(unit.connection, notes)
    if fresh:
        inbox.put(unit.connection, fresh, now)
        _queue_mails(unit.connection, fresh, now)
        unit.after_commit(announce)


def _queue_mails(connection: Connection, notes: Sequence[Note], now: datetime) -> None:
    gone = inbox.gone_among(connection, {note.subject_id for note in notes if note.kind is Kind.OFFER_MATCHED})
    notes = [note for note in notes if note.kind is not Kind.OFFER_MATCHED or note.subject_id not in gone]
    by_recipient = groupby(sorted(notes, key=attrgetter("recipient")), attrgetter("recipient"))
    mine = {recipient: list(some) for recipient, some in by_recipient}
    wishes = inbox.preferences(connection, mine)
    pushed = mails.pushed_since(connection, mine, midnight(now))
    queued = [each for r, some in mine.items() for each in wishes[r].pushes(some, pushed.get(r, 0), now)]
    mails.enqueue(connection, queued)


def say_goodbye(units: Units, announce: Callable[[], None]) -> bool:
    """Tell some of those who were told of an offer that it is gone; whether there may be more to do."""
    now = units.clock()
    with units() as unit:
        offer = inbox.next_goodbye(unit.connection)
        if offer is None:
            return False
        told = inbox.told_of(unit.connection, offer.id, offer.told_up_to, GOODBYES)
        recent = [each.goodbye() for each in told if each.created_at > now - GOODBYE_WITHIN]
        tell(unit, recent, now, announce)
        up_to = told[-1].sequence if told else offer.told_up_to
        inbox.goodbyes_told(unit.connection, offer.id, up_to, len(told) < GOODBYES)
    return True


def tell_of_mentorship(
    unit: Unit, note: Note, keys: Sequence[str], now: datetime, announce: Callable[[], None]
) -> None:
    """`keys` are the mentorship and the person in it: where one of them is erased nobody is told."""
    if not ERASED.among(unit.connection, keys):
        tell(unit, [note], now, announce)


def bundle_digests(units: Units) -> int:
    """Close the day's digests, for some of those who have one; how many were made."""
    now = units.clock()
    with units() as unit:
        return mails.bundle(unit.connection, last_digest(now), now, OLD)


def due_mails(units: Units) -> list[Due]:
    with units.reading() as connection:
        return mails.due(connection, units.clock(), MAILS_AT_A_TIME)


def take_mails(units: Units, due: Sequence[Due]) -> list[Due]:
    """Those that have an attempt left; it is counted, and they are put off until the next. The others are given up."""
    now = units.clock()
    with units() as unit:
        for each in due:
            if each.attempts >= ATTEMPTS:
                mails.settle(unit.connection, each.mail, Post.FAILED)
            mails.put_off(unit.connection, each.mail, each.attempts + 1, now + pause(each.attempts + 1))
    return [each for each in due if each.attempts < ATTEMPTS]


def mail_contents(units: Units, due: Due) -> list[Notification]:
    """Nothing where all of it was erased or withdrawn meanwhile."""
    with units.reading() as connection:
        return mails.contents(connection, due.mail)


def settle_mails(units: Units, outcomes: Mapping[str, Post]) -> None:
    """Write down what became of each mail."""
    with units() as unit:
        for mail, outcome in outcomes.items():
            mails.settle(unit.connection, mail, outcome)


def sweep(units: Units) -> None:
    """Delete what is no longer kept, a little at a time."""
    now = units.clock()
    while True:
        with units() as unit:
            gone = inbox.forget_read(unit.connection, now - KEPT, OLD)
            gone += mails.forget_settled(unit.connection, now - MAILS_KEPT, OLD)
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
