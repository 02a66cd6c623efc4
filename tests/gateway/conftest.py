"""The real gateway in a process of its own (asyncio gRPC), before fake upstream services in another (threaded gRPC).

`identity` is no fake: it runs in this process, and asks the fake profile.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from harness import SECRET
from identity_service import Identity, NewClient, identity_at

from services.kit.auth import Role
from services.kit.ids import random_id
from services.referential import open_snapshot

ROOT = Path(__file__).parents[2]
FRESH_SECONDS = 60.0
RUN = """
import logging, sys
from services.gateway.app import SETTINGS, run
from services.kit import telemetry
logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
telemetry.setup("gateway", "")
run(SETTINGS(), lambda address: print(address, flush=True))
"""


class Fakes:
    """The fake upstream services; see `fakes.py` for what they can be told."""

    def __init__(self) -> None:
        skills = ",".join(code for code, _ in zip(open_snapshot(None).skill_codes(), range(2), strict=False))
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "fakes.py"), SECRET, skills],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._turn = threading.Lock()
        self.addresses: dict[str, str] = json.loads(self._line())

    def do(self, order: str, **more: Any) -> Any:
        with self._turn:
            assert self.process.stdin is not None
            self.process.stdin.write(json.dumps({"do": order, **more}) + "\n")
            self.process.stdin.flush()
            return json.loads(self._line())

    def calls(self) -> list[str]:
        return [each["call"] for each in self.do("calls")]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


class Gateway:
    """A running gateway and ways to ask it. One that is given an address may not be ready yet."""

    def __init__(self, home: Path, identity: Identity, addresses: dict[str, str], **settings: str) -> None:
        self.identity = identity
        addresses = addresses | {"identity": identity.address}
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "VIVIER_HOME": str(home), "VIVIER_SECRET": SECRET}
        environment |= {f"VIVIER_{name.upper()}_ADDRESS": address for name, address in addresses.items()}
        environment |= {"VIVIER_GATEWAY_ADDRESS": "127.0.0.1:0", **settings}
        self.log = (home / f"gateway-{random_id()}.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        assert self.process.stdout is not None
        address = settings.get("VIVIER_GATEWAY_ADDRESS") or self.process.stdout.readline().strip()
        assert address, self.logged()
        self.http = httpx.Client(base_url=f"http://{address}", timeout=15)
        self._clients: dict[tuple[Role, str | None], NewClient] = {}
        self._tokens: dict[tuple[Role, str | None], tuple[float, str]] = {}

    def logged(self) -> str:
        self.log.seek(0)
        return self.log.read()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.http.close()
        self.log.close()

    def token_of(self, client: NewClient) -> str:
        form = {"grant_type": "client_credentials"}
        answer = self.http.post("/oauth/token", data=form, auth=(client.client_id, client.secret))
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    def token(self, role: Role, subject: str | None = None) -> str:
        who = role, subject
        if who not in self._clients:
            self._clients[who] = self.identity.client(role, subject)
        until, token = self._tokens.get(who, (0.0, ""))
        if time.monotonic() > until:
            token = self.token_of(self._clients[who])
            self._tokens[who] = time.monotonic() + FRESH_SECONDS, token
        return token

    def post(
        self, query: str, token: str = "", variables: dict[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return self.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)

    def query(self, query: str, token: str = "", variables: dict[str, Any] | None = None, **headers: str) -> Any:
        """The data; the test fails when there are errors."""
        answer = self.post(query, token, variables, **headers)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert "errors" not in body, body
        return body["data"]


@pytest.fixture(scope="session")
def all_fakes() -> Iterator[Fakes]:
    fakes = Fakes()
    yield fakes
    fakes.close()


@pytest.fixture
def fakes(all_fakes: Fakes) -> Fakes:
    all_fakes.do("reset")
    return all_fakes


@pytest.fixture(scope="session")
def gateway(all_fakes: Fakes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    home = tmp_path_factory.mktemp("gateway")
    with identity_at(home, profile=all_fakes.addresses["profile"]) as identity:
        running = Gateway(home, identity, all_fakes.addresses)
        yield running
        running.close()


@pytest.fixture
def identity(all_fakes: Fakes, tmp_path: Path) -> Iterator[Identity]:
    """One's own, for gateways of one's own."""
    with identity_at(tmp_path, profile=all_fakes.addresses["profile"]) as running:
        yield running


@pytest.fixture
def gateway_with(all_fakes: Fakes, identity: Identity, tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Starts a gateway of one's own with these settings; all of them stand before one `identity`."""
    with ExitStack() as stack:

        def start(**settings: str) -> Gateway:
            running = Gateway(tmp_path, identity, all_fakes.addresses, **settings)
            stack.callback(running.close)
            return running

        yield start


@pytest.fixture
def quick_gateway(gateway_with: Callable[..., Gateway]) -> Gateway:
    """With half a second for each request."""
    return gateway_with(VIVIER_GATEWAY_SECONDS="0.5")
