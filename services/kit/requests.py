"""Writes carry a `request_id`: repeating one is harmless, and using it for something else is refused.

A repeat changes nothing, even after a newer change: it is answered with the present state. New identifiers are derived
from the request, so the answer need not be kept, only a keyed hash of the request.
"""

import hmac
from datetime import datetime, timedelta
from hashlib import blake2b

from google.protobuf.message import Message
from sqlalchemy import Column, Connection, Index, LargeBinary, String, Table, delete, insert, select

from services.kit.auth import Caller
from services.kit.database import KIT, Moment
from services.kit.errors import Kind, Refused, Violation, invalid
from services.kit.ids import Ids

KEPT = timedelta(days=7)
MAX_LENGTH = 100

REQUESTS = Table(
    "requests",
    KIT,
    Column("caller", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False),
    Index("requests_at", "at"),
)


def claim(connection: Connection, caller: Caller, request: Message, now: datetime) -> bool:
    """Remember this request. False when it was carried out before: then nothing may be changed again.

    Refused with REQUEST_ID_REUSED when its id stood for another body. A request without id is always new.
    """
    request_id: str = request.request_id  # type: ignore[attr-defined]
    if not request_id:
        return True
    if len(request_id) > MAX_LENGTH:
        raise invalid([Violation("request_id", "TOO_LONG", "at most {most} characters", {"most": str(MAX_LENGTH)})])
    who, body = f"{caller.role}/{caller.subject}", _digest(request)
    query = select(REQUESTS.c.body).where(REQUESTS.c.caller == who, REQUESTS.c.id == request_id)
    known = connection.execute(query).scalar_one_or_none()
    if known is None:
        connection.execute(insert(REQUESTS), {"caller": who, "id": request_id, "body": body, "at": now})
    elif not hmac.compare_digest(known, body):
        raise Refused(Kind.EXISTS, "REQUEST_ID_REUSED", "this {field} was used for something else", field="request_id")
    return known is None


def ids_of(caller: Caller, request: Message, ids: Ids) -> Ids:
    """Identifiers for what this request creates: the same at every repeat, random when it has no id.

    They depend on the body too, so that a request id that is reused after its week yields no identifier that exists.
    """
    request_id: str = request.request_id  # type: ignore[attr-defined]
    if not request_id:
        return ids
    made = 0
    stem = f"{caller.role}|{caller.subject}|{request_id}|".encode() + _digest(request)

    def derived() -> str:
        nonlocal made
        made += 1
        return blake2b(stem + str(made).encode(), digest_size=16).hexdigest()

    return derived


def _digest(request: Message) -> bytes:
    key: bytes = request.request_id.encode()[:64]  # type: ignore[attr-defined]
    return blake2b(request.SerializeToString(deterministic=True), key=key, digest_size=16).digest()


def prune(connection: Connection, now: datetime) -> int:
    """Forget requests older than a week; how many went."""
    return connection.execute(delete(REQUESTS).where(REQUESTS.c.at < now - KEPT)).rowcount
