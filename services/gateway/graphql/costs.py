"""The cost of a document: fields of all lists, and calls of upstreams.

The walk expands fragments and merges fields of the same name, as execution will. It stops at a number of visited nodes,
so it is itself bounded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_composite_type,
)

from services.gateway.graphql.errors import coded

MAX_DEPTH = 15
MAX_ROOT_FIELDS = 10
MAX_VISITED = 3_000
MAX_REPEATS = 20
"""Fields of one response name that are merged into one."""
MAX_COST = 50_000
MAX_CALLS = 40
"""Calls of upstreams, besides those of the root fields themselves."""
MIN_FIRST, MAX_FIRST, DEFAULT_FIRST = 1, 100, 20
LIST_TIMES = 3
"""What a list without `first` counts for."""
CALLS = "calls"
"""Metadata of a field that calls an upstream for each parent: how many times."""
_DEFINITION = "strawberry-definition"


class Refusals(Exception):
    """The document is not run; the errors say why."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


def over(code: str, message: str) -> Refusals:
    return Refusals(coded(message, code))


def require_most(count: int, most: int, code: str, what: str) -> None:
    if count > most:
        raise over(code, f"at most {most} {what}")


def measure(schema: GraphQLSchema, tree: DocumentNode, variables: Mapping[str, Any]) -> bool:
    """Walk every operation and every fragment (validation visits unused ones too); whether a variable said `first`."""
    fragments = {d.name.value: d for d in tree.definitions if isinstance(d, FragmentDefinitionNode)}
    walk = _Walk(schema, fragments, variables)
    for definition in tree.definitions:
        if isinstance(definition, OperationDefinitionNode):
            walk.operation(definition)
        elif isinstance(definition, FragmentDefinitionNode):
            walk.below(schema.get_type(definition.type_condition.name.value), [definition.selection_set], 1)
    return walk.variable_first


@dataclass(slots=True)
class _Walk:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    visited: int = 0
    variable_first: bool = False
    defaults: dict[str, Any] = field(default_factory=dict)

    def operation(self, node: OperationDefinitionNode) -> None:
        self.defaults = {d.variable.name.value: d.default_value for d in node.variable_definitions or ()}
        root = self.schema.get_root_type(node.operation)
        merged = self._merged(root, [node.selection_set])
        require_most(len(merged), MAX_ROOT_FIELDS, "TOO_MANY_ROOT_FIELDS", "fields at the root")
        cost, calls = self.below(root, [node.selection_set], 1)
        if cost > MAX_COST or calls > MAX_CALLS:
            raise over("TOO_COSTLY", f"this asks for too much at once: cost {cost} of {MAX_COST}, calls {calls}")

    def below(self, parent: GraphQLNamedType | None, sets: list[SelectionSetNode], depth: int) -> tuple[int, int]:
        """Cost and calls of these selections, once per parent."""
        require_most(depth, MAX_DEPTH, "TOO_DEEP", "levels of fields")
        total_cost = total_calls = 0
        for (_, owner), nodes in self._merged(parent, sets).items():
            require_most(len(nodes), MAX_REPEATS, "TOO_MANY_REPEATS", "fields of one name in one place")
            known = getattr(owner, "fields", {}).get(nodes[0].name.value)
            deeper = [node.selection_set for node in nodes if node.selection_set]
            kind = get_named_type(known.type) if known is not None else None
            cost, calls = self.below(kind, deeper, depth + 1) if deeper else (0, 0)
            times = self._times(known, nodes[0])
            total_cost += 1 + cost * times
            total_calls += _own_calls(known) + calls * times
        return total_cost, total_calls

    def _merged(
        self, parent: GraphQLNamedType | None, sets: list[SelectionSetNode]
    ) -> dict[tuple[str, GraphQLNamedType | None], list[FieldNode]]:
        """Fields by response name and owner, with fragments put in place."""
        merged: dict[tuple[str, GraphQLNamedType | None], list[FieldNode]] = {}
        waiting = [(parent, each) for each in sets]
        while waiting:
            owner, selections = waiting.pop()
            self.visited += len(selections.selections)
            require_most(self.visited, MAX_VISITED, "TOO_MANY_FIELDS", "fields once fragments are put in place")
            for node in selections.selections:
                if isinstance(node, FieldNode):
                    merged.setdefault(((node.alias or node.name).value, owner), []).append(node)
                elif isinstance(node, InlineFragmentNode):
                    condition = node.type_condition
                    inner = self.schema.get_type(condition.name.value) if condition else owner
                    waiting.append((inner, node.selection_set))
                elif isinstance(node, FragmentSpreadNode) and (found := self.fragments.get(node.name.value)):
                    waiting.append((self.schema.get_type(found.type_condition.name.value), found.selection_set))
        return merged

    def _times(self, known: GraphQLField | None, node: FieldNode) -> int:
        """How often what is below happens: `first`, or some for a list without it."""
        if known is None:
            return 1
        if "first" in known.args:
            return self._first(node)
        return 1 if _is_single(known) else LIST_TIMES

    def _first(self, node: FieldNode) -> int:
        given = next((a.value for a in node.arguments or () if a.name.value == "first"), None)
        value = self._variable(given.name.value) if isinstance(given, VariableNode) else given
        if value is None:
            return DEFAULT_FIRST
        if isinstance(value, IntValueNode):
            value = int(value.value) if len(value.value) < 20 else -1
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # as execution does
        if not isinstance(value, int) or isinstance(value, bool):
            return MAX_FIRST  # execution refuses it
        if not MIN_FIRST <= value <= MAX_FIRST:
            raise over("FIRST_OUT_OF_RANGE", f"first must be {MIN_FIRST} to {MAX_FIRST}")
        return value

    def _variable(self, name: str) -> Any:
        self.variable_first = True
        return self.variables.get(name, self.defaults.get(name))


def _is_single(known: GraphQLField) -> bool:
    """A leaf, one object, or the items of a connection, which `first` has counted already."""
    definition = known.extensions.get(_DEFINITION)
    text = str(known.type)
    counted = getattr(definition, "python_name", "") in ("nodes", "edges")
    return counted or "[" not in text or not is_composite_type(get_named_type(known.type))


def _own_calls(known: GraphQLField | None) -> int:
    definition = known.extensions.get(_DEFINITION) if known is not None else None
    metadata: Mapping[str, Any] = getattr(definition, "metadata", None) or {}
    return int(metadata.get(CALLS, 0))
