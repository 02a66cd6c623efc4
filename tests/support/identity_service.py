"""The real service of clients and tokens, in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import OPERATOR, SECRET, Ask
from vivier.identity.v1 import identity_pb2 as pb
from vivier.identity.v1.identity_pb2_grpc import IdentityServiceStub

from services.identity.app import IdentitySettings, build
from services.kit.adapters import open_log
from services.kit.auth import ANYONE, Caller, Role
from services.kit.clock import Clock, system_clock

NOWHERE = "127.0.0.1:1"
GATEWAY = Caller(Role.SERVICE, "gateway")


@dataclass(frozen=True)
class NewClient:
    client_id: str
    secret: str
    subject: str


class Identity:
    """`identity.ask("CreateClient", request, caller)`; it can be stopped and started again at the same address."""

    def __init__(
        self, home: Path, profile: str = NOWHERE, clock: Clock = system_clock, secret: str = SECRET, **settings: Any
    ) -> None:
        self.home = home
        self.clock = clock
        self.address = "127.0.0.1:0"
        self._settings = {"home": home, "secret": secret, "profile_address": profile, **settings}
        self._secret = secret
        self.start()

    def start(self) -> None:
        settings = IdentitySettings(identity_address=self.address, **self._settings)
        self._log = open_log(settings)
        self._service = build(settings, self._log, self.clock)
        self.address = self._service.address
        self._service.start()
        assert self._service.settled.wait(30)
        assert self._service.trouble() == []
        self.ask = Ask(self.address, IdentityServiceStub, self._secret)

    def stop(self) -> None:
        self.ask.neighbour.close()
        self._service.stop(0.0)
        self._log.close()

    def client(self, role: Role, subject: str | None = None) -> NewClient:
        request = pb.CreateClientRequest(role=f"CLIENT_ROLE_{role.name}", name="a test", subject=subject or "")
        made = self.ask("CreateClient", request, OPERATOR)
        return NewClient(made.client.id, made.secret, made.client.subject)

    def revoke(self, client_id: str) -> None:
        self.ask("RevokeClient", pb.RevokeClientRequest(id=client_id), OPERATOR)

    def token(self, client: NewClient) -> str:
        given = pb.ClientCredentials(client_id=client.client_id, client_secret=client.secret)
        return str(self.ask("IssueToken", pb.IssueTokenRequest(client_credentials=given), ANYONE).access_token)

    def rotate(self) -> str:
        return str(self.ask("RotateKey", pb.RotateKeyRequest(), OPERATOR).kid)

    def keys(self) -> pb.GetKeysResponse:
        answer: pb.GetKeysResponse = self.ask("GetKeys", pb.GetKeysRequest(), GATEWAY)
        return answer


@contextmanager
def identity_at(home: Path, **settings: Any) -> Iterator[Identity]:
    """Started, until the block ends."""
    identity = Identity(home, **settings)
    try:
        yield identity
    finally:
        identity.stop()
