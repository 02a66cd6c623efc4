"""Channels to neighbours, for threads and for asyncio: the same settings, one place that retries.

Only calls that change nothing are retried by the channel (their names begin with Get, BatchGet, List, Search or
Explain). A write is repeated by whoever made it, with the same `request_id`.
"""

import json
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor

from services.kit import telemetry
from services.kit.auth import Caller, to_metadata
from services.kit.rpc.server import MAX_MESSAGE_BYTES, SECRET_KEY
from services.kit.rpc.status import to_error

READS = ("Get", "BatchGet", "List", "Search", "Explain")
SECONDS = 5.0
"""The deadline of a call whose caller has none of their own."""


def options(*descriptors: ServiceDescriptor) -> list[tuple[str, Any]]:
    """Channel options: retries of reads, message size, quick reconnection."""
    reads = [
        {"service": service.full_name, "method": method.name}
        for service in descriptors
        for method in service.methods
        if method.name.startswith(READS)
    ]
    policy = {
        "maxAttempts": 4,
        "initialBackoff": "0.1s",
        "maxBackoff": "1s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    return [
        ("grpc.service_config", json.dumps({"methodConfig": [{"name": reads, "retryPolicy": policy}]})),
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 1000),
    ]


def metadata(caller: Caller, secret: str) -> list[tuple[str, str]]:
    """What every call carries: the internal secret, the caller, the trace."""
    return [(SECRET_KEY, secret), to_metadata(caller), *telemetry.outgoing_headers().items()]


class Neighbour:
    """A neighbour asked from a thread. `ask(stub.GetOffer, request, caller)`; refusals come back as `Refused`."""

    def __init__(self, address: str, secret: str, *descriptors: ServiceDescriptor) -> None:
        self.channel = grpc.insecure_channel(address, options(*descriptors))
        self._secret = secret

    def ask(self, method: Callable[..., Any], request: Any, caller: Caller, seconds: float = SECONDS) -> Any:
        try:
            return method(request, timeout=seconds, metadata=metadata(caller, self._secret))
        except grpc.RpcError as error:
            raise to_error(error) from error

    def close(self) -> None:
        self.channel.close()
