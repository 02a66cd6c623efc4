"""Which notifications go into which mail, and the queue of mails: all committed with the notifications."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, update

from services.kit import deliveries
from services.kit.database import in_values, insert_many
from services.kit.deliveries import Delivery
from services.kit.ids import Ids
from services.notifications.domain import MailState, Notification, QueuedMail
from services.notifications.store.inbox import INBOX, select_notifications
from services.notifications.store.tables import DELIVERIES, MAILS, NOTIFICATIONS

CHANNEL = "mail"


def enqueue(connection: Connection, queued: Sequence[QueuedMail], now: datetime) -> None:
    insert_many(connection, MAILS, [{**asdict(each), "due_at": each.at} for each in queued])
    _deliver(connection, {each.mail: each.recipient for each in queued if each.state is MailState.DUE}.items(), now)


def _deliver(connection: Connection, mails: Iterable[tuple[str, str]], now: datetime) -> None:
    """Mails, each with its recipient."""
    deliveries.enqueue(connection, DELIVERIES, [Delivery(mail, CHANNEL, whose) for mail, whose in mails], now)


def deliver_left_behind(connection: Connection, now: datetime) -> None:
    """Queue what the release before queued in its own way; it may be running beside this one."""
    unknown = (MAILS.c.state == MailState.DUE) & MAILS.c.mail.not_in(select(DELIVERIES.c.id))
    left = connection.execute(select(MAILS.c.mail, MAILS.c.recipient).where(unknown).distinct())
    _deliver(connection, [(mail, recipient) for mail, recipient in left], now)


def pushed_since(connection: Connection, recipients: Collection[str], since: datetime) -> dict[str, int]:
    """How many notifications each was sent at once since then; who is missing had none."""
    of_them = in_values(MAILS.c.recipient, recipients) & (MAILS.c.at >= since) & MAILS.c.at_once.is_(True)
    query = select(MAILS.c.recipient, func.count().label("pushed")).where(of_them).group_by(MAILS.c.recipient)
    return {row.recipient: row.pushed for row in connection.execute(query)}


def bundle(connection: Connection, closed: datetime, now: datetime, ids: Ids, limit: int) -> int:
    """Make digests of what waits since before `closed`, for up to `limit` recipients; for how many it did."""
    waiting = (MAILS.c.state == MailState.WAITING) & (MAILS.c.due_at <= closed)  # by the index; it is `at` until then
    recipients = connection.scalars(select(MAILS.c.recipient).where(waiting).distinct().limit(limit)).all()
    if recipients:
        digests = [(ids(), recipient) for recipient in recipients]
        theirs = update(MAILS).where(waiting, MAILS.c.recipient == bindparam("whose"))
        changes = theirs.values(state=MailState.DUE, mail=bindparam("into"), due_at=now)
        connection.execute(changes, [{"whose": recipient, "into": mail} for mail, recipient in digests])
        _deliver(connection, digests, now)
    return len(recipients)


def contents(connection: Connection, mail: str) -> list[Notification]:
    """What goes into a mail, the oldest first."""
    query = INBOX.join(MAILS, MAILS.c.notification_id == NOTIFICATIONS.c.id).where(
        MAILS.c.mail == mail, MAILS.c.state == MailState.DUE
    )
    return select_notifications(connection, query.order_by(NOTIFICATIONS.c.sequence))


def settle(connection: Connection, mail: str, state: MailState) -> None:
    """Say what became of the notifications of a mail."""
    connection.execute(update(MAILS).where(MAILS.c.mail == mail, MAILS.c.state == MailState.DUE).values(state=state))


def withdraw(connection: Connection, recipient: str) -> None:
    """Take back all that was not sent yet."""
    unsent = MAILS.c.state.in_([MailState.WAITING, MailState.DUE])
    connection.execute(delete(MAILS).where(MAILS.c.recipient == recipient, unsent))


def forget_settled(connection: Connection, before: datetime, limit: int) -> int:
    """Delete up to `limit` rows that need nothing more; how many went."""
    settled = MAILS.c.state.not_in([MailState.WAITING, MailState.DUE]) & (MAILS.c.at < before)
    old = select(MAILS.c.notification_id).where(settled).limit(limit)
    return connection.execute(delete(MAILS).where(MAILS.c.notification_id.in_(old))).rowcount


def counts(connection: Connection) -> dict[str, int]:
    queued = func.count().filter(MAILS.c.state.in_([MailState.WAITING, MailState.DUE]))
    failed = func.count().filter(MAILS.c.state == MailState.FAILED)
    row = connection.execute(select(queued.label("queued"), failed.label("failed")).select_from(MAILS)).one()
    return {"mails_queued": row.queued, "mails_failed": row.failed}
