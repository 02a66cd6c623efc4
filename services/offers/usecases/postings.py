"""Offers and courses: written in batches, moved by verbs, read one by one or in pages.

Both are `Posting`s, so each function takes a `PostingKind` that says which of the two it is about.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any, Generic, TypeVar

import orjson
from google.protobuf.message import Message

from services.common.resolver import CachedReferential
from services.common.values import Outcome
from services.kit import requests
from services.kit.auth import Caller, Role
from services.kit.errors import Refused, Violation, invalid, not_found
from services.kit.outbox import Unit
from services.offers import store
from services.offers.deps import Deps
from services.offers.domain.course import CourseChanged
from services.offers.domain.offer import OfferChanged
from services.offers.domain.organisation import Owner, siret_required
from services.offers.domain.posting import Posting
from services.offers.domain.values import Green, State
from services.offers.store import PostingTable
from services.offers.usecases.access import EMPLOYERS, TRAINERS, organisation_meant, writer
from services.offers.usecases.resolving import resolve_course, resolve_offer

P = TypeVar("P", bound=Posting[Any])
Result = tuple[P, Outcome] | Refused


@dataclass(frozen=True, slots=True)
class PostingKind(Generic[P]):
    """What differs between offers and courses."""

    table: PostingTable[P]
    changed: Callable[[P], object]
    resolve: Callable[[CachedReferential, Any, bool], tuple[Any, Green]]
    writers: Sequence[Role]


OFFERS = PostingKind(store.OFFERS, OfferChanged, resolve_offer, EMPLOYERS)
COURSES = PostingKind(store.COURSES, CourseChanged, resolve_course, TRAINERS)
KINDS: tuple[PostingKind[Any], ...] = (OFFERS, COURSES)


def upsert(
    deps: Deps,
    kind: PostingKind[P],
    caller: Caller,
    request: Message,
    rows: Sequence[Any],
    publish: bool,
) -> list[Result[P]]:
    """Each row (its content, or why it is refused) by itself; those not refused are written in one transaction."""
    own = writer(caller, kind.writers)
    with deps.units() as unit:
        fresh = requests.claim(unit.connection, caller, request, deps.units.clock())
        ids = requests.ids_of(caller, request, deps.units.ids)
        named = [(_with_external_id(row, new_id), new_id) for row, new_id in ((row, ids()) for row in rows)]
        contents = [row for row, _ in named if not isinstance(row, Refused)]
        batch = _Batch(unit, deps.referential, kind, own, publish, fresh, deps.units.clock(), contents)
        results = [batch.result(row, new_id) for row, new_id in named]
        save(unit, kind, batch.written)
    return results


def move(
    deps: Deps, kind: PostingKind[P], caller: Caller, request: Message, id: str, verb: Callable[[P, datetime], P]
) -> P:
    """One step of an offer's or course's life; harmless when it was taken before."""
    own = writer(caller, kind.writers)
    with deps.units() as unit:
        fresh = requests.claim(unit.connection, caller, request, deps.units.clock())
        posting = store.by_ids(unit.connection, kind.table, [id]).get(id)
        if posting is None or own not in ("", posting.owner.id):
            raise not_found(kind.table.make.WORD, id)
        moved = verb(posting, deps.units.clock()) if fresh else posting
        if moved is not posting:
            save(unit, kind, [moved])
    return moved


def get(deps: Deps, kind: PostingKind[P], caller: Caller, ids: Sequence[str]) -> list[P]:
    """Those that exist for this caller: a draft only for its own organisation and for operators."""
    with deps.units.reading() as connection:
        found = store.by_ids(connection, kind.table, set(ids))
    return [found[each] for each in dict.fromkeys(ids) if each in found and _may_see(caller, found[each])]


def page(
    deps: Deps,
    kind: PostingKind[P],
    caller: Caller,
    organisation_id: str,
    states: Sequence[State],
    before: tuple[datetime, str] | None,
    limit: int,
) -> list[P]:
    """The caller's own, or the organisation's that an operator names; the newest first."""
    own = writer(caller, EMPLOYERS)
    with deps.units.reading() as connection:
        return store.page(connection, kind.table, own or organisation_id, states, before, limit)


def save(unit: Unit, kind: PostingKind[P], postings: Sequence[P]) -> None:
    """Save the last of each id, and publish every one."""
    if not postings:
        return
    store.lock_owners(unit.connection, {each.owner.id for each in postings})
    store.save(unit.connection, kind.table, {each.id: each for each in postings}.values())
    for posting in postings:
        unit.publish(kind.changed(posting))


def _with_external_id(row: Any, new_id: str) -> Any:
    """A row without an external id gets our id for one, so that it can be sent again."""
    if isinstance(row, Refused) or row.external_id or row.id:
        return row
    return replace(row, external_id=new_id)


def _may_see(caller: Caller, posting: Posting[Any]) -> bool:
    if posting.state is not State.DRAFT:
        return True
    return any(caller.may_act_for(role, posting.owner.id) for role in EMPLOYERS)


class _Batch(Generic[P]):
    """The rows of one upsert, and what is known before it."""

    def __init__(
        self,
        unit: Unit,
        referential: CachedReferential,
        kind: PostingKind[P],
        own: str,
        publish: bool,
        fresh: bool,
        now: datetime,
        contents: Sequence[Any],
    ) -> None:
        organisations = {own} if own else {content.organisation_id for content in contents}
        names = {content.external_id for content in contents}
        self.written: list[P] = []
        self._referential = referential
        self._kind = kind
        self._own = own
        self._publish = publish
        self._fresh = fresh
        self._now = now
        self._owners: Mapping[str, Owner] = store.owners(unit.connection, organisations)
        known = store.by_external_ids(unit.connection, kind.table, organisations, names)
        self._by_name = {(each.owner.id, each.content.external_id): each for each in known}
        self._by_id = store.by_ids(unit.connection, kind.table, {content.id for content in contents if content.id})

    def result(self, content: Any, new_id: str) -> Result[P]:
        if isinstance(content, Refused):
            return content
        try:
            return self._upsert(content, new_id)
        except Refused as refusal:
            return refusal

    def _upsert(self, content: Any, new_id: str) -> tuple[P, Outcome]:
        owner = self._owner(content)
        known = self._known(owner, content)
        name = known.content.external_id if known else content.external_id
        content = replace(content, id="", organisation_id="", external_id=name)
        digest = blake2b(orjson.dumps((self._referential.version, content)), digest_size=16).digest()
        if known is None:
            found, green = self._kind.resolve(self._referential, content, bool(self._own))
            posting = self._kind.table.make(new_id, owner, found, green, digest, self._now)
            return self._keep(posting.first(self._publish, self._now)), Outcome.CREATED
        if not self._fresh or (known.digest == digest and not self._to_publish(known, content)):
            return known, Outcome.CREATED if known.id == new_id else Outcome.UNCHANGED
        found, green = self._kind.resolve(self._referential, content, bool(self._own))
        return self._keep(known.rewritten(found, green, digest, self._publish, self._now)), Outcome.UPDATED

    def _owner(self, content: Any) -> Owner:
        if not (self._own or content.organisation_id):
            raise invalid([Violation("organisation_id", "REQUIRED", "an operator names the organisation")])
        meant = organisation_meant(self._own, content.organisation_id)
        owner = self._owners.get(meant)
        if owner is None:
            raise not_found("organisation", meant)
        if self._own and not owner.verified:
            raise siret_required("organisation.siret")
        return owner

    def _known(self, owner: Owner, content: Any) -> P | None:
        """By our id where the row has one, else by its own."""
        if not content.id:
            return self._by_name.get((owner.id, content.external_id))
        known = self._by_id.get(content.id)
        if known is None or known.owner.id != owner.id:
            raise not_found(self._kind.table.make.WORD, content.id)
        if content.external_id not in ("", known.content.external_id):
            raise invalid([Violation("external_id", "FIXED", "cannot be changed")])
        return known

    def _to_publish(self, known: P, content: Any) -> bool:
        reopens = known.may_reopen(content, self._publish, self._now)
        return reopens or (self._publish and known.state is State.DRAFT)

    def _keep(self, posting: P) -> P:
        self.written.append(posting)
        self._by_name[posting.owner.id, posting.content.external_id] = posting
        self._by_id[posting.id] = posting
        return posting
