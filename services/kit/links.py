"""One-time links: a token allows one action, for one purpose, on one subject.

The token is made at the moment of sending and handed to the sender alone. Only its hash is stored, in the service that
owns the subject; so a token is in no event, outbox row, log or metric.
"""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, MetaData, Row, String, Table, delete, select, update

from services.kit.database import Moment, upsert
from services.kit.errors import Kind, Refused

TOKEN_BYTES = 32
_KEY = ("purpose", "subject", "recipient")


@dataclass(frozen=True, slots=True)
class Link:
    """What a token stands for. `subject` and `recipient` are ids, never words about a person."""

    purpose: str
    subject: str
    recipient: str


def hash_of(secret: str) -> bytes:
    """What is kept of a random secret (a token, a browser's, a client's): 32 bytes that do not lead back to it."""
    return sha256(secret.encode()).digest()


class Links:
    """The table `links` of a store, and all that is done with it.

    Refusals: LINK_UNKNOWN (never made, replaced by a later one, or pruned), LINK_EXPIRED, LINK_USED, and
    LINK_OF_ANOTHER_BROWSER.
    """

    def __init__(self, metadata: MetaData) -> None:
        self.table = Table(
            "links",
            metadata,
            *(Column(name, String, primary_key=True) for name in _KEY),
            Column("hash", LargeBinary, nullable=False, unique=True),
            Column("browser", LargeBinary),
            Column("expires_at", Moment, nullable=False, index=True),
            Column("used_at", Moment),
        )

    def mint(
        self, connection: Connection, link: Link, now: datetime, lifetime: timedelta, browser: bytes | None = None
    ) -> str:
        """A token of 43 characters that fit into a URL. An earlier one for the same link is void from here on.

        With `browser`, the hash of a secret that a browser holds, the link works in that browser alone.
        """
        token = secrets.token_urlsafe(TOKEN_BYTES)
        row = {
            **asdict(link),
            "hash": hash_of(token),
            "browser": browser,
            "expires_at": now + lifetime,
            "used_at": None,
        }
        upsert(connection, self.table, row, _KEY)
        return token

    def look(self, connection: Connection, purpose: str, token: str, now: datetime, browser: str = "") -> Link:
        """What the token would do; for a GET, so a reading connection is enough. Raises Refused, as `use` would."""
        found = self._find(connection, purpose, token, browser)
        if found.used_at is not None:
            raise Refused(Kind.CONFLICT, "LINK_USED", "this link has been used")
        if found.expires_at <= now:
            raise Refused(Kind.CONFLICT, "LINK_EXPIRED", "this link has expired")
        return Link(found.purpose, found.subject, found.recipient)

    def use(self, connection: Connection, purpose: str, token: str, now: datetime, browser: str = "") -> Link:
        """As `look`, and take it, in the transaction of what it does.

        Of two at once one gets it; the other comes out as Conflict, and done again as LINK_USED.
        """
        link = self.look(connection, purpose, token, now, browser)
        connection.execute(update(self.table).where(self.table.c.hash == hash_of(token)).values(used_at=now))
        return link

    def _find(self, connection: Connection, purpose: str, token: str, browser: str) -> Row[Any]:
        query = select(self.table).where(self.table.c.hash == hash_of(token), self.table.c.purpose == purpose)
        found = connection.execute(query).one_or_none()
        if found is None:
            raise Refused(Kind.NOT_FOUND, "LINK_UNKNOWN", "no such link: a later one may have taken its place")
        if found.browser is not None and not compare_digest(found.browser, hash_of(browser)):
            raise Refused(Kind.DENIED, "LINK_OF_ANOTHER_BROWSER", "open this link in the browser that asked for it")
        return found

    def prune(self, connection: Connection, before: datetime, limit: int = 1000) -> int:
        """Drop up to `limit` links that expired before; how many went. From then on they are unknown."""
        old = select(self.table.c.hash).where(self.table.c.expires_at < before).limit(limit)
        return connection.execute(delete(self.table).where(self.table.c.hash.in_(old))).rowcount
