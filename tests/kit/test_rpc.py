"""Calls between services: the secret, the deadline, the caller, and the mapping of errors."""

import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from harness import OPERATOR, SECRET
from vivier.common.v1 import operations_pb2 as pb
from vivier.common.v1 import operations_pb2_grpc

from services.kit.auth import Caller, Role
from services.kit.errors import Conflict, Kind, Refused, RetryLater, Violation
from services.kit.rpc.client import Neighbour, metadata
from services.kit.rpc.server import THREADS, TRIES, Call, Server

CONTRACT = pb.DESCRIPTOR.services_by_name["OperationsService"]
WORDS = "a secret of somebody"
overtaken: list[str] = []


def status(call: Call, _: Any) -> pb.GetStatusResponse:
    return pb.GetStatusResponse(service=f"{call.caller.role} {call.caller.subject}")


def drop(_: Call, request: pb.DropDeadLetterRequest) -> pb.DropDeadLetterResponse:
    """Fails as its id says."""
    if request.id == "bug":
        raise ValueError(WORDS)
    if request.id.startswith("overtaken"):
        overtaken.append(request.id)
        if len(overtaken) <= int(request.id.rpartition(" ")[2]):
            raise Conflict("somebody was quicker")
        return pb.DropDeadLetterResponse()
    if request.id == "later":
        raise RetryLater("the store is busy")
    kind = Kind(request.id)
    raise Refused(
        kind, "WHY", "because", [Violation("a.b", "WRONG", "is wrong")] if kind is Kind.INVALID else (), x="1"
    )


@pytest.fixture
def server() -> Iterator[Server]:
    nothing = {m.name: status for m in CONTRACT.methods}
    made = Server("127.0.0.1:0", SECRET, [(CONTRACT, nothing | {"DropDeadLetter": drop})])
    made.start()
    made.set_ready(True)
    yield made
    made.stop(0)


@pytest.fixture
def channel(server: Server) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.address) as opened:
        yield opened


def code(call: Any, request: Any, **more: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.RpcError) as error:
        call(request, **more)
    return error.value.code()


def test_a_caller_with_any_characters_is_transmitted_unchanged(server: Server) -> None:
    neighbour = Neighbour(server.address, SECRET)
    stub = operations_pb2_grpc.OperationsServiceStub(neighbour.channel)
    answer = neighbour.ask(stub.GetStatus, pb.GetStatusRequest(), Caller(Role.PERSON, "Inès | a", "x"))
    assert answer.service == "person Inès | a"


@pytest.mark.parametrize("shown", [[], [("vivier-secret", "wrong")], [("vivier-secret", "")]])
def test_a_call_without_the_secret_is_refused(channel: grpc.Channel, shown: list[tuple[str, str]]) -> None:
    stub = operations_pb2_grpc.OperationsServiceStub(channel)
    given = {"metadata": [*shown, metadata(OPERATOR, "")[1]], "timeout": 5}
    assert code(stub.GetStatus, pb.GetStatusRequest(), **given) is grpc.StatusCode.UNAUTHENTICATED


def test_health_checks_need_no_secret(channel: grpc.Channel) -> None:
    answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_idle_streams_without_the_secret_occupy_no_thread(server: Server, channel: grpc.Channel) -> None:
    never = threading.Event()

    def idle() -> Iterator[reflection_pb2.ServerReflectionRequest]:
        never.wait(30)
        yield from ()

    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    strangers = [stub.ServerReflectionInfo(idle()) for _ in range(THREADS + 4)]
    neighbour = Neighbour(server.address, SECRET)
    ask = operations_pb2_grpc.OperationsServiceStub(neighbour.channel).GetStatus
    assert neighbour.ask(ask, pb.GetStatusRequest(), OPERATOR, 5).service == "operator operator"
    assert all(stranger.code() is grpc.StatusCode.UNAUTHENTICATED for stranger in strangers)
    never.set()


def test_a_call_without_deadline_or_caller_is_refused(channel: grpc.Channel) -> None:
    stub = operations_pb2_grpc.OperationsServiceStub(channel)
    shown = metadata(OPERATOR, SECRET)
    assert code(stub.GetStatus, pb.GetStatusRequest(), metadata=shown) is grpc.StatusCode.INVALID_ARGUMENT
    given = {"metadata": shown[:1], "timeout": 5}
    assert code(stub.GetStatus, pb.GetStatusRequest(), **given) is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize(("times", "seconds", "tried"), [(2, 5.0, {3}), (9, 5.0, {TRIES}), (9, 0.04, {0, 1})])
def test_a_conflict_is_retried_while_there_is_time(server: Server, times: int, seconds: float, tried: set[int]) -> None:
    overtaken.clear()
    neighbour = Neighbour(server.address, SECRET)
    stub = operations_pb2_grpc.OperationsServiceStub(neighbour.channel)
    request = pb.DropDeadLetterRequest(id=f"overtaken {times}")
    if times < TRIES:
        neighbour.ask(stub.DropDeadLetter, request, OPERATOR, seconds)
    else:
        with pytest.raises(RetryLater):
            neighbour.ask(stub.DropDeadLetter, request, OPERATOR, seconds)
    server.stop(1)
    assert len(overtaken) in tried


@pytest.mark.parametrize("kind", list(Kind))
def test_a_refusal_comes_back_as_it_was(server: Server, kind: Kind) -> None:
    neighbour = Neighbour(server.address, SECRET)
    stub = operations_pb2_grpc.OperationsServiceStub(neighbour.channel)
    with pytest.raises(Refused) as refused:
        neighbour.ask(stub.DropDeadLetter, pb.DropDeadLetterRequest(id=kind.value), OPERATOR)
    error = refused.value
    assert (error.kind, error.reason, error.message, error.facts) == (kind, "WHY", "because", {"x": "1"})
    assert [v.path for v in error.violations] == (["a.b"] if kind is Kind.INVALID else [])


def test_a_passing_fault_has_a_retry_delay_and_a_bug_shows_nothing(server: Server) -> None:
    neighbour = Neighbour(server.address, SECRET)
    stub = operations_pb2_grpc.OperationsServiceStub(neighbour.channel)
    with pytest.raises(RetryLater, match="the store is busy"):
        neighbour.ask(stub.DropDeadLetter, pb.DropDeadLetterRequest(id="later"), OPERATOR)
    with pytest.raises(grpc.RpcError) as error:
        neighbour.ask(stub.DropDeadLetter, pb.DropDeadLetterRequest(id="bug"), OPERATOR)
    assert error.value.code() is grpc.StatusCode.INTERNAL
    assert WORDS not in str(error.value)
    assert "trace" in error.value.details()


def test_a_passing_fault_is_returned_at_once_and_not_retried_by_the_channel() -> None:
    tries: list[Call] = []

    def away(call: Call, _: Any) -> Any:
        tries.append(call)
        raise RetryLater("the index is away")

    server = Server("127.0.0.1:0", SECRET, [(CONTRACT, {m.name: away for m in CONTRACT.methods})])
    server.start()
    neighbour = Neighbour(server.address, SECRET, CONTRACT)
    with pytest.raises(RetryLater, match="the index is away"):
        neighbour.ask(
            operations_pb2_grpc.OperationsServiceStub(neighbour.channel).GetStatus, pb.GetStatusRequest(), OPERATOR
        )
    assert len(tries) == 1
    neighbour.close()
    server.stop(0)


def test_a_table_that_differs_from_the_contract_does_not_start() -> None:
    with pytest.raises(LookupError, match="GetStatus"):
        Server("127.0.0.1:0", SECRET, [(CONTRACT, {})])
