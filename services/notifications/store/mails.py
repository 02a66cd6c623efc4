"""The queue of mails. Its rows are committed with the notifications that they carry."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, update

from services.kit.database import add, among
from services.notifications.domain import Notification, Post, Queued, digest_id
from services.notifications.store.inbox import INBOX, select_notifications
from services.notifications.store.tables import MAILS, NOTIFICATIONS

ROWS_A_MAIL = 8
"""A mail carries several notifications; so many rows are looked at for each that is wanted."""


@dataclass(frozen=True, slots=True)
class Due:
    """A mail that is to be sent now."""

    mail: str
    recipient: str
    attempts: int


def enqueue(connection: Connection, queued: Sequence[Queued]) -> None:
    add(connection, MAILS, [_row(each) for each in queued])


def _row(of: Queued) -> dict[str, object]:
    return {
        "notification_id": of.notification_id,
        "recipient": of.recipient,
        "state": of.state,
        "mail": of.mail,
        "at_once": of.at_once,
        "at": of.at,
        "due_at": of.at,
    }


def pushed_since(connection: Connection, recipients: Collection[str], since: datetime) -> dict[str, int]:
    """How many notifications each was sent at once since then; who is missing had none."""
    of_them = among(MAILS.c.recipient, recipients) & (MAILS.c.at >= since) & MAILS.c.at_once.is_(True)
    query = select(MAILS.c.recipient, func.count().label("pushed")).where(of_them).group_by(MAILS.c.recipient)
    return {row.recipient: row.pushed for row in connection.execute(query)}


def bundle(connection: Connection, closed: datetime, now: datetime, limit: int) -> int:
    """Make digests of what waits since before `closed`, for up to `limit` recipients; for how many it did."""
    waiting = (MAILS.c.state == Post.WAITING) & (MAILS.c.due_at <= closed)  # by the index; it is `at` until then
    recipients = connection.scalars(select(MAILS.c.recipient).where(waiting).distinct().limit(limit)).all()
    if recipients:
        rows = [{"whose": recipient, "into": digest_id(recipient, closed)} for recipient in recipients]
        theirs = update(MAILS).where(waiting, MAILS.c.recipient == bindparam("whose"))
        connection.execute(theirs.values(state=Post.DUE, mail=bindparam("into"), due_at=now), rows)
    return len(recipients)


def due(connection: Connection, now: datetime, limit: int) -> list[Due]:
    """Some whose time has come, the longest waiting first: it reads a few rows however many wait."""
    ready = (MAILS.c.state == Post.DUE) & (MAILS.c.due_at <= now)
    query = select(MAILS.c.mail, MAILS.c.recipient, MAILS.c.attempts).where(ready)
    rows = connection.execute(query.order_by(MAILS.c.due_at).limit(limit * ROWS_A_MAIL))
    found = {mail: Due(mail, recipient, attempts) for mail, recipient, attempts in rows}
    return list(found.values())[:limit]


def contents(connection: Connection, mail: str) -> list[Notification]:
    """What goes into a mail, the oldest first."""
    query = INBOX.join(MAILS, MAILS.c.notification_id == NOTIFICATIONS.c.id).where(
        MAILS.c.mail == mail, MAILS.c.state == Post.DUE
    )
    return select_notifications(connection, query.order_by(NOTIFICATIONS.c.sequence))


def put_off(connection: Connection, mail: str, attempts: int, due_at: datetime) -> None:
    this = (MAILS.c.mail == mail) & (MAILS.c.state == Post.DUE)
    connection.execute(update(MAILS).where(this).values(attempts=attempts, due_at=due_at))


def settle(connection: Connection, mail: str, state: Post) -> None:
    """Say what became of a mail."""
    connection.execute(update(MAILS).where(MAILS.c.mail == mail, MAILS.c.state == Post.DUE).values(state=state))


def withdraw(connection: Connection, recipient: str) -> None:
    """Take back all that was not sent yet."""
    unsent = MAILS.c.state.in_([Post.WAITING, Post.DUE])
    connection.execute(delete(MAILS).where(MAILS.c.recipient == recipient, unsent))


def forget_settled(connection: Connection, before: datetime, limit: int) -> int:
    """Delete up to `limit` rows that need nothing more; how many went."""
    settled = MAILS.c.state.not_in([Post.WAITING, Post.DUE]) & (MAILS.c.at < before)
    old = select(MAILS.c.notification_id).where(settled).limit(limit)
    return connection.execute(delete(MAILS).where(MAILS.c.notification_id.in_(old))).rowcount


def counts(connection: Connection) -> dict[str, int]:
    queued = func.count().filter(MAILS.c.state.in_([Post.WAITING, Post.DUE]))
    failed = func.count().filter(MAILS.c.state == Post.FAILED)
    row = connection.execute(select(queued.label("queued"), failed.label("failed")).select_from(MAILS)).one()
    return {"mails_queued": row.queued, "mails_failed": row.failed}
