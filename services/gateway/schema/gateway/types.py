"""The state of the services and their dead letters, as operators read them."""

from datetime import datetime

import strawberry

from services.gateway.schema.convert import FromProto


@strawberry.type
class WorkerStatus(FromProto):
    group: str
    state: str
    lag: int
    reason: str | None


@strawberry.type
class Count:
    name: str
    count: int


@strawberry.type
class ServiceStatus(FromProto):
    service: str
    ready: bool
    reasons: list[str]
    outbox_rows: int
    outbox_age_seconds: float
    workers: list[WorkerStatus]
    counts: list[Count]
    dead_letters: int


@strawberry.type(description="A record that could never be handled.")
class DeadLetter(FromProto):
    id: strawberry.ID
    group: str
    topic: str
    partition: int
    offset: str
    key: str
    type: str
    reason: str
    at: datetime | None
    size: int
