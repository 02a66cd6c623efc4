"""`column IN (values)` with all the values in one parameter: any number of them, in a statement that stays the same."""

from collections.abc import Collection
from typing import Any

import orjson
from sqlalchemy import Boolean, ColumnElement, String, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


def among(column: ColumnElement[Any], values: Collection[str] | Collection[int]) -> ColumnElement[bool]:
    """Is the text or number in `column` one of these?"""
    return _Among(column, bindparam(None, orjson.dumps(list(values)).decode(), String))


class _Among(FunctionElement[bool]):
    name = "among"
    type = Boolean()
    inherit_cache = True


@compiles(_Among)
def _for_sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 — names and a parameter


@compiles(_Among, "postgresql")
def _for_postgres(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    kind = compiler.dialect.type_compiler_instance.process(next(iter(element.clauses)).type)
    each = f"CAST(json_array_elements_text(CAST({values} AS JSON)) AS {kind})"
    return f"{column} = ANY (ARRAY(SELECT {each}))"
