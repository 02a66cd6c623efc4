"""The operator's calls, the same in every service: readiness, lag, dead letters."""

from collections.abc import Callable, Mapping, Sequence

from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import func, select
from vivier.common.v1 import operations_pb2 as pb

from services.kit import deadletters
from services.kit.auth import Role
from services.kit.bus import LogUnavailable
from services.kit.consumer import State, Worker
from services.kit.deadletters import DeadLetter
from services.kit.errors import RetryLater, Unusable, denied, not_found
from services.kit.outbox import Units
from services.kit.pages import cut, decode_token, page_size
from services.kit.relay import Relay
from services.kit.rpc.server import Call, Function

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["OperationsService"]


class Operations:
    """The operator's side of one service."""

    def __init__(
        self,
        name: str,
        units: Units,
        relay: Relay,
        workers: Sequence[Worker],
        counts: Callable[[], Mapping[str, int]],
        needs: Callable[[], object],
    ) -> None:
        self.reasons: list[str] = ["starting"]
        self._name = name
        self._units = units
        self._relay = relay
        self._workers = workers
        self._counts = counts
        self._needs = needs

    def serves(self) -> Mapping[str, Function]:
        return {
            "GetStatus": self._status,
            "ListDeadLetters": self._list,
            "RetryDeadLetter": self._retry,
            "DropDeadLetter": self._drop,
        }

    def trouble(self) -> list[str]:
        """Why the service is not ready; empty when it is."""
        halted = [f"{w.group} is {w.state.value}: {w.reason}" for w in self._workers if w.state is State.HALTED]
        return [*self.reasons, *halted] or self._unavailable()

    def _unavailable(self) -> list[str]:
        """The store, or what `needs` checks, when calls cannot be answered without it."""
        try:
            with self._units.reading() as connection:
                connection.execute(select(1))
            self._needs()
        except (RetryLater, Unusable) as error:
            return [str(error)]
        return []

    def _status(self, call: Call, _: pb.GetStatusRequest) -> pb.GetStatusResponse:
        """As much as is known: an engine that is unavailable becomes a reason, not an error."""
        _operator_only(call)
        reasons = self.trouble()
        status = pb.GetStatusResponse(service=self._name, ready=not reasons, reasons=reasons)
        for fill in (self._fill_workers, self._fill_store):
            try:
                fill(status)
            except (RetryLater, LogUnavailable) as error:
                if str(error) not in status.reasons:
                    status.reasons.append(str(error))
        return status

    def _fill_workers(self, status: pb.GetStatusResponse) -> None:
        for w in self._workers:
            status.workers.add(group=w.group, state=w.state.value, reason=w.reason).lag = w.lag()

    def _fill_store(self, status: pb.GetStatusResponse) -> None:
        lag = self._relay.lag()
        status.outbox_rows, status.outbox_age_seconds = lag.rows, lag.oldest.total_seconds()
        with self._units.reading() as connection:
            count = connection.execute(select(func.count()).select_from(deadletters.DEAD_LETTERS)).scalar_one()
        status.dead_letters = count
        status.counts.update(self._counts())

    def _list(self, call: Call, request: pb.ListDeadLettersRequest) -> pb.ListDeadLettersResponse:
        _operator_only(call)
        size = page_size(request.page_size)
        position = decode_token(request.page_token, str)
        found = deadletters.page(self._units, size + 1, str(position[0]) if position else "")
        page, more = cut(found, size, lambda letter: [letter.id])
        return pb.ListDeadLettersResponse(dead_letters=map(_letter, page), next_page_token=more)

    def _retry(self, call: Call, request: pb.RetryDeadLetterRequest) -> pb.RetryDeadLetterResponse:
        _operator_only(call)
        group = deadletters.get(self._units, request.id).group
        worker = next((w for w in self._workers if w.group == group), None)
        if worker is None:
            raise not_found("dead_letter", request.id)
        deadletters.retry(self._units, worker.listens, request.id)
        return pb.RetryDeadLetterResponse()

    def _drop(self, call: Call, request: pb.DropDeadLetterRequest) -> pb.DropDeadLetterResponse:
        _operator_only(call)
        deadletters.drop(self._units, request.id)
        return pb.DropDeadLetterResponse()


def _operator_only(call: Call) -> None:
    if call.caller.role not in (Role.OPERATOR, Role.SERVICE):
        raise denied("OPERATOR_ONLY", "only an operator may ask this")


def _letter(letter: DeadLetter) -> pb.DeadLetter:
    event = letter.record.event
    at = Timestamp()
    at.FromDatetime(letter.at)
    return pb.DeadLetter(
        id=letter.id,
        group=letter.group,
        topic=event.topic,
        partition=letter.record.partition,
        offset=letter.record.offset,
        key=event.key,
        type=event.type,
        reason=letter.reason,
        at=at,
        size=len(event.payload or b""),
    )
