"""The kit's own tables as the first release made them. Migrations begin with them; they never change here."""

from alembic.operations import Operations
from sqlalchemy import JSON, BigInteger, Column, Integer, LargeBinary, String


def create_kit_tables(op: Operations) -> None:
    op.create_table(
        "outbox",
        Column("place", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("topic", String, nullable=False),
        Column("key", String, nullable=False),
        Column("type", String, nullable=False),
        Column("payload", LargeBinary),
        Column("id", String, nullable=False),
        Column("time", BigInteger, nullable=False),
        Column("headers", JSON, nullable=False),
    )
    op.create_index("ix_outbox_key", "outbox", ["key"])
    op.create_table(
        "inbox",
        Column("group", String, primary_key=True),
        Column("id", String, primary_key=True),
        Column("at", BigInteger, nullable=False),
    )
    op.create_index("inbox_at", "inbox", ["at"])
    op.create_table(
        "dead_letters",
        Column("id", String, primary_key=True),
        Column("group", String, nullable=False),
        Column("topic", String, nullable=False),
        Column("partition", Integer, nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("key", String, nullable=False),
        Column("type", String, nullable=False),
        Column("event_id", String, nullable=False),
        Column("event_time", BigInteger, nullable=False),
        Column("headers", JSON, nullable=False),
        Column("payload", LargeBinary),
        Column("reason", String, nullable=False),
        Column("error", String, nullable=False),
        Column("at", BigInteger, nullable=False),
    )
    op.create_index("ix_dead_letters_key", "dead_letters", ["key"])
    op.create_index("ix_dead_letters_at", "dead_letters", ["at"])
    op.create_table(
        "requests",
        Column("caller", String, primary_key=True),
        Column("id", String, primary_key=True),
        Column("body", LargeBinary, nullable=False),
        Column("at", BigInteger, nullable=False),
    )
    op.create_index("requests_at", "requests", ["at"])
