"""A store in a schema of its own on a PostgreSQL server. Nothing is asked of the server before `migrate`.

Every wait has a limit: for a connection, a lock, a statement; and where the server keeps the connection open but does
not answer, this side closes it.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import blake2b
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from sqlalchemy import URL, Connection, Dialect, Engine, NullPool, Select, create_engine, event, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.schema import CreateSchema

from services.kit.database.tables import Tables
from services.kit.errors import Conflict, RetryLater

logging.getLogger("psycopg").setLevel(logging.ERROR)  # it warns of each batch that is in conflict; the error says so
CONNECT_SECONDS, LOCK_SECONDS, STATEMENT_SECONDS, ANSWER_SECONDS = 5, 5, 8, 12.0
IDLE_SECONDS = 60
"""A transaction that is idle for so long is ended, and so is a lock of `only_one` that its holder did not ask for: the
process may be frozen while others wait."""

CONNECTIONS, MORE_CONNECTIONS = 8, 16
"""Connections kept open, and how many more are opened while all of those are in use."""

_SESSION = {
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    "tcp_keepalives_idle": "10",  # the server forgets a dead machine, and its locks, within half a minute
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
_SOCKET = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": int(ANSWER_SECONDS * 1000),
}
_OVERTAKEN = ("40001", "40P01")  # not as if one after the other; a deadlock
_BY_CONSTRAINT = ("23503", "23505")  # a row that is referred to is gone; a key is taken
_READ_ONLY = "25006"
_PASSING = ("08", _READ_ONLY, "25P03", "53", "55P03", "57", "58")
"""SQLSTATEs, or how they begin: connection lost, server read-only, idle for too long, resources, lock not had in
time, stopped by an operator or a time limit, I/O."""


class PostgresDatabase:
    def __init__(self, url: URL, schema: str, tables: Tables, one_writer: bool) -> None:
        self.name = f"the store {schema!r} on {url.host}:{url.port or 5432} (VIVIER_POSTGRES)"
        self._schema = schema
        self._tables = tables
        self._one_writer = one_writer
        self._ready = False
        isolation = "READ COMMITTED" if one_writer else "REPEATABLE READ"
        pool = {"pool_size": CONNECTIONS, "max_overflow": MORE_CONNECTIONS, "pool_timeout": LOCK_SECONDS}
        self._writer = _engine(url, schema, isolation_level=isolation, **pool)
        self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._migrator = _engine(url, schema, isolation_level="READ COMMITTED", poolclass=NullPool)

    def migrate(self) -> None:
        with self._passing_faults(), self._migrator.begin() as connection:
            if not self._tables.are_current(connection):
                self._bring_up_to_date(connection)
        self._ready = True

    def _bring_up_to_date(self, connection: Connection) -> None:
        connection.connection.driver_connection.patience = None  # type: ignore[union-attr]
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        self._lock(connection, "migrations")
        if not connection.dialect.has_schema(connection, self._schema):
            connection.execute(CreateSchema(self._schema))
        self._tables.bring_up_to_date(connection, self.name)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with self._passing_faults(), self._begin(self._writer) as connection:
            if self._one_writer:
                self._lock(connection, "writer")
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._passing_faults(writes=False), self._begin(self._reader) as connection:
            yield connection

    @contextmanager
    def only_one(self, name: str) -> Iterator[Callable[[], bool]]:
        with self._passing_faults():
            holder = self._writer.connect().execution_options(isolation_level="AUTOCOMMIT")
        lock = self._number(name)
        alone = False

        def still() -> bool:
            nonlocal alone
            alone = alone and _answers(holder, select(1))
            return alone

        try:
            with self._passing_faults():
                alone = holder.execute(select(func.pg_try_advisory_lock(lock))).scalar_one()
            if alone:
                _answers(holder, _ends_when_idle(f"{IDLE_SECONDS}s"))
            yield still
        finally:
            if alone and not _answers(holder, _ends_when_idle("0").add_columns(func.pg_advisory_unlock(lock))):
                holder.invalidate()
            holder.close()

    def checkpoint_truncate(self) -> bool:
        return True

    def close(self) -> None:
        self._writer.dispose()

    def _begin(self, engine: Engine) -> AbstractContextManager[Connection]:
        if not self._ready:
            raise RetryLater(f"{self.name} was not opened yet")
        return engine.begin()

    def _lock(self, connection: Connection, name: str) -> None:
        """Until the end of the transaction."""
        connection.execute(select(func.pg_advisory_xact_lock(self._number(name))))

    def _number(self, name: str) -> int:
        """What stands for a name among the locks of the whole database."""
        return int.from_bytes(blake2b(f"{self._schema}/{name}".encode(), digest_size=8).digest(), signed=True)

    @contextmanager
    def _passing_faults(self, writes: bool = True) -> Iterator[None]:
        try:
            yield
        except NoneFree as error:
            raise RetryLater(f"{self.name}: all connections are in use") from error
        except DBAPIError as error:
            known = self._known(error)
            if known is None or (_state(error) == _READ_ONLY and not writes):
                raise
            raise known from error

    def _known(self, error: DBAPIError) -> RetryLater | None:
        """What the receiver should do about it; None: it is a bug."""
        state = _state(error)
        words = f"{self.name}: {' '.join(str(error.orig).split())}"
        if state is None:
            return RetryLater(words) if isinstance(error, OperationalError) else None
        if state in _OVERTAKEN + _BY_CONSTRAINT:
            return Conflict(words, by_constraint=state in _BY_CONSTRAINT)
        return RetryLater(words) if state.startswith(_PASSING) else None


class _Impatient(psycopg.Connection[Any]):
    """Closes a connection whose server does not answer within `patience` seconds."""

    patience: float | None = ANSWER_SECONDS

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        asked = time.monotonic()
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.Error as error:
            if error.sqlstate:
                error.args = (error.diag.message_primary,)  # the details quote a row, and errors go into logs
                raise
            if self.patience is None or time.monotonic() - asked < self.patience:
                raise
            self.pgconn.finish()
            raise psycopg.OperationalError("the server does not answer any more") from error


def _engine(url: URL, schema: str, **options: Any) -> Engine:
    session = {"search_path": schema, **_SESSION}
    settings = " ".join(f"-c {name}={value}" for name, value in session.items())
    arguments = {
        **{name: value for name, value in _SOCKET.items() if name not in url.query},
        "options": f"{url.query.get('options', '')} {settings}".strip(),
        "application_name": f"vivier {schema}",
    }
    engine = create_engine(url, connect_args=arguments, hide_parameters=True, use_native_hstore=False, **options)

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Dialect, _record: object, args: Any, more: Any) -> _Impatient:
        return _Impatient.connect(*args, **more)

    return engine


def _ends_when_idle(after: str) -> Select[Any]:
    return select(func.set_config("idle_session_timeout", after, False))


def _answers(holder: Connection, question: Select[Any]) -> bool:
    try:
        holder.execute(question)
    except DBAPIError:
        return False
    return True


def _state(error: DBAPIError) -> str | None:
    """Its SQLSTATE; None where the server could not be heard."""
    return error.orig.sqlstate if isinstance(error.orig, psycopg.Error) else None
