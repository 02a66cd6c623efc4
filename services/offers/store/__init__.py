"""All SQL of the service. Offers and courses are kept alike, each on its own `Shelf`."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import orjson
from sqlalchemy import Connection, Row, Select, Table, and_, delete, func, or_, select

from services.kit.database import upsert
from services.offers.domain.course import Course
from services.offers.domain.offer import Offer
from services.offers.domain.organisation import Organisation, Owner
from services.offers.domain.posting import Posting
from services.offers.domain.values import OPEN, State
from services.offers.store.documents import course_content, green, offer_content, profile
from services.offers.store.tables import COURSES_TABLE, METADATA, MIGRATIONS, OFFERS_TABLE, ORGANISATIONS, RETELLINGS

__all__ = ["COURSES", "METADATA", "MIGRATIONS", "OFFERS", "Shelf"]
P = TypeVar("P", bound=Posting[Any])


@dataclass(frozen=True, slots=True)
class Shelf(Generic[P]):
    """Where postings of one kind are kept."""

    table: Table
    make: type[P]
    content: Callable[[dict[str, Any]], Any]

    def posting(self, row: Row[Any]) -> P:
        document = orjson.loads(row.document)
        return self.make(
            id=row.id,
            owner=Owner(row.organisation_id, row.name, bool(row.siret)),
            content=self.content(document["content"]),
            green=green(document["green"]),
            digest=row.digest,
            created_at=row.created_at,
            state=State(row.state),
            published_at=row.published_at,
            expires_at=row.expires_at,
            version=row.version,
        )

    def select(self) -> Select[Any]:
        owner = ORGANISATIONS.c
        joined = self.table.join(ORGANISATIONS, owner.id == self.table.c.organisation_id)
        return select(self.table, owner.name, owner.siret).select_from(joined)


OFFERS = Shelf(OFFERS_TABLE, Offer, offer_content)
COURSES = Shelf(COURSES_TABLE, Course, course_content)


# -- organisations


def save_organisation(connection: Connection, organisation: Organisation) -> None:
    row = {
        "id": organisation.id,
        "source": organisation.source or None,
        "external_id": organisation.external_id or None,
        "name": organisation.profile.name,
        "siret": organisation.profile.siret,
        "version": organisation.version,
        "document": orjson.dumps(organisation.profile).decode(),
    }
    upsert(connection, ORGANISATIONS, row, ["id"])


def organisations(connection: Connection, ids: Collection[str]) -> dict[str, Organisation]:
    rows = connection.execute(select(ORGANISATIONS).where(ORGANISATIONS.c.id.in_(ids)))
    return {row.id: _organisation(row) for row in rows}


def organisation_of_feed(connection: Connection, source: str, external_id: str) -> Organisation | None:
    c = ORGANISATIONS.c
    row = connection.execute(select(ORGANISATIONS).where(c.source == source, c.external_id == external_id)).first()
    return None if row is None else _organisation(row)


def has_siret_of_another(connection: Connection, organisation: Organisation) -> bool:
    """Does another that writes itself have the same SIRET?"""
    c = ORGANISATIONS.c
    same = select(c.id).where(c.siret == organisation.profile.siret, c.source.is_(None), c.id != organisation.id)
    return connection.execute(same.limit(1)).first() is not None


def page_of_organisations(connection: Connection, after: str, limit: int) -> list[Organisation]:
    query = select(ORGANISATIONS).where(ORGANISATIONS.c.id > after).order_by(ORGANISATIONS.c.id).limit(limit)
    return [_organisation(row) for row in connection.execute(query)]


def hold_owners(connection: Connection, ids: Collection[str]) -> None:
    """They stay as they were read until this transaction ends, so what is told of postings names them rightly."""
    query = select(ORGANISATIONS.c.id).where(ORGANISATIONS.c.id.in_(ids)).order_by(ORGANISATIONS.c.id)
    connection.execute(query.with_for_update(read=True))


def owners(connection: Connection, ids: Collection[str]) -> dict[str, Owner]:
    c = ORGANISATIONS.c
    rows = connection.execute(select(c.id, c.name, c.siret).where(c.id.in_(ids)))
    return {row.id: Owner(row.id, row.name, bool(row.siret)) for row in rows}


# -- offers and courses


def save(connection: Connection, shelf: Shelf[P], postings: Iterable[P]) -> None:
    upsert(connection, shelf.table, [_row(posting) for posting in postings], ["id"])


def by_ids(connection: Connection, shelf: Shelf[P], ids: Collection[str]) -> dict[str, P]:
    rows = connection.execute(shelf.select().where(shelf.table.c.id.in_(ids)))
    return {row.id: shelf.posting(row) for row in rows}


def by_external_ids(
    connection: Connection, shelf: Shelf[P], organisation_ids: Collection[str], external_ids: Collection[str]
) -> list[P]:
    """Those of these organisations under these names, whoever uses which."""
    c = shelf.table.c
    query = shelf.select().where(c.organisation_id.in_(organisation_ids), c.external_id.in_(external_ids))
    return [shelf.posting(row) for row in connection.execute(query)]


def page(
    connection: Connection,
    shelf: Shelf[P],
    organisation_id: str,
    states: Collection[State],
    before: tuple[datetime, str] | None,
    limit: int,
) -> list[P]:
    """The newest first, from before that position on."""
    c = shelf.table.c
    query = shelf.select().where(c.organisation_id == organisation_id)
    if states:
        query = query.where(c.state.in_(states))
    if before is not None:
        created_at, last = before
        query = query.where(or_(c.created_at < created_at, and_(c.created_at == created_at, c.id < last)))
    query = query.order_by(c.created_at.desc(), c.id.desc()).limit(limit)
    return [shelf.posting(row) for row in connection.execute(query)]


def due(connection: Connection, shelf: Shelf[P], now: datetime, limit: int) -> list[P]:
    """Open ones whose end has come."""
    c = shelf.table.c
    query = shelf.select().where(c.state.in_(OPEN), c.expires_at <= now).limit(limit)
    return [shelf.posting(row) for row in connection.execute(query)]


def counts(connection: Connection) -> dict[str, int]:
    """Rows by kind and state, for operations."""
    found = {"organisations": connection.execute(select(func.count()).select_from(ORGANISATIONS)).scalar_one()}
    for shelf in (OFFERS, COURSES):
        c = shelf.table.c
        for state, number in connection.execute(select(c.state, func.count()).group_by(c.state)):
            found[f"{shelf.table.name} {state}"] = number
    return found


# -- telling again


def queue_retelling(connection: Connection, organisation_id: str) -> None:
    """From the start, also where one was under way."""
    rows = [{"organisation_id": organisation_id, "shelf": shelf.table.name, "after": ""} for shelf in (OFFERS, COURSES)]
    upsert(connection, RETELLINGS, rows, ["organisation_id", "shelf"])


def next_retelling(connection: Connection, shelf: Shelf[Any], limit: int) -> list[Any]:
    """The next open postings to be told again; after the last batch the organisation is done."""
    where = RETELLINGS.c.shelf == shelf.table.name
    todo = connection.execute(select(RETELLINGS).where(where).order_by(RETELLINGS.c.organisation_id).limit(1)).first()
    if todo is None:
        return []
    c = shelf.table.c
    query = shelf.select().where(
        c.organisation_id == todo.organisation_id, c.external_id > todo.after, c.state.in_(OPEN)
    )
    found = [shelf.posting(row) for row in connection.execute(query.order_by(c.external_id).limit(limit))]
    where = and_(where, RETELLINGS.c.organisation_id == todo.organisation_id)
    if len(found) < limit:
        connection.execute(delete(RETELLINGS).where(where))
    else:
        connection.execute(RETELLINGS.update().where(where).values(after=found[-1].content.external_id))
    return found


# -- rows


def _organisation(row: Row[Any]) -> Organisation:
    said = profile(orjson.loads(row.document))
    return Organisation(row.id, row.source or "", row.external_id or "", said, row.version)


def _row(posting: Posting[Any]) -> dict[str, Any]:
    document = orjson.dumps({"content": posting.content, "green": posting.green})
    return {
        "id": posting.id,
        "organisation_id": posting.owner.id,
        "external_id": posting.content.external_id,
        "state": posting.state,
        "created_at": posting.created_at,
        "published_at": posting.published_at,
        "expires_at": posting.expires_at,
        "version": posting.version,
        "digest": posting.digest,
        "document": document.decode(),
    }
