"""Why a row was refused, in plain words: the API's reasons, and what GraphQL says of values that do not fit."""

import re
from collections.abc import Iterator

from services.cli.api import InvalidQuery, MutationRefused
from services.feeds import Input

REFUSAL = "fragment Refusal on Refused { reason message fields { path reason description } }"
_MISFIT = re.compile(r"Variable '\$\w+' has invalid value(?: at (?P<path>\S+))?: (?P<why>.*)", re.DOTALL)
_INDEX = re.compile(r"^\[\d+\]")
_PLAIN = (
    (r"Expected value of type '\w+' not to include unknown field '(?P<field>\w+)'.*", "there is no such field"),
    (r"Expected value of type '\w+' to include required field '(?P<field>\w+)'.*", "is missing"),
    (r"Expected value of non-null type .*", "is missing"),
    (r"Expected value of type '\w+' to be an object, found: (?P<value>.*)\.", "must be an object, not {value}"),
    (r"Value (?P<value>.*) does not exist in '\w+' enum\.", "there is no such choice as {value}"),
    (r"Enum '\w+' cannot represent non-string value: (?P<value>.*)\.", "there is no such choice as {value}"),
    (r"(?:String|ID) cannot represent .*? value: (?P<value>.*)", "must be text, not {value}"),
    (r"Int cannot represent non 32-bit .*? value: (?P<value>.*)", "{value} is too large"),
    (r"Int cannot represent .*? value: (?P<value>.*)", "must be a whole number, not {value}"),
    (r"Float cannot represent .*? value: (?P<value>.*)", "must be a number, not {value}"),
    (r"Boolean cannot represent .*? value: (?P<value>.*)", "must be true or false, not {value}"),
    (r"Value cannot represent a DateTime: (?P<value>.*?)\. .*", "must be a date with its time, not {value}"),
)
"""What GraphQL says of a value, and what we say; `field` belongs to the path."""


def why(refusal: Input) -> str:
    """`INVALID_FIELDS: title REQUIRED (must be said)`."""
    fields = [f"{one['path']} {one['reason']} ({one['description']})" for one in refusal["fields"]]
    return f"{refusal['reason']}: {'; '.join(fields) or refusal['message']}"


def of_single_row(error: InvalidQuery | MutationRefused, rows: str) -> Input:
    """Why a request with one row was refused, with the paths of that row."""
    if isinstance(error, InvalidQuery):
        return invalid_query_refusal(error)
    fields = error.refusal["fields"]
    return error.refusal | {"fields": [one | {"path": one["path"].removeprefix(f"{rows}[0].")} for one in fields]}


def invalid_query_refusal(error: InvalidQuery, of: str = "") -> Input:
    """A row whose GraphQL query was invalid, as a refusal; `of` is the part of the row that was sent."""
    said = "; ".join(dict.fromkeys(_plain(str(each), of) for each in error.args))
    return {"reason": "NOT_UNDERSTOOD", "message": said, "fields": []}


def _plain(message: str, of: str) -> str:
    misfit = _MISFIT.fullmatch(message)
    if misfit is None:
        return message
    for pattern, words in _PLAIN:
        if found := re.fullmatch(pattern, misfit["why"], re.DOTALL):
            said = found.groupdict()
            path = ".".join(_path(of, misfit["path"] or "", said.get("field", "")))
            return f"{path}: {words.format_map(said)}" if path else words.format_map(said)
    return f"{'.'.join(_path(of, misfit['path'] or ''))}: {misfit['why']}"


def _path(*parts: str) -> Iterator[str]:
    return (part for each in parts if (part := _INDEX.sub("", each).strip(".")))
