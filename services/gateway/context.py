"""The context of one request: its caller, language, deadline, and calls of upstreams; and the state that all share."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import strawberry
from google.protobuf.message import Message
from strawberry.dataloader import DataLoader

from services.gateway.auth.delegation import Delegations
from services.gateway.auth.key_refresh import KeyRefresh
from services.gateway.auth.tokens import Tokens
from services.gateway.graphql.fast_path import Plans
from services.gateway.labels import Labels
from services.gateway.upstreams import Upstream, empty_answer
from services.kit.auth import Caller, Role
from services.kit.errors import Kind, Refused, denied, not_found
from services.referential import Referential
from services.words import Language
from services.words.catalogue import Words

T = TypeVar("T")
CLOSE_TO_PEOPLE = (Role.PERSON, Role.PARTNER, Role.MENTOR, Role.OPERATOR)


@dataclass(frozen=True, slots=True)
class AppState:
    """Shared by all requests."""

    upstreams: Mapping[str, Upstream]
    referential: Referential
    labels: Labels
    tokens: Tokens
    key_refresh: KeyRefresh
    delegations: Delegations
    readers: Any
    """The `Readers` of `schema.linked_types`, whose types know this module."""
    seconds: float
    """How long one request may take, with all its calls."""


@dataclass(slots=True)
class RequestContext:
    """One request. Nothing in it outlives the request, so nothing passes from one caller to another."""

    state: AppState
    caller: Caller
    words: Words
    until: float  # time.monotonic
    names: frozenset[str] = frozenset()
    """All field names of the document: what is not among them need not be fetched."""
    plans: Plans | None = None
    """Plans for the plain parts of the document; see `graphql.fast_path`."""
    loaders: dict[Any, DataLoader[str, Any]] = field(default_factory=dict)

    async def call(self, request: Message, service: str = "") -> Any:
        """The answer of the service whose contract has this request, or of the named one, within the deadline.

        A refusal where this installation lacks the service.
        """
        service = service or request.DESCRIPTOR.full_name.split(".")[1]
        if service not in self.state.upstreams:
            raise not_found("service", service)
        return await self.state.upstreams[service].call(request, self.caller, self.until)

    async def call_about(self, request: Message) -> Any:
        """The answer of a service about a person; an empty one while it has not yet heard of them.

        For employers a missing person stays a refusal.
        """
        try:
            return await self.call(request)
        except Refused as refusal:
            if refusal.kind is not Kind.NOT_FOUND or self.caller.role not in CLOSE_TO_PEOPLE:
                raise
            return empty_answer(request)

    async def call_batch(self, kind: type[Message], ids: Iterable[str], **more: Any) -> Any:
        """The answer of a `BatchGet…` call for these ids; an empty one, without a call, where there are none."""
        request: Any = kind(ids=[each for each in dict.fromkeys(ids) if each], **more)
        return await self.call(request) if request.ids else empty_answer(request)

    async def load(self, fetch: "Fetch[T]", id: str) -> T | None:
        """One thing by its id; all loads of one request become one call of `fetch`."""
        if fetch not in self.loaders:

            async def load(ids: list[str]) -> list[T | None]:
                found = await fetch(self, ids)
                return [found.get(each) for each in ids]

            self.loaders[fetch] = DataLoader(load_fn=load, max_batch_size=100)
        found: T | None = await self.loaders[fetch].load(id)
        return found

    def wants(self, *names: str) -> bool:
        return not self.names.isdisjoint(names)

    def demand(self, *roles: Role) -> None:
        """Refuse any other kind of caller."""
        if self.caller.role not in roles:
            raise denied("ROLE_NOT_ALLOWED", "only these roles may do this: {roles}", roles=", ".join(roles))


Info = strawberry.Info[RequestContext, None]
Fetch = Callable[[RequestContext, Sequence[str]], Awaitable[Mapping[str, T]]]
"""Things by their ids; those that are missing are left out."""


def deadline(seconds: float) -> float:
    return time.monotonic() + seconds


def words_for(headers: Mapping[str, str]) -> Words:
    """In the first of our languages that the reader accepts; French when there is none."""
    wished = []
    for position, each in enumerate(headers.get("accept-language", "").split(",")[:20]):
        tag, _, parameters = each.strip().partition(";")
        wished.append((-_quality(parameters), position, tag.lower().partition("-")[0]))
    accepted = [tag for quality, _, tag in sorted(wished) if tag in tuple(Language) and quality < 0]
    return Words(accepted[0] if accepted else Language.FR)


def _quality(parameters: str) -> float:
    _, _, value = parameters.replace(" ", "").partition("q=")
    try:
        return float(value) if value else 1.0
    except ValueError:
        return 0.0
