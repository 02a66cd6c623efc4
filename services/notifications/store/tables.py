"""The tables of this service, whose writers take turns in every database.

So `sequence` is given in commit order, and a stream that goes on after one misses nothing; a day's cap holds, and what
is told while its recipient is erased goes with them.
"""

from pathlib import Path

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, String, Table

from services.kit.database import Json, Moment
from services.kit.deliveries import deliveries_table
from services.kit.private.erased import Erased

METADATA = MetaData()
MIGRATIONS = Path(__file__).parents[1] / "migrations"
NOTIFICATIONS = Table(
    "notifications",
    METADATA,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("recipient", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject_id", String, nullable=False),
    Column("parameters", Json, nullable=False),
    Column("score", Float, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("read_at", Moment, index=True),
    Index("notifications_inbox", "recipient", "sequence"),
    Index("notifications_subject", "subject_id", "kind", "sequence"),
    sqlite_autoincrement=True,  # a sequence is never given twice, whatever was deleted
)
_UNREAD = NOTIFICATIONS.c.read_at.is_(None)
Index("notifications_unread", NOTIFICATIONS.c.recipient, sqlite_where=_UNREAD, postgresql_where=_UNREAD)
OFFERS = Table(
    "offers",
    METADATA,
    Column("id", String, primary_key=True),  # those that were gone at least once
    Column("version", BigInteger, nullable=False),
    Column("gone", Boolean, nullable=False),
    Column("told_up_to", BigInteger, nullable=False, default=0),  # that it is gone is written up to this sequence
    Column("told", Boolean, nullable=False, default=False),
)
_UNTOLD = OFFERS.c.told.is_(False)
Index("offers_untold", OFFERS.c.id, sqlite_where=_UNTOLD, postgresql_where=_UNTOLD)
PEOPLE = Table(
    "people",
    METADATA,
    Column("id", String, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("partner_ids", Json, nullable=False),
    Column("mentor_ids", Json, nullable=False),
)
PREFERENCES = Table(
    "preferences",
    METADATA,
    Column("recipient", String, primary_key=True),
    Column("mail", String, nullable=False),
    Column("daily_cap", Integer, nullable=False),
)
MAILS = Table(
    "mails",
    METADATA,
    Column("notification_id", String, primary_key=True),
    Column("recipient", String, nullable=False),
    Column("state", String, nullable=False),
    Column("mail", String, nullable=False),  # what goes together, and its Message-ID
    Column("at_once", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),  # of the release before; now they are counted in deliveries
    Column("due_at", Moment, nullable=False),  # for the digest; as above
    Index("mails_due", "state", "due_at"),
    Index("mails_mail", "mail"),
    Index("mails_recipient", "recipient", "state"),
)
_AT_ONCE = MAILS.c.at_once.is_(True)
Index("mails_pushed", MAILS.c.recipient, MAILS.c.at, sqlite_where=_AT_ONCE, postgresql_where=_AT_ONCE)
DELIVERIES = deliveries_table(METADATA)
ERASED = Erased(METADATA)
"""Keys of erased aggregates, and nothing else of them: what still comes for them is dropped."""
