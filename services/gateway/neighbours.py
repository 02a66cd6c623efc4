"""The services behind the gateway: one asyncio channel each, and one way to ask."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from vivier.common.v1 import operations_pb2, operations_pb2_grpc
from vivier.matching.v1 import matching_pb2, matching_pb2_grpc
from vivier.notifications.v1 import notifications_pb2, notifications_pb2_grpc
from vivier.offers.v1 import offers_pb2, offers_pb2_grpc
from vivier.profile.v1 import profile_pb2, profile_pb2_grpc

from services.kit.auth import Caller
from services.kit.errors import RetryLater
from services.kit.rpc.client import metadata, options
from services.kit.rpc.status import to_error

_CONTRACTS: Mapping[str, tuple[Any, Callable[[Any], Any]]] = {
    "profile": (profile_pb2.DESCRIPTOR.services_by_name["ProfileService"], profile_pb2_grpc.ProfileServiceStub),
    "offers": (offers_pb2.DESCRIPTOR.services_by_name["OffersService"], offers_pb2_grpc.OffersServiceStub),
    "matching": (matching_pb2.DESCRIPTOR.services_by_name["MatchingService"], matching_pb2_grpc.MatchingServiceStub),
    "notifications": (
        notifications_pb2.DESCRIPTOR.services_by_name["NotificationsService"],
        notifications_pb2_grpc.NotificationsServiceStub,
    ),
}
NAMES = tuple(_CONTRACTS)
_OPERATIONS = operations_pb2.DESCRIPTOR.services_by_name["OperationsService"]


class Neighbour:
    """One service. Make it while the event loop runs."""

    def __init__(self, name: str, address: str, secret: str) -> None:
        self.name = name
        contract, stub = _CONTRACTS[name]
        self._secret = secret
        self._channel = grpc.aio.insecure_channel(address, options(contract, _OPERATIONS))
        self._stubs = (stub(self._channel), operations_pb2_grpc.OperationsServiceStub(self._channel))
        self._health: Any = health_pb2_grpc.HealthStub(self._channel)
        self._methods: dict[str, Callable[..., Any]] = {}

    async def ask(self, method: str, request: Message, caller: Caller, until: float) -> Any:
        """The answer; `until` is a moment of `time.monotonic`. Refusals come back as `Refused`."""
        seconds = until - time.monotonic()
        if seconds <= 0:
            raise RetryLater("no time is left for this request")
        try:
            return await self._method(method)(request, timeout=seconds, metadata=metadata(caller, self._secret))
        except grpc.aio.AioRpcError as error:
            raise to_error(error) from error

    def stream(self, method: str, request: Message, caller: Caller) -> Any:
        """An open stream of answers, without a deadline."""
        return self._method(method)(request, metadata=metadata(caller, self._secret))

    async def trouble(self, seconds: float) -> str:
        """Why it cannot serve now; empty when it can."""
        try:
            answer = await self._health.Check(health_pb2.HealthCheckRequest(), timeout=seconds)
        except grpc.aio.AioRpcError as error:
            return f"does not answer: {error.code().name}"
        serving = answer.status == health_pb2.HealthCheckResponse.SERVING
        return "" if serving else f"is {health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)}"

    async def close(self) -> None:
        await self._channel.close()

    def _method(self, name: str) -> Callable[..., Any]:
        if name not in self._methods:
            self._methods[name] = next(getattr(stub, name) for stub in self._stubs if hasattr(stub, name))
        return self._methods[name]
