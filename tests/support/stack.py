"""The whole system in its own processes on a temporary folder or on real engines, asked through its public API."""

import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import installation
from commands import command
from harness import bytes_on_disk

from services.cli.api import Api, ApiError
from services.cli.ports import free_ports
from services.cli.supervisor import Supervisor
from services.kit.adapters import open_log
from services.kit.bus import Log
from services.kit.settings import Settings
from services.registry import SERVICES

START_SECONDS = 90
ONE_EACH = [[entry.name] for entry in SERVICES]
"""A process for each service, as on many machines."""
NONE: Mapping[str, str] = MappingProxyType({})
STATUS = "{ status { service ready reasons outboxRows deadLetters workers { group lag state reason } } }"


class Stack:
    """A running system. `stack.operator.ask(query, variables)`; `stack.client("RECRUITER")` for other roles.

    `settings` name its engines (see `installation.on_engines`); without them all is in the folder.
    """

    def __init__(self, home: Path, settings: Mapping[str, str] = NONE, processes: Sequence[Sequence[str]] = ()) -> None:
        self.home = home
        self.settings = settings
        self.processes = processes
        self.port = free_ports(1)[0]
        self.deaths: list[str] = []
        self.supervisor = self._supervisor()

    def _supervisor(self) -> Supervisor:
        def died(names: str, _: float) -> None:
            self.deaths.append(names)

        return Supervisor(self.home, self.port, lambda *_: None, died, self.processes, self.settings)

    def start(self) -> None:
        self.supervisor.start()
        self.wait_ready()

    def wait_ready(self) -> None:
        assert self.supervisor.wait_ready(START_SECONDS), self.supervisor.failure or "not ready in time"
        self.operator = Api.of_home(self.home)

    def page(self, path: str) -> tuple[int, dict[str, Any]]:
        """A plain page of the gateway: status and JSON. AssertionError while nobody answers."""
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.port}/{path}", timeout=10)
        except httpx.TransportError as error:
            raise AssertionError(str(error)) from error
        return answer.status_code, answer.json()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Everything is down while the block lasts, and up again on the same folder and port after it."""
        self.supervisor.stop()
        yield
        self.supervisor = self._supervisor()
        self.start()

    def restart(self) -> None:
        """Stop everything and start it again on the same folder and port."""
        with self.stopped():
            pass

    def client(self, role: str, subject: str | None = None) -> Api:
        """A new credential of that role, and a client that uses it; `subject` on the client is its id."""
        query = """mutation($input: CreateClientInput!) { createClient(input: $input) {
            ... on ClientCreated { clientId clientSecret subject } ... on Refused { reason message } } }"""
        made = self.operator.ask(query, {"input": {"role": role, "name": f"test {role}", "subject": subject}})
        answer = made["createClient"]
        api = Api(self.operator.url, answer["clientId"], answer["clientSecret"])
        api.subject = answer["subject"]
        return api

    def exchange(self, partner: Api, person_id: str) -> "Bearer":
        """A person's own token, got by the partner that manages them."""
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": partner.token(),
            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "requested_subject": person_id,
        }
        answer = httpx.post(f"{partner.url}/oauth/token", data=form, auth=partner._credential, timeout=10)
        assert answer.status_code == 200, answer.text
        return Bearer(partner.url, answer.json()["access_token"])

    def status(self) -> dict[str, Any]:
        """How every service is, by name."""
        return {each["service"]: each for each in self.operator.ask(STATUS)["status"]}

    def rows(self, store: str, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What stands in a service's store; to read only."""
        if "VIVIER_POSTGRES" in self.settings:
            return installation.rows(self.settings, store, query, *values)
        with closing(sqlite3.connect(f"file:{self.home / store}.db?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(query, values).fetchall()

    def held(self) -> dict[str, bytes]:
        """All that the installation keeps anywhere: files, and tables, topics and indices on its engines."""
        return bytes_on_disk(self.home) | (installation.all_bytes(self.settings) if self.settings else {})

    @contextmanager
    def log(self) -> Iterator[Log]:
        """The event log, as one more service would have it."""
        named = {"home": self.home, "secret": "none", **installation.fields(self.settings)}
        log = open_log(Settings.model_validate(named))
        try:
            yield log
        finally:
            log.close()

    @contextmanager
    def another(self, name: str) -> Iterator["subprocess.Popen[bytes]"]:
        """A second process of this service, on a port of its own; started, until the block ends."""
        environment = {**self.supervisor.environment, f"VIVIER_{name.upper()}_ADDRESS": "127.0.0.1:0"}
        process = subprocess.Popen(command("serve", name), env=environment, stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None
            assert b"ready" in process.stdout.readline()
            yield process
        finally:
            process.kill()
            process.wait()


class Bearer:
    """A client with a ready token."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token
        self._http = httpx.Client(timeout=10)

    def post(self, query: str, variables: dict[str, Any] | None = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"}
        return self._http.post(
            f"{self.url}/graphql", json={"query": query, "variables": variables or {}}, headers=headers
        )

    def ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        body = self.post(query, variables).json()
        assert "errors" not in body, body
        data: dict[str, Any] = body["data"]
        return data

    @contextmanager
    def events(self, after: str | None = None) -> Iterator[Iterator[dict[str, str]]]:
        """The live stream: each event's fields; `after` is the id of the last one that was read.

        Where nothing comes, reading gives up before the gateway's sign of life.
        """
        headers = {"authorization": f"Bearer {self.token}", **({"last-event-id": after} if after else {})}
        with httpx.stream("GET", f"{self.url}/events", headers=headers, timeout=12) as answer:
            assert answer.status_code == 200, answer.status_code
            yield _events(answer.iter_lines())


def _events(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    event: dict[str, str] = {}
    for line in lines:
        if not line and event:
            yield event
            event = {}
        name, _, value = line.partition(": ")
        if name:  # without one it is a comment
            event[name] = value


@contextmanager
def stack(home: Path, settings: Mapping[str, str] = NONE, processes: Sequence[Sequence[str]] = ()) -> Iterator[Stack]:
    """The system, started, until the block ends."""
    with begun(home, settings, processes) as running:
        running.wait_ready()
        yield running


@contextmanager
def begun(home: Path, settings: Mapping[str, str] = NONE, processes: Sequence[Sequence[str]] = ()) -> Iterator[Stack]:
    """The system, on its way up."""
    running = Stack(home, settings, processes)
    running.supervisor.start()
    try:
        yield running
    finally:
        running.supervisor.stop()


@contextmanager
def stack_on(kind: str, home: Path) -> Iterator[Stack]:
    """`embedded`: all in the folder. `engines`: on those that tests share, with a process for each service."""
    if kind == "embedded":
        with stack(home) as running:
            yield running
    else:
        with installation.on_engines() as settings, stack(home, settings, ONE_EACH) as running:
            yield running


def quiet(running: Stack, seconds: float = 30.0) -> None:
    """Wait until every service answers and none has anything left to do, twice in a row.

    It fails when nothing has moved for so many seconds: a busy machine may take as long as it needs.
    """
    until = time.monotonic() + seconds
    still = 0
    busy: object = None
    while still < 2:
        before = busy
        try:
            busy = [each for each in running.status().values() if not _is_idle(each)]
        except ApiError as error:  # the gateway itself may be on its way up
            busy = error
        if isinstance(busy, list) and busy != before:
            until = time.monotonic() + seconds
        still = 0 if busy else still + 1
        assert time.monotonic() < until, f"still busy, and nothing has moved for {seconds} s: {busy}"
        time.sleep(0.05)


def _is_idle(service: dict[str, Any]) -> bool:
    working = any(each["lag"] or each["state"] != "running" for each in service["workers"])
    return bool(service["ready"]) and not service["outboxRows"] and not working
