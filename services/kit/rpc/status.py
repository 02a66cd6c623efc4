"""One mapping between our errors and gRPC's, both ways."""

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
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


def refused_status(refusal: Refused) -> Status:
    """The refusal with its reason, its facts and its wrong fields."""
    status = Status(code=CODES[refusal.kind], message=refusal.message)
    _attach(status, ErrorInfo(reason=refusal.reason, domain=DOMAIN, metadata=refusal.facts))
    if refusal.violations:
        fields = [
            BadRequest.FieldViolation(field=v.path, reason=v.reason, description=v.description)
            for v in refusal.violations
        ]
        _attach(status, BadRequest(field_violations=fields))
    return status


def row_refusal(refusal: Refused) -> common.Refusal:
    """Why one row of a batch is refused, while the others stand."""
    violations = [
        common.FieldViolation(path=v.path, reason=v.reason, description=v.description) for v in refusal.violations
    ]
    return common.Refusal(reason=refusal.reason, message=refusal.message, violations=violations)


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
    info, violations = _details(status)
    if info is None or status.code not in KINDS:
        return error
    return Refused(KINDS[status.code], info.reason, status.message, violations, **dict(info.metadata))


def _is_away(error: grpc.RpcError) -> bool:
    code = error.code()
    return code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def _details(status: Status) -> tuple[ErrorInfo | None, list[Violation]]:
    info, violations = None, []
    for detail in status.details:
        if detail.Is(ErrorInfo.DESCRIPTOR):
            info = ErrorInfo()
            detail.Unpack(info)
        elif detail.Is(BadRequest.DESCRIPTOR):
            bad = BadRequest()
            detail.Unpack(bad)
            violations = [Violation(v.field, v.reason, v.description) for v in bad.field_violations]
    return info, violations


def _attach(status: Status, detail: ErrorInfo | BadRequest | RetryInfo) -> None:
    packed = AnyMessage()
    packed.Pack(detail)
    status.details.append(packed)
