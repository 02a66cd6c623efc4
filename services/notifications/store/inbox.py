"""Inboxes, who may read them, how their owners wish to be told, and offers that are gone."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, select, update
from sqlalchemy import false as sql_false

from services.kit import deliveries
from services.kit.database import in_values, insert_many, upsert
from services.notifications.domain import Frequency, Kind, NewNotification, Notification, Preferences
from services.notifications.store.tables import DELIVERIES, ERASED, MAILS, NOTIFICATIONS, OFFERS, PEOPLE, PREFERENCES

INBOX = select(NOTIFICATIONS, func.coalesce(OFFERS.c.gone, sql_false()).label("gone")).join_from(
    NOTIFICATIONS, OFFERS, OFFERS.c.id == NOTIFICATIONS.c.subject_id, isouter=True
)


def fresh(connection: Connection, new: Sequence[NewNotification]) -> list[NewNotification]:
    """Those that were never written, each once, and to nobody who is erased."""
    by_id = {each.id: each for each in new}
    for known in connection.scalars(select(NOTIFICATIONS.c.id).where(in_values(NOTIFICATIONS.c.id, by_id))):
        del by_id[known]
    gone = ERASED.among(connection, {each.recipient for each in by_id.values()})
    return [each for each in by_id.values() if each.recipient not in gone]


def put(connection: Connection, new: Sequence[NewNotification], now: datetime) -> None:
    rows = [
        {
            "id": each.id,
            "recipient": each.recipient,
            "kind": each.kind,
            "subject_id": each.subject_id,
            "parameters": dict(each.parameters),
            "score": each.score,
            "created_at": now,
        }
        for each in new
    ]
    insert_many(connection, NOTIFICATIONS, rows)


def page(
    connection: Connection, recipient: str, unread_only: bool, before: int | None, limit: int
) -> list[Notification]:
    """Newest first."""
    query = INBOX.where(NOTIFICATIONS.c.recipient == recipient)
    if unread_only:
        query = query.where(NOTIFICATIONS.c.read_at.is_(None))
    if before is not None:
        query = query.where(NOTIFICATIONS.c.sequence < before)
    return select_notifications(connection, query.order_by(NOTIFICATIONS.c.sequence.desc()).limit(limit))


def after(connection: Connection, sequence: int, limit: int) -> list[Notification]:
    """Everybody's, in the order in which they were written."""
    query = INBOX.where(NOTIFICATIONS.c.sequence > sequence).order_by(NOTIFICATIONS.c.sequence).limit(limit)
    return select_notifications(connection, query)


def last_sequence(connection: Connection) -> int:
    return connection.scalar(select(func.max(NOTIFICATIONS.c.sequence))) or 0


def unread(connection: Connection, recipient: str) -> int:
    mine = (NOTIFICATIONS.c.recipient == recipient) & NOTIFICATIONS.c.read_at.is_(None)
    return connection.execute(select(func.count()).where(mine)).scalar_one()


def mark_read(connection: Connection, recipient: str, ids: Collection[str], now: datetime) -> None:
    """What is another's, missing or read already stays as it is."""
    mine = (
        (NOTIFICATIONS.c.recipient == recipient)
        & in_values(NOTIFICATIONS.c.id, ids)
        & NOTIFICATIONS.c.read_at.is_(None)
    )
    connection.execute(update(NOTIFICATIONS).where(mine).values(read_at=now))


def forget_read(connection: Connection, before: datetime, limit: int) -> int:
    """Delete up to `limit` notifications that were written and read before; how many went."""
    old = select(NOTIFICATIONS.c.id).where(NOTIFICATIONS.c.read_at < before).limit(limit)
    ids = list(connection.scalars(old))
    connection.execute(delete(MAILS).where(in_values(MAILS.c.notification_id, ids)))
    return connection.execute(delete(NOTIFICATIONS).where(in_values(NOTIFICATIONS.c.id, ids))).rowcount


def learn_readers(
    connection: Connection, person_id: str, version: int, partner_ids: Sequence[str], mentor_ids: Sequence[str]
) -> None:
    row = {"id": person_id, "version": version, "partner_ids": partner_ids, "mentor_ids": mentor_ids}
    upsert(connection, PEOPLE, row, ["id"], newer_by="version")


def readers(connection: Connection, person_id: str) -> tuple[list[str], list[str]]:
    """The partners and the mentors who may read this person's inbox."""
    row = connection.execute(select(PEOPLE).where(PEOPLE.c.id == person_id)).one_or_none()
    return ([], []) if row is None else (row.partner_ids, row.mentor_ids)


def preferences(connection: Connection, recipients: Collection[str]) -> dict[str, Preferences]:
    """Of each of them: what they chose, or what is usual."""
    found = {recipient: Preferences(recipient) for recipient in recipients}
    for row in connection.execute(select(PREFERENCES).where(in_values(PREFERENCES.c.recipient, recipients))):
        found[row.recipient] = Preferences(row.recipient, Frequency(row.mail), row.daily_cap)
    return found


def prefer(connection: Connection, wish: Preferences) -> None:
    upsert(connection, PREFERENCES, asdict(wish), ["recipient"])


def erase(connection: Connection, key: str) -> None:
    """Everything of a recipient, or of a mentorship."""
    kind, _, identifier = key.partition("/")
    of_key = NOTIFICATIONS.c.recipient == key
    if kind == "mentorship":
        of_key = (NOTIFICATIONS.c.subject_id == identifier) & (NOTIFICATIONS.c.kind == Kind.MENTORSHIP_CHANGED)
    connection.execute(delete(MAILS).where(MAILS.c.notification_id.in_(select(NOTIFICATIONS.c.id).where(of_key))))
    connection.execute(delete(NOTIFICATIONS).where(of_key))
    connection.execute(delete(PREFERENCES).where(PREFERENCES.c.recipient == key))
    deliveries.forget(connection, DELIVERIES, key)
    if kind == "person":
        connection.execute(delete(PEOPLE).where(PEOPLE.c.id == identifier))


def offer_changed(connection: Connection, offer_id: str, version: int, gone: bool) -> None:
    """Remember an offer once it is gone; an older version changes nothing."""
    if gone:
        upsert(
            connection,
            OFFERS,
            {"id": offer_id, "version": version, "gone": True, "told": False, "told_up_to": 0},
            ["id"],
            "version",
        )
    else:
        known = (OFFERS.c.id == offer_id) & (OFFERS.c.version < version)
        connection.execute(update(OFFERS).where(known).values(version=version, gone=False, told=True))


def gone_among(connection: Connection, subject_ids: Collection[str]) -> set[str]:
    return set(connection.scalars(select(OFFERS.c.id).where(in_values(OFFERS.c.id, subject_ids), OFFERS.c.gone)))


def next_offer_gone(connection: Connection) -> Row[Any] | None:
    """An offer that is gone and whose people do not all know."""
    return connection.execute(select(OFFERS).where(OFFERS.c.told.is_(False)).limit(1)).one_or_none()


def notifications_of(connection: Connection, offer_id: str, after_sequence: int, limit: int) -> list[Notification]:
    """The notifications of matches with this offer, in the order in which they were written."""
    query = INBOX.where(NOTIFICATIONS.c.subject_id == offer_id, NOTIFICATIONS.c.kind == Kind.OFFER_MATCHED)
    query = query.where(NOTIFICATIONS.c.sequence > after_sequence).order_by(NOTIFICATIONS.c.sequence).limit(limit)
    return select_notifications(connection, query)


def offer_gone_notified(connection: Connection, offer_id: str, up_to: int, all_of_them: bool) -> None:
    connection.execute(update(OFFERS).where(OFFERS.c.id == offer_id).values(told_up_to=up_to, told=all_of_them))


def counts(connection: Connection) -> dict[str, int]:
    total, unread_ones = connection.execute(
        select(func.count(), func.count().filter(NOTIFICATIONS.c.read_at.is_(None))).select_from(NOTIFICATIONS)
    ).one()
    return {"notifications": total, "unread": unread_ones}


def select_notifications(connection: Connection, query: Select[Any]) -> list[Notification]:
    return [_notification(row) for row in connection.execute(query)]


def _notification(row: Row[Any]) -> Notification:
    return Notification(
        row.sequence,
        row.id,
        row.recipient,
        Kind(row.kind),
        row.subject_id,
        row.parameters,
        row.score,
        row.created_at,
        row.read_at,
        bool(row.gone),
    )
