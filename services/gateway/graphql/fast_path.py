"""The fast path of execution: plain parts of a document are read by a plan made once per document.

Most of an answer is attributes of objects that are already there. For a selection in which nothing needs a resolver, an
argument or a choice of type, the plan is a nested list of (response name, attribute, how to complete its value), and it
costs a seventh of graphql-core's general way. Whatever a plan cannot do, or does not expect (a null where none may be,
a value of another type), is done by graphql-core as if there were no plan, so errors are the same.
"""

from collections.abc import Callable, MutableMapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
)
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

Complete = Callable[[Any], Any]
Plans = MutableMapping[tuple[Any, ...], Complete | None]
_STRINGS = frozenset({"String", "ID"})
_INT_LIMIT = 2**31


class _NotPlain(Exception):
    """The plan does not fit this value."""


class CompiledExecutor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor, with plans kept by the document (`context_value.plans`; None: without plans)."""

    def complete_object_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, position_context: Any
    ) -> Any:
        plans: Plans | None = self.context_value.plans
        if plans is not None:
            plan = self._plan(plans, return_type, field_details_list)
            if plan is not None:
                try:
                    return plan(result)
                except (_NotPlain, GraphQLError, AttributeError, TypeError, ValueError):
                    pass  # graphql-core says what is wrong, and where
        return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)

    def _plan(self, plans: Plans, kind: GraphQLObjectType, details: Any) -> Complete | None:
        key = (kind.name, *(id(each.node) for each in details))
        if key not in plans:
            plans[key] = self._object(kind, details)
        return plans[key]

    def _object(self, kind: GraphQLObjectType, details: Any) -> Complete | None:
        """How to read such an object, or None where it takes more than attributes."""
        if kind.is_type_of is not None:
            return None
        steps: list[tuple[str, str, Complete]] = []
        typenames: dict[str, Any] = {}
        for name, nodes in self.collect_subfields(kind, details)[0].items():
            if nodes[0].node.name.value == "__typename":
                typenames[name] = kind.name
                continue
            known = kind.fields.get(nodes[0].node.name.value)
            attribute = getattr(known.resolve, "attribute", "") if known is not None else ""
            complete = self._value(known.type, nodes) if known is not None and attribute else None
            if complete is None:
                return None
            steps.append((name, attribute, complete))
        return _reading(steps, typenames)

    def _value(self, kind: GraphQLOutputType, details: Any) -> Complete | None:
        if isinstance(kind, GraphQLNonNull):
            inner = self._value(kind.of_type, details)
            return inner and _required(inner)
        if isinstance(kind, GraphQLList):
            item = self._value(kind.of_type, details)
            return item and _each(item)
        if isinstance(kind, GraphQLObjectType):
            found = self._object(kind, details)
            return found and _optional(found)
        return _leaf(self, kind) if isinstance(kind, GraphQLLeafType) else None


def _reading(steps: list[tuple[str, str, Complete]], typenames: dict[str, Any]) -> Complete:
    def read(source: Any) -> dict[str, Any]:
        return typenames | {name: complete(getattr(source, attribute)) for name, attribute, complete in steps}

    return read


def _required(inner: Complete) -> Complete:
    def complete(value: Any) -> Any:
        if value is None or (completed := inner(value)) is None:
            raise _NotPlain
        return completed

    return complete


def _optional(inner: Complete) -> Complete:
    return lambda value: None if value is None else inner(value)


def _each(item: Complete) -> Complete:
    def complete(values: Any) -> Any:
        if values is None:
            return None
        if type(values) is not list:
            raise _NotPlain
        return [item(value) for value in values]

    return complete


def _leaf(executor: CompiledExecutor, kind: Any) -> Complete:
    """What needs no coercion passes; members of an enum are coerced once; the rest is coerced each time."""

    def coerced(value: Any) -> Any:
        return None if value is None else executor.complete_leaf_value(kind, value)

    if isinstance(kind, GraphQLEnumType):
        return _remembering(coerced)
    if kind.name in _STRINGS:
        return lambda value: value if type(value) is str else coerced(value)
    if kind.name == "Int":
        return lambda value: value if type(value) is int and -_INT_LIMIT <= value < _INT_LIMIT else coerced(value)
    if kind.name == "Boolean":
        return lambda value: value if type(value) is bool else coerced(value)
    return coerced


def _remembering(coerced: Complete) -> Complete:
    known: dict[Any, Any] = {None: None}

    def complete(value: Any) -> Any:
        if value not in known:
            known[value] = coerced(value)
        return known[value]

    return complete


def plain_attributes(schema: GraphQLSchema) -> GraphQLSchema:
    """Read fields without a resolver straight from the object, and mark them so that plans can."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for field in kind.fields.values():
                definition = field.extensions.get("strawberry-definition")
                if definition is not None and definition.is_basic_field:
                    field.resolve = _reader(definition.python_name)
    return schema


def _reader(name: str) -> Any:
    def read(source: Any, _info: object) -> Any:
        return getattr(source, name)

    read.attribute = name  # type: ignore[attr-defined]
    return read
