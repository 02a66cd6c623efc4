"""What an organisation publishes, whatever it is: its states, and the verbs that lead from one to the next."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Generic, Protocol, Self, TypeVar

from services.kit.errors import Kind, Refused
from services.offers.domain.organisation import Owner
from services.offers.domain.values import Green, State, Status


class Content(Protocol):
    """What its author says, with codes where they could be found."""

    @property
    def external_id(self) -> str: ...

    def expiry(self, published_at: datetime) -> datetime | None:
        """When it ends, if it is published then; None: never."""

    def gaps(self) -> list[str]:
        """Reasons why it cannot be matched."""

    def unresolved(self) -> bool:
        """Is one of its skills known in words alone?"""


C = TypeVar("C", bound=Content)


@dataclass(frozen=True, slots=True)
class Posting(Generic[C]):
    """Never changes: each verb returns the next one, or itself when it is there already.

    `digest` stands for what the author last sent, so that sending it again is seen without looking anything up.
    """

    WORD: ClassVar[str]

    id: str
    owner: Owner
    content: C
    green: Green
    digest: bytes
    created_at: datetime
    state: State = State.DRAFT
    published_at: datetime | None = None
    expires_at: datetime | None = None
    version: int = 1

    @property
    def status(self) -> Status:
        searchable = self.state is State.PUBLISHED
        gaps = self.content.gaps()
        reasons = [] if searchable else ["NOT_PUBLISHED"]
        reasons += gaps
        reasons += ["SKILL_UNRESOLVED"] if self.content.unresolved() else []
        reasons += [] if self.owner.verified else ["ORGANISATION_UNVERIFIED"]
        return Status(searchable, searchable and not gaps, self.owner.verified, tuple(reasons))

    def publish(self, now: datetime) -> Self:
        """Publish, resume, or open again what was filled. What is over must first be given a later end."""
        if self.state is State.PUBLISHED:
            return self
        self._only_from(State.DRAFT, State.PAUSED, State.FILLED)
        published = self._published(now)
        if published.state is State.EXPIRED:
            raise self._refused(State.EXPIRED)
        return published._next()

    def pause(self, _now: datetime) -> Self:
        return self._become(State.PAUSED, State.PUBLISHED)

    def fill(self, _now: datetime) -> Self:
        return self._become(State.FILLED, State.PUBLISHED, State.PAUSED)

    def close(self, _now: datetime) -> Self:
        return self._become(State.CLOSED, State.DRAFT, State.PUBLISHED, State.PAUSED)

    def expire(self) -> Self:
        return self._become(State.EXPIRED, State.PUBLISHED, State.PAUSED)

    def republished(self) -> Self:
        """Its organisation changed: the same, in a new version."""
        return self._next()

    def first(self, publish: bool, now: datetime) -> Self:
        """As it is created; published at once, it may be over already."""
        return self._published(now) if publish else self

    def rewritten(self, content: C, green: Green, digest: bytes, publish: bool, now: datetime) -> Self:
        """With new content. What is published stays so, until its new end.

        An expired one comes back when it is to be published and its new end lies ahead; nothing else that is over
        can be rewritten.
        """
        new = replace(self, content=content, green=green, digest=digest)
        if self.state in (State.PUBLISHED, State.PAUSED):
            return new._until_end(self.state, self.published_at or now, now)._next()
        if self.state is State.DRAFT:
            return new.first(publish, now)._next()
        if self.may_reopen(content, publish, now):
            return new._published(now)._next()
        raise self._refused(self.state)

    def may_reopen(self, content: C, publish: bool, now: datetime) -> bool:
        end = content.expiry(now)
        return publish and self.state is State.EXPIRED and (end is None or end > now)

    def _published(self, now: datetime) -> Self:
        """Resuming is no new publication, nor is opening again; coming back after the end is."""
        since = self.published_at if self.state in (State.PAUSED, State.FILLED) else None
        return self._until_end(State.PUBLISHED, since or now, now)

    def _until_end(self, state: State, published_at: datetime, now: datetime) -> Self:
        end = self.content.expiry(published_at)
        over = end is not None and end <= now
        return replace(self, published_at=published_at, expires_at=end, state=State.EXPIRED if over else state)

    def _become(self, state: State, *sources: State) -> Self:
        if self.state is state:
            return self
        self._only_from(*sources)
        return replace(self, state=state)._next()

    def _next(self) -> Self:
        return replace(self, version=self.version + 1)

    def _only_from(self, *sources: State) -> None:
        if self.state not in sources:
            raise self._refused(self.state)

    def _refused(self, state: State) -> Refused:
        message = f"the {self.WORD} is {state}"
        return Refused(Kind.CONFLICT, f"{self.WORD}_{state}".upper(), message, id=self.id)
