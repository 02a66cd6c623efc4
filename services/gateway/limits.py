"""What a GraphQL document may cost: decided before it is validated, long before it runs.

Three passes, each bounded by the one before: the parser takes a text of bounded length and stops at a number of tokens;
`_shape` looks at every node once (aliases, directives, width, fragments in a circle); `_Walk` expands fragments and
merges fields of the same name, as execution will, and stops at a number of visited nodes. It measures depth, repeats
(graphql-core compares each pair of fields of one name), calls of neighbours, and cost, where `first` multiplies what is
below it.

A document that passes is validated and kept, so a client that repeats it pays for none of this again. Variables do not
belong to the document: where one stands for `first`, the walk is done with its value at each request.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DirectiveNode,
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
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from services.gateway.compiled import Plans
from services.gateway.errors import coded

MAX_CHARACTERS = 64 << 10
"""Of the document, without its variables."""
MAX_TOKENS = 2_000
MAX_DEPTH = 15
MAX_ALIASES = 30
MAX_ROOT_FIELDS = 10
MAX_FIELDS = 200
"""In one pair of braces."""
MAX_DIRECTIVES = 50
MAX_FRAGMENTS = 50
MAX_OPERATIONS = 10
MAX_VISITED = 3_000
MAX_REPEATS = 20
"""Fields of one response name that are merged into one."""
MAX_COST = 50_000
MAX_CALLS = 40
"""Of neighbours, besides those that root fields make for themselves."""
MIN_FIRST, MAX_FIRST, DEFAULT_FIRST = 1, 100, 20
LIST_TIMES = 3
"""What a list without `first` counts for."""
CACHED_DOCUMENTS = 500
CACHED_CHARACTERS = 300_000
"""A parsed document takes some 150 bytes of memory a character."""
LONGEST_CACHED = 20_000
CALLS = "calls"
"""The metadata of a field that asks a neighbour for each parent: how many times."""
_DEFINITION = "strawberry-definition"
_RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)


class Refusals(Exception):
    """The document is not run; the errors say why."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is valid and within its limits, for any caller."""

    tree: DocumentNode
    names: frozenset[str]
    variable_first: bool  # a variable says how many: walk again with its value
    plans: Plans | None  # none where directives choose at each request what is read


@dataclass(slots=True)
class Documents:
    """Reads documents against one schema; the last valid ones are kept."""

    schema: GraphQLSchema
    _kept: OrderedDict[str, Document] = field(default_factory=OrderedDict)
    _size: int = 0

    def read(self, text: str, variables: Mapping[str, Any]) -> Document:
        """The document, or `Refusals`."""
        _most(len(text), MAX_CHARACTERS, "TOO_LONG", "characters")
        document = self._kept.get(text)
        if document is None:
            document = self._prepare(text, variables)
            self._keep(text, document)
        else:
            self._kept.move_to_end(text)
            if document.variable_first:
                _measure(self.schema, document.tree, variables)
        return document

    def _prepare(self, text: str, variables: Mapping[str, Any]) -> Document:
        try:
            tree = _parsed(text)
            names, directives = _shape(tree)
            variable_first = _measure(self.schema, tree, variables)
            errors = validate(self.schema, tree, _RULES, max_errors=10, hide_suggestions=True)
        except RecursionError:
            raise Refusals(coded("the document is nested too deeply", "TOO_DEEP")) from None
        if errors:
            raise Refusals(*errors)
        return Document(tree, names, variable_first, None if directives else {})

    def _keep(self, text: str, document: Document) -> None:
        if len(text) > LONGEST_CACHED:
            return
        self._kept[text] = document
        self._size += len(text)
        while len(self._kept) > CACHED_DOCUMENTS or self._size > CACHED_CHARACTERS:
            gone, _ = self._kept.popitem(last=False)
            self._size -= len(gone)


def _parsed(text: str) -> DocumentNode:
    try:
        return parse(text, max_tokens=MAX_TOKENS)
    except GraphQLError as error:
        if "tokens" in error.message:
            raise _over("TOO_LONG", f"at most {MAX_TOKENS} tokens") from None
        if "nested too deeply" in error.message:
            raise _over("TOO_DEEP", "the document is nested too deeply") from None
        raise Refusals(GraphQLError(error.message, error.nodes, error.source, error.positions)) from None


def _over(code: str, message: str) -> Refusals:
    return Refusals(coded(message, code))


def _most(count: int, most: int, code: str, what: str) -> None:
    if count > most:
        raise _over(code, f"at most {most} {what}")


def _shape(tree: DocumentNode) -> tuple[frozenset[str], int]:
    """Refuse what can be seen by looking at each node once; the names of all fields, the number of directives."""
    aliases = directives = 0
    names: set[str] = set()
    for node in _nodes(tree):
        if isinstance(node, FieldNode):
            aliases += node.alias is not None
            names.add(node.name.value)
        elif isinstance(node, DirectiveNode):
            directives += 1
        elif isinstance(node, SelectionSetNode):
            _most(len(node.selections), MAX_FIELDS, "TOO_MANY_FIELDS", "fields in one pair of braces")
    _most(aliases, MAX_ALIASES, "TOO_MANY_ALIASES", "aliases")
    _most(directives, MAX_DIRECTIVES, "TOO_MANY_DIRECTIVES", "directives")
    fragments = [d for d in tree.definitions if isinstance(d, FragmentDefinitionNode)]
    _most(len(fragments), MAX_FRAGMENTS, "TOO_MANY_FRAGMENTS", "fragments")
    _most(len(tree.definitions) - len(fragments), MAX_OPERATIONS, "TOO_MANY_OPERATIONS", "operations")
    _refuse_circles({f.name.value: f for f in fragments})
    return frozenset(names), directives


def _nodes(root: Node) -> Iterator[Node]:
    """Every node below, without recursion."""
    waiting: list[Node] = [root]
    while waiting:
        node = waiting.pop()
        yield node
        for key in node.keys:
            below = getattr(node, key, None)
            if isinstance(below, Node):
                waiting.append(below)
            elif isinstance(below, (list, tuple)):
                waiting.extend(each for each in below if isinstance(each, Node))


def _refuse_circles(fragments: Mapping[str, FragmentDefinitionNode]) -> None:
    spreads = {
        name: {n.name.value for n in _nodes(f) if isinstance(n, FragmentSpreadNode)} for name, f in fragments.items()
    }
    left = dict(spreads)
    while settled := [name for name, used in left.items() if used.isdisjoint(left)]:
        for name in settled:
            del left[name]
    if left:
        raise _over("FRAGMENT_CYCLE", "fragments lead back to themselves")


def _measure(schema: GraphQLSchema, tree: DocumentNode, variables: Mapping[str, Any]) -> bool:
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
        _most(len(merged), MAX_ROOT_FIELDS, "TOO_MANY_ROOT_FIELDS", "fields at the root")
        cost, calls = self.below(root, [node.selection_set], 1)
        if cost > MAX_COST or calls > MAX_CALLS:
            raise _over("TOO_COSTLY", f"this asks for too much at once: cost {cost} of {MAX_COST}, calls {calls}")

    def below(self, parent: GraphQLNamedType | None, sets: list[SelectionSetNode], depth: int) -> tuple[int, int]:
        """Cost and calls of these selections, once per parent."""
        _most(depth, MAX_DEPTH, "TOO_DEEP", "levels of fields")
        total_cost = total_calls = 0
        for (_, owner), nodes in self._merged(parent, sets).items():
            _most(len(nodes), MAX_REPEATS, "TOO_MANY_REPEATS", "fields of one name in one place")
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
            _most(self.visited, MAX_VISITED, "TOO_MANY_FIELDS", "fields once fragments are put in place")
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
            return MAX_FIRST  # not ours to refuse
        if not MIN_FIRST <= value <= MAX_FIRST:
            raise _over("FIRST_OUT_OF_RANGE", f"first must be {MIN_FIRST} to {MAX_FIRST}")
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
