"""Who was erased not long ago, because several processes may write about somebody at once."""

from alembic.operations import Operations
from sqlalchemy import BigInteger, Column, String


def upgrade(op: Operations) -> None:
    op.create_table(
        "forgotten",
        Column("person_id", String, primary_key=True),
        Column("at", BigInteger, nullable=False),
    )
