"""The queue of what is to be sent. What the release before has queued is taken over while the service runs."""

from alembic.operations import Operations
from sqlalchemy import JSON, BigInteger, Column, Integer, String


def upgrade(op: Operations) -> None:
    op.create_table(
        "deliveries",
        Column("id", String, primary_key=True),
        Column("channel", String, nullable=False),
        Column("target", String, nullable=False),
        Column("payload", JSON, nullable=False),
        Column("state", String, nullable=False),
        Column("reason", String, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("due_at", BigInteger, nullable=False),
    )
    op.create_index("ix_deliveries_target", "deliveries", ["target"])
    op.create_index("deliveries_due", "deliveries", ["channel", "state", "due_at"])
