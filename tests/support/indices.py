"""Indices on a real Elasticsearch, each in a namespace of its own, gone after the test."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engines import address_of, fresh_namespace


@contextmanager
def namespace_on_elasticsearch() -> Iterator[tuple[str, str]]:
    """The server's address, and a prefix of names that is nobody else's."""
    address, namespace = address_of("elasticsearch"), fresh_namespace()
    try:
        yield address, namespace
    finally:
        drop(address, namespace)


def ask(address: str, method: str, path: str, body: Any = None) -> Any:
    """A question to the server itself, past the adapter."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address + path, content, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def generations(address: str, namespace: str) -> dict[str, list[str]]:
    """Each index of the namespace with its aliases."""
    found = ask(address, "GET", f"/{namespace}-vivier-*/_alias")
    return {name: sorted(said["aliases"]) for name, said in found.items()}


def drop(address: str, namespace: str) -> None:
    """What an operator may do at any time."""
    if names := generations(address, namespace):
        ask(address, "DELETE", f"/{','.join(names)}")
