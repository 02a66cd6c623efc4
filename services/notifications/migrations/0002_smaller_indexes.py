"""What SQLite indexes of some rows only, PostgreSQL does too."""

from alembic.operations import Operations
from sqlalchemy import text

PARTIAL = (
    ("notifications_unread", "notifications", ["recipient"], "read_at IS NULL"),
    ("offers_untold", "offers", ["id"], "told IS false"),
    ("mails_pushed", "mails", ["recipient", "at"], "at_once IS true"),
)


def upgrade(op: Operations) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for name, table, columns, where in PARTIAL:
        op.drop_index(name, table)
        op.create_index(name, table, columns, postgresql_where=text(where))
