"""Notifications, the preferences of their recipients, and the queue of mails. Each notification is written once.

A day begins at midnight UTC for everybody, and the digest goes at 16:00 UTC (17 or 18 o'clock in Paris). When country
packs know the hours of their people, both become the recipient's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from services.kit.checks import Checks

KEPT = timedelta(days=730)
"""How long read notifications are kept; events that are older than that are not notified."""
OFFER_GONE_WITHIN = timedelta(days=60)
DIGEST_HOUR = 16
DAILY_CAP, HIGHEST_CAP = 5, 50


class Kind(StrEnum):
    OFFER_MATCHED = "OFFER_MATCHED"
    COURSE_MATCHED = "COURSE_MATCHED"
    OFFER_GONE = "OFFER_GONE"
    MENTORSHIP_CHANGED = "MENTORSHIP_CHANGED"


class Frequency(StrEnum):
    AT_ONCE = "AT_ONCE"
    DAILY = "DAILY"
    NEVER = "NEVER"  # the inbox still fills


class MailState(StrEnum):
    """Where a notification is on its way into a mail."""

    WAITING = "waiting"  # for the day's digest
    DUE = "due"  # in a mail that is on its way
    SENT = "sent"
    NEEDLESS = "needless"  # read or overtaken before it was sent
    NO_ADDRESS = "no_address"
    FAILED = "failed"

    @classmethod
    def of_outcome(cls, reason: str) -> "MailState":
        """What a mail's delivery ended with, a reason of ours or of the kit; empty when it went."""
        if not reason:
            return cls.SENT
        return cls(reason) if reason in (cls.NEEDLESS, cls.NO_ADDRESS) else cls.FAILED


def person(identifier: str) -> str:
    """The recipient that is a person; also the key of their events."""
    return f"person/{identifier}"


def mentor(identifier: str) -> str:
    return f"mentor/{identifier}"


@dataclass(frozen=True, slots=True)
class NewNotification:
    """Something to be told. Its id is made of what must be told only once, whoever says it again."""

    recipient: str
    kind: Kind
    subject_id: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    score: float = 0.0
    state: str = ""  # of the subject, where each state is told by itself

    @property
    def id(self) -> str:
        words = "|".join((self.recipient, self.kind, self.subject_id, self.state))
        return blake2b(words.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification in its recipient's inbox."""

    sequence: int
    id: str
    recipient: str
    kind: Kind
    subject_id: str
    parameters: Mapping[str, str]
    score: float
    created_at: datetime
    read_at: datetime | None
    gone: bool

    @property
    def worth_a_mail(self) -> bool:
        """Not read yet, and still true: offers go, and some come back."""
        return self.read_at is None and self.gone is (self.kind is Kind.OFFER_GONE)

    def offer_gone(self) -> NewNotification:
        """Says that the offer of this notification is gone."""
        return NewNotification(self.recipient, Kind.OFFER_GONE, self.subject_id, self.parameters)


@dataclass(frozen=True, slots=True)
class Preferences:
    recipient: str
    mail: Frequency = Frequency.AT_ONCE
    daily_cap: int = DAILY_CAP

    def check(self) -> None:
        checks = Checks("preferences.")
        checks.number("daily_cap", self.daily_cap, 1, HIGHEST_CAP)
        checks.done()

    def pushes(self, new: Sequence[NewNotification], pushed_today: int, now: datetime) -> list["QueuedMail"]:
        """One mail for all that is still below the day's cap; the rest joins the next digest."""
        if self.mail is Frequency.NEVER:
            return []
        room = max(self.daily_cap - pushed_today, 0) if self.mail is Frequency.AT_ONCE else 0
        mail = new[0].id
        queued = [QueuedMail(each.id, self.recipient, MailState.DUE, mail, True, now) for each in new[:room]]
        waiting = [QueuedMail(each.id, self.recipient, MailState.WAITING, "", False, now) for each in new[room:]]
        return queued + waiting


@dataclass(frozen=True, slots=True)
class QueuedMail:
    """A notification in the queue of mails. Those of one `mail` go together, under one Message-ID."""

    notification_id: str
    recipient: str
    state: MailState
    mail: str
    at_once: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Addressee:
    """How a recipient is written to; asked for each mail anew and never kept."""

    email: str
    given_name: str
    language: str


def midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def last_digest(now: datetime) -> datetime:
    """When the newest digest closed: what was queued until then goes into it."""
    today = midnight(now) + timedelta(hours=DIGEST_HOUR)
    return today if today <= now else today - timedelta(days=1)
