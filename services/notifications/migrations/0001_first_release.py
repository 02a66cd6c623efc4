"""What the first release made."""

from alembic.operations import Operations
from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Integer, String, text

from services.kit.database.first_release import create_kit_tables


def upgrade(op: Operations) -> None:
    create_kit_tables(op)
    _create_inbox(op)
    _create_mails(op)
    op.create_table(
        "offers",
        Column("id", String, primary_key=True),
        Column("version", BigInteger, nullable=False),
        Column("gone", Boolean, nullable=False),
        Column("told_up_to", BigInteger, nullable=False),
        Column("told", Boolean, nullable=False),
    )
    op.create_index("offers_untold", "offers", ["id"], sqlite_where=text("told IS 0"))
    op.create_table(
        "people",
        Column("id", String, primary_key=True),
        Column("version", BigInteger, nullable=False),
        Column("partner_ids", JSON, nullable=False),
        Column("mentor_ids", JSON, nullable=False),
    )
    op.create_table(
        "preferences",
        Column("recipient", String, primary_key=True),
        Column("mail", String, nullable=False),
        Column("daily_cap", Integer, nullable=False),
    )
    op.create_table("erased", Column("key", String, primary_key=True))


def _create_inbox(op: Operations) -> None:
    op.create_table(
        "notifications",
        Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("id", String, nullable=False, unique=True),
        Column("recipient", String, nullable=False),
        Column("kind", String, nullable=False),
        Column("subject_id", String, nullable=False),
        Column("parameters", JSON, nullable=False),
        Column("score", Float, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("read_at", BigInteger),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notifications_read_at", "notifications", ["read_at"])
    op.create_index("notifications_inbox", "notifications", ["recipient", "sequence"])
    op.create_index("notifications_subject", "notifications", ["subject_id", "kind", "sequence"])
    op.create_index("notifications_unread", "notifications", ["recipient"], sqlite_where=text("read_at IS NULL"))


def _create_mails(op: Operations) -> None:
    op.create_table(
        "mails",
        Column("notification_id", String, primary_key=True),
        Column("recipient", String, nullable=False),
        Column("state", String, nullable=False),
        Column("mail", String, nullable=False),
        Column("at_once", Boolean, nullable=False),
        Column("at", BigInteger, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("due_at", BigInteger, nullable=False),
    )
    op.create_index("mails_due", "mails", ["state", "due_at"])
    op.create_index("mails_mail", "mails", ["mail"])
    op.create_index("mails_recipient", "mails", ["recipient", "state"])
    op.create_index("mails_pushed", "mails", ["recipient", "at"], sqlite_where=text("at_once IS 1"))
