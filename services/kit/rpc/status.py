"""One mapping between our errors and gRPC's, both ways."""

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status
from vivier.common.v1 import common_pb2 as common

from services.kit.errors import Kind, Refused, RetryLater, Violation

DOMAIN = "vivier"
RETRY_AFTER_SECONDS = 1
CODES = {
    Kind.INVALID: Code.INVALID_ARGUMENT,
    Kind.NOT_FOUND: Code.NOT_FOUND,
    Kind.CONFLICT: Code.FAILED_PRECONDITION,
    Kind.EXISTS: Code.ALREADY_EXISTS,
    Kind.DENIED: Code.PERMISSION_DENIED,
    Kind.EXHAUSTED: Code.RESOURCE_EXHAUSTED,
}
KINDS = {code: kind for kind, code in CODES.items()}


def refusal_message(refused: Refused) -> common.Refusal:
    """The refusal as a message: of a call, or of one row in an answer."""
    violations = [
        common.FieldViolation(path=v.path, reason=v.reason, description=v.description, facts=v.facts)
        for v in refused.violations
    ]
    return common.Refusal(reason=refused.reason, message=refused.message, violations=violations, facts=refused.facts)


def refused(kind: Kind, message: common.Refusal) -> Refused:
    """The refusal that a message tells of."""
    violations = [Violation(v.path, v.reason, v.description, dict(v.facts)) for v in message.violations]
    return Refused(kind, message.reason, message.message, violations, **dict(message.facts))


def refused_status(error: Refused) -> Status:
    """The refusal with its reason, its facts and its wrong fields."""
    status = plain_status(CODES[error.kind], error.reason, str(error))
    _attach(status, refusal_message(error))
    return status


def retry_status(error: RetryLater) -> Status:
    """A passing fault, with when to come back."""
    status = Status(code=Code.UNAVAILABLE, message=str(error))
    _attach(status, ErrorInfo(reason="RETRY_LATER", domain=DOMAIN))
    _attach(status, RetryInfo(retry_delay=Duration(seconds=RETRY_AFTER_SECONDS)))
    return status


def plain_status(code: int, reason: str, message: str) -> Status:
    """An error of the plumbing itself: no deadline, no credential, a bug."""
    status = Status(code=code, message=message)
    _attach(status, ErrorInfo(reason=reason, domain=DOMAIN))
    return status


def to_error(error: grpc.RpcError) -> Exception:
    """What a neighbour answered, as our own error again; anything unexpected comes back as it is."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    if status is None:
        return RetryLater("a neighbour is away") if _is_away(error) else error
    if status.code == Code.UNAVAILABLE:
        return RetryLater(status.message)
    told = common.Refusal()
    if status.code not in KINDS or not any(detail.Unpack(told) for detail in status.details):
        return error
    return refused(KINDS[status.code], told)


def _is_away(error: grpc.RpcError) -> bool:
    code = error.code()
    return code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def _attach(status: Status, detail: ErrorInfo | RetryInfo | common.Refusal) -> None:
    packed = AnyMessage()
    packed.Pack(detail)
    status.details.append(packed)
