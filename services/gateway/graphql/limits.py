"""What a GraphQL document may cost: decided before it is validated, long before it runs.

Three passes, each bounded by the one before: the parser takes a text of bounded length and stops at a number of tokens;
`_shape` looks at every node once (aliases, directives, width, fragments in a circle); `costs` expands fragments and
merges fields of the same name, as execution will, and stops at a number of visited nodes. It measures depth, repeats
(graphql-core compares each pair of fields of one name), calls of upstreams, and cost, where `first` multiplies what is
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
    GraphQLSchema,
    Node,
    SelectionSetNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from services.gateway.graphql.costs import Refusals, measure, over, require_most
from services.gateway.graphql.errors import coded
from services.gateway.graphql.fast_path import Plans

MAX_CHARACTERS = 64 << 10
"""Of the document, without its variables."""
MAX_TOKENS = 2_000
MAX_ALIASES = 30
MAX_FIELDS = 200
"""In one pair of braces."""
MAX_DIRECTIVES = 50
MAX_FRAGMENTS = 50
MAX_OPERATIONS = 10
CACHED_DOCUMENTS = 500
CACHED_CHARACTERS = 300_000
"""A parsed document takes some 150 bytes of memory a character."""
LONGEST_CACHED = 20_000
INTROSPECTION = frozenset({"__schema", "__type"})
"""Each shows the whole schema, for which no list says `first`: once is enough, so there are no aliases beside them."""
_RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)


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
        require_most(len(text), MAX_CHARACTERS, "TOO_LONG", "characters")
        document = self._kept.get(text)
        if document is None:
            document = self._prepare(text, variables)
            self._keep(text, document)
        else:
            self._kept.move_to_end(text)
            if document.variable_first:
                measure(self.schema, document.tree, variables)
        return document

    def _prepare(self, text: str, variables: Mapping[str, Any]) -> Document:
        try:
            tree = _parsed(text)
            names, directives = _shape(tree)
            variable_first = measure(self.schema, tree, variables)
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
            raise over("TOO_LONG", f"at most {MAX_TOKENS} tokens") from None
        if "nested too deeply" in error.message:
            raise over("TOO_DEEP", "the document is nested too deeply") from None
        raise Refusals(GraphQLError(error.message, error.nodes, error.source, error.positions)) from None


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
            require_most(len(node.selections), MAX_FIELDS, "TOO_MANY_FIELDS", "fields in one pair of braces")
    require_most(aliases, MAX_ALIASES, "TOO_MANY_ALIASES", "aliases")
    require_most(directives, MAX_DIRECTIVES, "TOO_MANY_DIRECTIVES", "directives")
    fragments = [d for d in tree.definitions if isinstance(d, FragmentDefinitionNode)]
    require_most(len(fragments), MAX_FRAGMENTS, "TOO_MANY_FRAGMENTS", "fragments")
    require_most(len(tree.definitions) - len(fragments), MAX_OPERATIONS, "TOO_MANY_OPERATIONS", "operations")
    if not INTROSPECTION.isdisjoint(names):
        require_most(aliases, 0, "TOO_COSTLY", "aliases where the schema is asked for")
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
        raise over("FRAGMENT_CYCLE", "fragments lead back to themselves")
