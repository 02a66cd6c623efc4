"""Clients of the services behind the gateway: one asyncio channel each."""

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from vivier.common.v1 import operations_pb2, operations_pb2_grpc

from services.kit.auth import Caller
from services.kit.errors import RetryLater
from services.kit.rpc.client import metadata, options
from services.kit.rpc.status import to_error

_OPERATIONS = operations_pb2.DESCRIPTOR.services_by_name["OperationsService"]


def contract_of(contract: str) -> tuple[ServiceDescriptor, Callable[[Any], Any]]:
    """The descriptor of a gRPC service of this full name, and its stub: `vivier.NAME.v1.…` is in NAME_pb2."""
    package, _, service = contract.rpartition(".")
    module = f"{package}.{package.split('.')[1]}_pb2"
    descriptor = import_module(module).DESCRIPTOR.services_by_name[service]
    return descriptor, getattr(import_module(f"{module}_grpc"), f"{service}Stub")


def method_of(request: Message) -> str:
    """The method that takes this request: `ListOffersRequest` is of ListOffers."""
    return request.DESCRIPTOR.name.removesuffix("Request")


def empty_answer(request: Message) -> Any:
    """The answer to this request with nothing in it."""
    file: Any = request.DESCRIPTOR.file
    return GetMessageClass(file.message_types_by_name[f"{method_of(request)}Response"])()


class Upstream:
    """One service, and the full name of its contract. Make it while the event loop runs."""

    def __init__(self, name: str, contract_name: str, address: str, secret: str) -> None:
        self.name = name
        contract, stub = contract_of(contract_name)
        self._secret = secret
        self._channel = grpc.aio.insecure_channel(address, options(contract, _OPERATIONS))
        self._stubs = (stub(self._channel), operations_pb2_grpc.OperationsServiceStub(self._channel))
        self._health: Any = health_pb2_grpc.HealthStub(self._channel)
        self._methods: dict[str, Callable[..., Any]] = {}

    async def call(self, request: Message, caller: Caller, until: float) -> Any:
        """The answer; `until` is a moment of `time.monotonic`. Refusals come back as `Refused`."""
        seconds = until - time.monotonic()
        if seconds <= 0:
            raise RetryLater("no time is left for this request")
        try:
            return await self._method(request)(request, timeout=seconds, metadata=metadata(caller, self._secret))
        except grpc.aio.AioRpcError as error:
            raise to_error(error) from error

    def stream(self, request: Message, caller: Caller) -> Any:
        """An open stream of answers, without a deadline."""
        return self._method(request)(request, metadata=metadata(caller, self._secret))

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

    def _method(self, request: Message) -> Callable[..., Any]:
        name = method_of(request)
        if name not in self._methods:
            self._methods[name] = next(getattr(stub, name) for stub in self._stubs if hasattr(stub, name))
        return self._methods[name]
