"""A plan answers exactly what graphql-core answers, and leaves to it what it cannot do."""

import asyncio
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry
from graphql import execute, parse

from services.gateway.graphql.fast_path import CompiledExecutor, plain_attributes


@strawberry.enum
class Colour(Enum):
    RED = 1
    BLUE = 2


@strawberry.type
class Leaf:
    id: strawberry.ID
    size: int
    weight: float
    good: bool
    colour: Colour | None

    @strawberry.field
    def doubled(self) -> int:
        return self.size * 2


@strawberry.type
class Tree:
    name: str
    first: Leaf | None
    leaves: list[Leaf]
    tags: list[str] | None
    grid: list[list[int]]


@strawberry.type
class Query:
    @strawberry.field
    def trees(self, info: strawberry.Info[Any, None]) -> list[Tree] | None:
        trees: list[Tree] = info.context.trees
        return trees


SCHEMA = plain_attributes(strawberry.Schema(Query)._schema)
ALL = "id size weight good colour __typename"
QUERIES = [
    f"{{ trees {{ name tags grid first {{ {ALL} }} leaves {{ {ALL} }} }} }}",
    "{ trees { n: name leaves { a: id b: id } ... on Tree { leaves { size } } ...F } }"
    " fragment F on Tree { first { id } }",
    "{ trees { name leaves { id doubled } first { colour } } }",
    "query($no: Boolean = false) { trees { name first @include(if: $no) { id } tags @skip(if: true) } }",
]


def leaf(**changes: Any) -> Leaf:
    good: dict[str, Any] = {"id": "x", "size": 3, "weight": 1, "good": True, "colour": Colour.BLUE}
    return Leaf(**(good | changes))


def tree(**changes: Any) -> Tree:
    good: dict[str, Any] = {"name": "oak", "first": None, "leaves": [leaf(), leaf(colour=None)]}
    return Tree(**(good | {"tags": None, "grid": [[1, 2], []]} | changes))


TREES = {
    "good": tree(first=leaf(), tags=["a"]),
    "a null where none may be": tree(name=None),
    "a null in a leaf": tree(leaves=[leaf(), leaf(size=None)]),
    "a number too large": tree(leaves=[leaf(size=2**40)]),
    "a number for a text": tree(name=7),
    "no list": tree(leaves=3),
    "no member": tree(first=leaf(colour=99)),
    "a tuple": tree(tags=("a", "b")),
    "not finite": tree(first=leaf(weight=float("nan"))),
}


async def answer(query: str, trees: list[Tree], plans: dict[Any, Any] | None) -> Any:
    context = SimpleNamespace(trees=trees, plans=plans)
    result = execute(
        SCHEMA, parse(query), context_value=context, executor_class=CompiledExecutor, operation_extensions=None
    )
    result = await result if asyncio.iscoroutine(result) else result
    return result.data, [(error.message, error.path) for error in result.errors or []]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("name", TREES)
def test_with_and_without_plans_alike(name: str, query: str) -> None:
    trees = [TREES["good"], TREES[name]]
    plans: dict[Any, Any] | None = None if "@" in query else {}
    planned = asyncio.run(answer(query, trees, plans))
    assert planned == asyncio.run(answer(query, trees, None))
    if name == "good":
        assert not planned[1]
        assert plans is None or any(plans.values())
