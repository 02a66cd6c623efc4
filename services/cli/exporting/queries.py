"""What an export asks for: every field that can be written, as the API's schema has it; so it can be imported again.

A field that is new in the schema is exported without a change here.
"""

from functools import cache
from pathlib import Path

from graphql import (
    InputObjectTypeDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    TypeNode,
    parse,
)

SCHEMA = Path(__file__).parents[2] / "gateway" / "schema.graphql"
INPUT = "Input"


def writable(kind: str) -> str:
    """The selection of the fields of this type that its input has too, parts included: `id place { label }`."""
    types = _types()
    readable = types[kind]
    return " ".join(_selected(name, part) for name, part in types[kind + INPUT].items() if name in readable)


def _selected(name: str, kind: str) -> str:
    return f"{name} {{ {writable(kind.removesuffix(INPUT))} }}" if kind.endswith(INPUT) else name


@cache
def _types() -> dict[str, dict[str, str]]:
    """Every type and input of the schema: its fields, and the name of the type of each."""
    return {
        each.name.value: {field.name.value: _name(field.type) for field in each.fields or ()}
        for each in parse(SCHEMA.read_text(encoding="utf-8")).definitions
        if isinstance(each, ObjectTypeDefinitionNode | InputObjectTypeDefinitionNode)
    }


def _name(kind: TypeNode) -> str:
    while isinstance(kind, ListTypeNode | NonNullTypeNode):
        kind = kind.type
    assert isinstance(kind, NamedTypeNode)
    return kind.name.value


def _list(field: str, node: str, variables: str = "", arguments: str = "") -> str:
    page = "pageInfo { hasNextPage endCursor }"
    return f"""query($first: Int!, $after: String{variables}) {{
        {field}(first: $first, after: $after{arguments}) {{ nodes {{ {node} }} {page} }} }}"""


_ADDED = f"""state version green {{ grade evidence {{ source code label }} }} status {{ searchable matchable reasons }}
    organisation {{ {writable("Organisation")} }}"""
_OFFER = f"{writable('Offer')} publishedAt {_ADDED}"
OPEN_OFFERS = _list("offers", _OFFER)
OWN_OFFERS = _list("myOffers", _OFFER, ", $id: ID!", ", organisationId: $id")
OPEN_COURSES = _list("courses", f"{writable('Course')} {_ADDED}")
PEOPLE = _list("people", f"{writable('Person')} partnerId consents {{ kind granteeId grantedAt }} version")
