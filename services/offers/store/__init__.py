"""All SQL of the service. Offers and courses are kept alike, each in its own `PostingTable`."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Row, Select, Table, and_, delete, func, or_, select

from services.kit.database import upsert
from services.kit.documents import decode, encode
from services.offers.domain.course import Course, CourseContent
from services.offers.domain.offer import Offer, OfferContent
from services.offers.domain.organisation import Organisation, Owner, Profile
from services.offers.domain.posting import Posting
from services.offers.domain.values import OPEN, Green, State
from services.offers.store.tables import (
    COURSES_TABLE,
    METADATA,
    MIGRATIONS,
    OFFERS_TABLE,
    ORGANISATIONS,
    REPUBLICATIONS,
)

__all__ = ["COURSES", "METADATA", "MIGRATIONS", "OFFERS", "PostingTable"]
C = TypeVar("C")
P = TypeVar("P", bound=Posting[Any])


@dataclass(frozen=True, slots=True)
class _Document(Generic[C]):
    """What of a posting has no column of its own."""

    content: C
    green: Green


@dataclass(frozen=True, slots=True)
class PostingTable(Generic[P]):
    """Where postings of one kind are kept."""

    table: Table
    make: type[P]
    document: type[_Document[Any]]

    def posting(self, row: Row[Any]) -> P:
        document = decode(row.document, self.document)
        return self.make(
            id=row.id,
            owner=Owner(row.organisation_id, row.name, bool(row.siret)),
            content=document.content,
            green=document.green,
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


OFFERS = PostingTable(OFFERS_TABLE, Offer, _Document[OfferContent])
COURSES = PostingTable(COURSES_TABLE, Course, _Document[CourseContent])


# -- organisations


def save_organisation(connection: Connection, organisation: Organisation) -> None:
    row = {
        "id": organisation.id,
        "source": organisation.source or None,
        "external_id": organisation.external_id or None,
        "name": organisation.profile.name,
        "siret": organisation.profile.siret,
        "version": organisation.version,
        "document": encode(organisation.profile).decode(),
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


def lock_owners(connection: Connection, ids: Collection[str]) -> None:
    """Lock their rows (FOR SHARE) until this transaction ends: what is published names the owner as it is stored."""
    query = select(ORGANISATIONS.c.id).where(ORGANISATIONS.c.id.in_(ids)).order_by(ORGANISATIONS.c.id)
    connection.execute(query.with_for_update(read=True))


def owners(connection: Connection, ids: Collection[str]) -> dict[str, Owner]:
    c = ORGANISATIONS.c
    rows = connection.execute(select(c.id, c.name, c.siret).where(c.id.in_(ids)))
    return {row.id: Owner(row.id, row.name, bool(row.siret)) for row in rows}


# -- offers and courses


def save(connection: Connection, postings: PostingTable[P], rows: Iterable[P]) -> None:
    upsert(connection, postings.table, [_row(posting) for posting in rows], ["id"])


def by_ids(connection: Connection, postings: PostingTable[P], ids: Collection[str]) -> dict[str, P]:
    rows = connection.execute(postings.select().where(postings.table.c.id.in_(ids)))
    return {row.id: postings.posting(row) for row in rows}


def by_external_ids(
    connection: Connection, postings: PostingTable[P], organisation_ids: Collection[str], external_ids: Collection[str]
) -> list[P]:
    """Those of any of these organisations with any of these external ids."""
    c = postings.table.c
    query = postings.select().where(c.organisation_id.in_(organisation_ids), c.external_id.in_(external_ids))
    return [postings.posting(row) for row in connection.execute(query)]


def page(
    connection: Connection,
    postings: PostingTable[P],
    organisation_id: str,
    states: Collection[State],
    before: tuple[datetime, str] | None,
    limit: int,
) -> list[P]:
    """The newest first, from before that position on."""
    c = postings.table.c
    query = postings.select().where(c.organisation_id == organisation_id)
    if states:
        query = query.where(c.state.in_(states))
    if before is not None:
        created_at, last = before
        query = query.where(or_(c.created_at < created_at, and_(c.created_at == created_at, c.id < last)))
    query = query.order_by(c.created_at.desc(), c.id.desc()).limit(limit)
    return [postings.posting(row) for row in connection.execute(query)]


def due(connection: Connection, postings: PostingTable[P], now: datetime, limit: int) -> list[P]:
    """Open ones whose end has come."""
    c = postings.table.c
    query = postings.select().where(c.state.in_(OPEN), c.expires_at <= now).limit(limit)
    return [postings.posting(row) for row in connection.execute(query)]


def counts(connection: Connection) -> dict[str, int]:
    """Rows by kind and state, for operations."""
    found = {"organisations": connection.execute(select(func.count()).select_from(ORGANISATIONS)).scalar_one()}
    for postings in (OFFERS, COURSES):
        c = postings.table.c
        for state, number in connection.execute(select(c.state, func.count()).group_by(c.state)):
            found[f"{postings.table.name} {state}"] = number
    return found


# -- publishing again


def queue_republication(connection: Connection, organisation_id: str) -> None:
    """Of all open postings, from the start; one that is under way starts again."""
    rows = [
        {"organisation_id": organisation_id, "shelf": postings.table.name, "after": ""}
        for postings in (OFFERS, COURSES)
    ]
    upsert(connection, REPUBLICATIONS, rows, ["organisation_id", "shelf"])


def next_republication(connection: Connection, postings: PostingTable[Any], limit: int) -> list[Any]:
    """The next open postings to be published again; after the last batch the organisation is done."""
    where = REPUBLICATIONS.c.shelf == postings.table.name
    todo = connection.execute(
        select(REPUBLICATIONS).where(where).order_by(REPUBLICATIONS.c.organisation_id).limit(1)
    ).first()
    if todo is None:
        return []
    c = postings.table.c
    query = postings.select().where(
        c.organisation_id == todo.organisation_id, c.external_id > todo.after, c.state.in_(OPEN)
    )
    found = [postings.posting(row) for row in connection.execute(query.order_by(c.external_id).limit(limit))]
    where = and_(where, REPUBLICATIONS.c.organisation_id == todo.organisation_id)
    if len(found) < limit:
        connection.execute(delete(REPUBLICATIONS).where(where))
    else:
        connection.execute(REPUBLICATIONS.update().where(where).values(after=found[-1].content.external_id))
    return found


# -- rows


def _organisation(row: Row[Any]) -> Organisation:
    profile = decode(row.document, Profile)
    return Organisation(row.id, row.source or "", row.external_id or "", profile, row.version)


def _row(posting: Posting[Any]) -> dict[str, Any]:
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
        "document": encode(_Document(posting.content, posting.green)).decode(),
    }
