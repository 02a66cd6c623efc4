"""The tables of a store, and the migrations that bring an older store up to date.

A folder of migrations has one file a step: `0001_first_release.py`, `0002_….py` and so on, each with a function
`upgrade(op)` that says the change in Alembic's operations. The store keeps the number of its last step in the table
`alembic_version`. A store without it that has tables is the first release's.

Steps only ever add, so that the services of the release before go on working beside those of the new one.
"""

from dataclasses import dataclass
from pathlib import Path
from runpy import run_path

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from services.kit.database.columns import KIT

FIRST = "0001"
VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
_DIGITS = len(FIRST)


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a service beside the kit's own. Without `migrations` what is missing is made as it is now."""

    metadata: MetaData
    migrations: Path | None

    def are_current(self, connection: Connection) -> bool:
        """Is there nothing to do? Cheap, since it is asked at every start."""
        return self.migrations is not None and _version(connection) == self._steps()[-1].name[:_DIGITS]

    def bring_up_to_date(self, connection: Connection, store: str) -> None:
        """All in one transaction. Nobody else may be changing the tables of this store meanwhile."""
        if self.migrations is None:
            KIT.create_all(connection)
            self.metadata.create_all(connection)
            return
        found, steps = _version(connection), self._steps()
        newest = steps[-1].name[:_DIGITS]
        if found > newest:
            raise OSError(f"{store} is of a newer release ({found}) than this program ({newest}): start that release")
        for step in steps:
            if step.name[:_DIGITS] > found:
                _upgrade(connection, step)
        _set_version(connection, newest)

    def _steps(self) -> list[Path]:
        assert self.migrations is not None
        return sorted(self.migrations.glob("[0-9]*_*.py"))


def _version(connection: Connection) -> str:
    """The number of the last step; empty where there is nothing yet."""
    known = inspect(connection)
    if known.has_table(VERSION.name):
        return str(connection.execute(select(VERSION.c.version_num)).scalar_one())
    return FIRST if known.get_table_names() else ""


def _upgrade(connection: Connection, step: Path) -> None:
    from alembic.migration import MigrationContext  # slow to import, and most starts need none of it
    from alembic.operations import Operations

    run_path(str(step))["upgrade"](Operations(MigrationContext.configure(connection)))


def _set_version(connection: Connection, version: str) -> None:
    VERSION.create(connection, checkfirst=True)
    connection.execute(VERSION.delete())
    connection.execute(VERSION.insert(), {"version_num": version})
