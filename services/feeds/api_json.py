"""The API's own inputs as JSON: one, a list, or one a line; also what `vivier export` wrote.

An offer or course names its organisation by `organisationId`, or says the whole of it under `organisation`: one that is
here under the `id` in it is meant by that, any other is written anew.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from services.feeds import Input, Options, Row, Unreadable, each, json_documents

READ_ONLY_FIELDS = {
    "state",
    "status",
    "green",
    "version",
    "publishedAt",
    "createdAt",
    "resolution",
    "verified",
    "partnerId",
    "consents",
}
"""What the API tells and does not take: an export has it."""


def read(source: bytes, options: Options) -> Iterator[Row]:
    """Offers or courses."""
    yield from each(json_documents(source), partial(_posting, options=options))


def read_people(source: bytes, _options: Options) -> Iterator[Row]:
    yield from each(json_documents(source), lambda said: (_checked(said), {}))


def _posting(said: Any, options: Options) -> tuple[Input, Input]:
    content = _checked(said)
    organisation = content.pop("organisation", None) or {}
    if not organisation and not content.get("organisationId"):
        raise Unreadable("organisation is missing: say `organisation` or `organisationId`")
    if organisation:
        content.pop("organisationId", None)
        content.pop("id", None)  # of the installation that it comes from
        own = {"source": options.source, "externalId": organisation.get("siret") or organisation.get("id")}
        organisation = {**own, **organisation}
    return content, organisation


def _checked(said: Any) -> Input:
    if not isinstance(said, dict):
        raise Unreadable("not an object")
    taken: Input = _taken(said)
    return taken


def _taken(said: Any) -> Any:
    if isinstance(said, dict):
        return {key: _taken(value) for key, value in said.items() if key not in READ_ONLY_FIELDS and value is not None}
    return [_taken(one) for one in said] if isinstance(said, list) else said
