"""Lists as Relay connections over pages of tokens.

A page token says where a page begins; a cursor is such a token and a number of items to skip, so that every item has a
cursor although services have tokens only for whole pages.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Self, TypeVar

import strawberry

from services.kit.errors import Violation, invalid

T = TypeVar("T")
First = Annotated[int, strawberry.argument(description="How many, 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="The endCursor of the page before.")]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, as a service answered it."""

    token: str
    skip: int
    answer: Any

    @property
    def items(self) -> Sequence[Any]:
        """Those after the cursor. A list is the first field of its answer."""
        found: Sequence[Any] = getattr(self.answer, self.answer.DESCRIPTOR.fields[0].name)
        return found[self.skip :]

    def cursor(self, index: int) -> str:
        """After this item of `items`."""
        return _encode(self.token, self.skip + index + 1)


async def read_page(call: Callable[[Any], Awaitable[Any]], request: Any, first: int, after: str | None) -> Page:
    """The page that begins after this cursor: `request` gets its size and token, and `call` sends it."""
    if not 1 <= first <= 100:
        raise invalid([Violation("first", "OUT_OF_RANGE", "must be 1 to 100")])
    token, skip = _decode(after) if after else ("", 0)
    request.page_size, request.page_token = min(first + skip, 100), token
    return Page(token, skip, await call(request))


@strawberry.type(description="Whether there is more, and where to go on.")
class PageInfo:
    has_next_page: bool
    has_previous_page: bool = strawberry.field(description="True when `after` was given; lists are read forwards only.")
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Edge(Generic[T]):
    cursor: str
    node: T


@strawberry.type
class Connection(Generic[T]):
    nodes: list[T]
    page_info: PageInfo
    total_count: int | None = strawberry.field(description="Null where it is not known.")
    page: strawberry.Private[Page]

    places: strawberry.Private[Sequence[int]]

    @strawberry.field
    def edges(self) -> list[Edge[T]]:
        placed = zip(self.places, self.nodes, strict=True)
        return [Edge(cursor=self.page.cursor(place), node=node) for place, node in placed]

    @classmethod
    def of(cls, page: Page, nodes: Sequence[T], **more: object) -> Self:
        """The connection of a page, with a node for each of its items."""
        return cls.placed(page, list(enumerate(nodes)), **more)

    @classmethod
    def placed(cls, page: Page, found: Sequence[tuple[int, T]], **more: object) -> Self:
        """The same where nodes of some items are missing: each comes with the index of its item."""
        next_token = page.answer.next_page_token
        end = _encode(next_token, 0) if next_token else page.cursor(found[-1][0]) if found else None
        return cls(
            nodes=[node for _, node in found],
            page_info=PageInfo(
                has_next_page=bool(next_token),
                has_previous_page=bool(page.token or page.skip),
                start_cursor=page.cursor(found[0][0]) if found else None,
                end_cursor=end,
            ),
            total_count=getattr(page.answer, "total", None),
            page=page,
            places=[place for place, _ in found],
            **more,
        )


def _encode(token: str, skip: int) -> str:
    return base64.urlsafe_b64encode(f"{skip}.{token}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[str, int]:
    try:
        skip, _, token = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(".")
        if 0 <= int(skip) < 100:
            return token, int(skip)
    except (binascii.Error, ValueError):
        pass
    raise invalid([Violation("after", "NOT_A_CURSOR", "give back an endCursor, or leave it out")])
