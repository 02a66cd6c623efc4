"""`vivier health`: whether one process is ready, for the health check of its container."""

from typing import Annotated, Any

import typer

from services.cli.common import fail

SECONDS = 3.0


def health(
    address: Annotated[
        str, typer.Argument(help="host:port of a service, or http://host:port of the gateway.", show_default=False)
    ],
) -> None:
    """Whether the process at this address is ready. Ends with 0 only when it is."""
    trouble = _of_gateway(address) if address.startswith("http://") else _of_service(address)
    if trouble:
        raise fail(f"not ready: {trouble}")
    typer.echo("ready")


def _of_gateway(url: str) -> str:
    """Empty when it is ready."""
    from services.cli.api import Api, ApiError

    try:
        status, body = Api(url, "", "").get("/readyz")
    except ApiError as error:
        return str(error)
    reasons = "; ".join(f"{name} {reason}" for name, reason in body.get("reasons", {}).items())
    return "" if status == 200 else reasons or f"{url} answered {status}"


def _of_service(address: str) -> str:
    """Empty when it is ready."""
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(address) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=SECONDS)
        except grpc.RpcError as error:
            return f"{address} does not answer: {error.code().name}"
    serving = answer.status == health_pb2.HealthCheckResponse.SERVING
    return "" if serving else f"{address} is {health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)}"
